import { expect, test } from 'vitest';
import { bytes, clock } from './format';

test('durations read like a clock', () => {
  expect(clock(-5)).toBe('0:00');
  expect(clock(7_900)).toBe('0:07');
  expect(clock(750_000)).toBe('12:30');
  expect(clock(3_723_000)).toBe('1:02:03');
});

test('sizes have one unit', () => {
  expect(bytes(0, 'en')).toBe('0 kB');
  expect(bytes(12_400_000, 'en')).toBe('12.4 MB');
  expect(bytes(12_400_000, 'de')).toBe('12,4 MB');
  expect(bytes(3e12, 'en')).toBe('3,000 GB');
});
