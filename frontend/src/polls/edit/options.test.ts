import { expect, test } from 'vitest';
import { fits } from '../choice/bounds';
import { cleaned, problemOf } from './options';

test('options lose blanks, and empty ones are left out', () => {
  expect(cleaned([' a ', '', 'b', '   '])).toEqual(['a', 'b']);
});

test('what is wrong with options', () => {
  expect(problemOf(['a', 'b'])).toBeUndefined();
  expect(problemOf(['a'])).toBe('few');
  expect(problemOf(['a', 'b'], 3)).toBe('few');
  expect(problemOf(['a', 'b', 'c'], 2, 2)).toBe('many');
  expect(problemOf(['Yes', 'yes', 'no'])).toBe('twice');
});

test('the bounds of several answers fit the answers', () => {
  expect(fits(1, 3, 3)).toBe(true);
  expect(fits(2, 2, 3)).toBe(true);
  for (const [least, most] of [[1, 4], [0, 2], [3, 2], [1.5, 2], [1, Number.NaN]] as const) expect(fits(least, most, 3)).toBe(false);
});
