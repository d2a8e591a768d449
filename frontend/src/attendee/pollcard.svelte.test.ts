// @vitest-environment happy-dom
import { mount, unmount } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { language } from '../lib/lang.svelte';
import { storedVote, storeVote } from '../lib/receipt';
import { type Poll, Room } from '../lib/room.svelte';
import { forVoters } from '../polls/kinds';
import { load } from './i18n';
import PollCard from './PollCard.svelte';

const poll = {
  id: 'p', question: 'Which city comes next?', kind: 'single', state: 'open', opened_at: '2026-01-01T10:00:00Z', position: 1, round: 1, secrecy: 'anonymous', results: 'closed', voted: false,
  options: [{ id: 'b', text: 'Bonn' }, { id: 'c', text: 'Chur' }], rules: { least: 1, most: 1 },
} as unknown as Poll;
let card: Record<string, unknown> | undefined;

afterEach(async () => {
  if (card) await unmount(card);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('a vote whose answer was lost is sent again by itself until it is known', async () => {
  await language.start(load);
  await forVoters('single');
  const sent: unknown[] = [];
  vi.stubGlobal('fetch', (_: string, init: { body: string }) => {
    sent.push(JSON.parse(init.body));
    return Promise.resolve(sent.length < 2 ? Response.json({ code: 'busy', detail: '' }, { status: 503 }) : Response.json({ stored_at: '2026-01-01T10:01:00Z' }, { status: 201 }));
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  vi.useFakeTimers();
  const vote = { secret: 's', receipt: 'r', answer: { options: ['b'] } };
  storeVote('p', vote);
  card = mount(PollCard, { target: document.body, props: { room: new Room('w'), poll } });
  await vi.advanceTimersByTimeAsync(4_900);
  expect(document.querySelector('[role=alert]')?.textContent).toContain('We do not know whether your answer arrived.');
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(sent).toHaveLength(1);
  expect(document.querySelector('[role=alert]')?.textContent).toContain('We do not know');
  await vi.advanceTimersByTimeAsync(5_100);
  expect(sent).toEqual([{ answer: vote.answer, receipt: 'r' }, { answer: vote.answer, receipt: 'r' }]);
  expect(storedVote('p')?.storedAt).toBe('2026-01-01T10:01:00Z');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(2);
});
