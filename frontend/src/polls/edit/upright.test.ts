import { expect, test } from 'vitest';
import { scaled } from './upright';

test('a large picture keeps its shape, a small one its size', () => {
  expect(scaled(4000, 3000)).toEqual({ width: 2000, height: 1500 });
  expect(scaled(1000, 4000)).toEqual({ width: 500, height: 2000 });
  expect(scaled(640, 480)).toEqual({ width: 640, height: 480 });
  expect(scaled(9000, 1)).toEqual({ width: 2000, height: 1 });
});
