import { expect, test } from 'vitest';
import type { Poll } from '../../lib/room.svelte';
import { quantity, spread } from './spread';

test('a guess is told as it was given, a mean no more exactly than it is worth', () => {
  const poll = { rules: { unit: 'km' }, tally: { poll: 'p', total: 3, votes: [], bins: [{ from: 1000.5, to: 1000.5, n: 1 }], median: 1000.5, mean: 1000.4567, right: 0 } } as unknown as Poll;
  expect(quantity(poll, 1000.5)).toBe('1,000.5 km');
  expect(spread(poll).facts.slice(0, 2).map((f) => f.value)).toEqual(['1,001 km', '1,000 km']);
});
