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
