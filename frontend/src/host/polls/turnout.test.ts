import { expect, test } from 'vitest';
import { answered } from './turnout';

test('“of” is said only where it is true', () => {
  expect(answered(87, 142)).toEqual({ n: 87, of: 142 });
  expect(answered(5, 3)).toEqual({ n: 5, of: null });
  expect(answered(0, 0)).toEqual({ n: 0, of: null });
});
