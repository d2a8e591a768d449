import { expect, test } from 'vitest';
import type { Poll } from '../../lib/room.svelte';
import { answered, cast } from './turnout';

test('“of” is said only where it is true', () => {
  expect(answered(87, 142)).toEqual({ n: 87, of: 142 });
  expect(answered(5, 3)).toEqual({ n: 5, of: null });
  expect(answered(0, 0)).toEqual({ n: 0, of: null });
});

test('a motion counts by members and by weight', () => {
  const share = (members: number, votes: number) => ({ members, votes });
  const there = { here: share(3, 7), represented: share(1, 4), all: share(6, 20), quorum: 0, heads: false, met: true };
  const poll = { tally: { total: 2, votes: [1, 1, 0], motion: { votes: [5, 2, 0], paper: [0, 0, 0], invalid: 0 } } } as unknown as Poll;
  expect(cast(poll, there)).toEqual({ n: 2, votes: 7, of: 4, all: 11 });
  expect(cast({ ...poll, attendance: there }, undefined)).toEqual({ n: 2, votes: 7, of: 4, all: 11 });
  expect(cast(poll, { ...there, here: share(1, 1), represented: share(0, 0) }).of).toBeNull();
});
