// @vitest-environment happy-dom
import { type Component, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { language } from '../lib/lang.svelte';
import { storedVote, storeVote } from '../lib/receipt';
import { type Poll, Room } from '../lib/room.svelte';
import { forVoters } from '../polls/kinds';
import { load } from './i18n';
import MotionCard from './member/MotionCard.svelte';
import PollCard from './PollCard.svelte';

const poll = {
  id: 'p', question: 'Which city comes next?', kind: 'single', state: 'open', opened_at: '2026-01-01T10:00:00Z', position: 1, round: 1, secrecy: 'named', results: 'closed', voted: false,
  options: [{ id: 'b', text: 'Bonn' }, { id: 'c', text: 'Chur' }], rules: { least: 1, most: 1 },
};
const anna = { id: '1', number: '1', name: 'Anna', weight: 1, here: true, paper: false, teller: false };
let card: Record<string, unknown> | undefined;

beforeAll(async () => {
  await language.start(load);
  await forVoters('single');
});
afterEach(async () => {
  if (card) await unmount(card);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

interface Case {
  who: string;
  card: Component<{ room: Room; poll: Poll }>;
  more?: object;
  /** Under which the vote is kept. */
  key: string;
  /** What is sent besides. */
  told?: object;
}

test.each<Case>([
  { who: 'anybody', card: PollCard, key: 'p' },
  { who: 'a member', card: MotionCard, more: { motion: { majority: 'simple', heads: false, abstain: true } }, key: 'p.1', told: { for: '1' } },
])('a vote of $who whose answer was lost is sent again by itself until it is known', async ({ card: shown, more, key, told }) => {
  const sent: unknown[] = [];
  vi.stubGlobal('fetch', (at: string, init: { body: string }) => {
    if (at.endsWith('/mandates')) return Promise.resolve(Response.json({ member: anna, mandates: [{ member: anna, voted: sent.length > 2, drawn: false }] }));
    sent.push(JSON.parse(init.body));
    return Promise.resolve(sent.length < 2 ? Response.json({ code: 'busy', detail: '' }, { status: 503 }) : Response.json({ stored_at: '2026-01-01T10:01:00Z' }, { status: 201 }));
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  vi.useFakeTimers();
  storeVote(key, { secret: 's', receipt: 'r', answer: { options: ['b'] } });
  card = mount(shown, { target: document.body, props: { room: new Room('w'), poll: { ...poll, ...more } as unknown as Poll } });
  await vi.advanceTimersByTimeAsync(4_900);
  const alert = () => document.querySelector('[role=alert]')?.textContent;
  expect(alert()).toContain('We do not know whether your answer arrived.');
  expect(document.querySelector<HTMLInputElement>('input[value=b]')?.checked).toBe(true);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(sent).toHaveLength(1);
  expect(alert()).toContain('We do not know');
  await vi.advanceTimersByTimeAsync(5_100);
  const same = { answer: { options: ['b'] }, receipt: 'r', ...told };
  expect(sent).toEqual([same, same]);
  expect(storedVote(key)?.storedAt).toBe('2026-01-01T10:01:00Z');
  expect(alert()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(2);
  storeVote(key, null);
});
