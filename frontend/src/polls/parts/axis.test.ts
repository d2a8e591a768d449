import { expect, test } from 'vitest';
import { stride } from './axis';

test('as many labels stand as have room', () => {
  const nine = ['900', '1,000', '1,100', '1,200', '1,204', '1,250', '1,300', '1,500', '2,000'];
  expect(stride(nine, 60)).toBe(1);
  expect(stride(nine, 18)).toBe(2);
  expect(stride(nine, 12)).toBe(3);
  expect(stride(['100,000 – 200,000', '200,000 – 300,000'], 18)).toBe(2);
  expect(stride([], 18)).toBe(1);
});
