// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Room } from '../../lib/room.svelte';
import type { Poll } from '../../lib/room.svelte';
import { follow } from './beside';

const poll = { id: 'p', question: 'q', state: 'open', voted: false, position: 1, options: [], rules: {}, results: 'voted' } as unknown as Poll;
let asked: number;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  vi.stubGlobal('fetch', () => {
    asked++;
    return Promise.resolve(Response.json([{ ...poll, voted: true }]));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a vote by phone is seen here, and then nobody asks any more', async () => {
  const room = new Room('w');
  room.polls = [poll];
  const stop = follow(room);
  expect(room.polls[0]?.voted).toBe(false);
  await vi.advanceTimersByTimeAsync(5000);
  expect(room.polls[0]?.voted).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(1);
  stop();
});

test('where it has ended, nothing is asked', async () => {
  const room = new Room('w');
  room.polls = [poll];
  follow(room)();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(0);
});

test('a page that nobody looks at asks nothing, and asks at once when it is looked at again', async () => {
  const room = new Room('w');
  room.polls = [poll];
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  const stop = follow(room);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toBe(0);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await vi.advanceTimersByTimeAsync(0);
  expect([asked, room.polls[0]?.voted]).toEqual([1, true]);
  hidden.mockRestore();
  stop();
});

test('no answer is asked again, and what this page voted itself stays as it is', async () => {
  const room = new Room('w');
  const own = { ...poll, id: 'q', voted: true } as Poll;
  room.polls = [own, poll];
  let fails = 2;
  vi.stubGlobal('fetch', () => (fails-- > 0 ? Promise.reject(new TypeError('gone')) : Promise.resolve(Response.json([{ ...own, question: 'other' }, { ...poll, voted: true }]))));
  const stop = follow(room);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(room.polls.map((p) => p.voted)).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(room.polls.map((p) => [p.question, p.voted])).toEqual([['q', true], ['q', true]]);
  stop();
});
