import { expect, test } from 'vitest';
import type { Poll } from '../../lib/room.svelte';
import { sides } from './outcome';

const poll = (abstain: boolean, votes: number[]): Poll =>
  ({ options: [{ id: 'a', text: 'For' }, { id: 'b', text: 'Against' }, { id: 'c', text: 'Abstain' }], motion: { majority: 'simple', heads: false, abstain }, tally: { poll: 'p', total: 4, votes: [2, 1, 1], motion: { votes, paper: [0, 0, 0], invalid: 0, on_paper: 0 } } }) as unknown as Poll;

test('an abstention is no part of the whole', () => {
  expect(sides(poll(true, [6, 2, 9])).map((s) => [s.votes, s.members, s.share])).toEqual([[6, 2, 0.75], [2, 1, 0.25], [9, 1, undefined]]);
  expect(sides(poll(false, [1, 1, 2])).map((s) => s.share)).toEqual([0.25, 0.25, 0.5]);
  expect(sides(poll(true, [0, 0, 9])).map((s) => s.share)).toEqual([0, 0, undefined]);
});
