import { expect, test } from 'vitest';
import type { Poll } from '../../lib/room.svelte';
import { rightly } from './rightly';

const poll = (correct?: number[]) => ({ options: [{ id: 'a' }, { id: 'b' }, { id: 'c' }], rules: { correct } }) as unknown as Poll;

test('an answer is right when it names all that is correct and nothing else', () => {
  expect(rightly(poll([0, 2]), { options: ['c', 'a'] })).toBe(true);
  for (const options of [['a'], ['a', 'b', 'c'], ['b'], []]) expect(rightly(poll([0, 2]), { options })).toBe(false);
});

test('nothing is said before it is known, or of no answer', () => {
  expect(rightly(poll(), { options: ['a'] })).toBeUndefined();
  expect(rightly(poll([0]), undefined)).toBeUndefined();
});
