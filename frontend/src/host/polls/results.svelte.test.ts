// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import { load } from '../../polls/words';
import { forHosts } from '../../polls/kinds';
import Results from './Results.svelte';

const poll = (total: number): Poll => ({
  id: 'p', position: 1, question: 'Which is prime?', kind: 'quiz', state: 'closed', round: 1, rules: { correct: ['b'] }, voted: false, held: false, kept: 0, results: 'closed',
  secrecy: 'anonymous', changeable: false, options: [{ id: 'a', text: '57' }, { id: 'b', text: '59' }], tally: { poll: 'p', total, votes: [0, total] },
} as unknown as Poll);

let shown: Record<string, unknown>[] = [];

beforeAll(async () => {
  await language.start(load);
  await forHosts('quiz');
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await Promise.all(shown.map((s) => unmount(s)));
});

// Two on a page, as Svelte shows the second one's waiting state where the first one's would be skipped.
test('news of polls change numbers and draw nothing anew: who is asked back on a leaderboard stays so', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ players: 1, best: [{ id: 'x', nickname: 'Rude', place: 1, points: 9 }] }), { headers: { 'Content-Type': 'application/json' } })));
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const props = $state({ poll: poll(1), webinar: 'w' });
  shown = [0, 1].map(() => mount(Results, { target: document.body, props }));
  const buttons = () => [...document.querySelectorAll<HTMLButtonElement>('button.off')];
  await vi.waitUntil(() => buttons().length === 2);
  for (const b of buttons()) b.click();
  flushSync();
  const asked = buttons();
  expect(asked.map((b) => b.classList.contains('danger'))).toEqual([true, true]);
  for (let i = 2; i < 6; i++) {
    props.poll = poll(i);
    await new Promise((r) => setTimeout(r, 5));
  }
  expect(buttons()).toEqual(asked);
  expect(asked.map((b) => b.isConnected && b.classList.contains('danger'))).toEqual([true, true]);
});
