import { expect, test } from 'vitest';
import { percents } from './tally';

const shown = (parts: number[], whole: number) => percents(parts, whole).map((p) => Math.round(p * 100));

test('shares of a whole add up to 100 %', () => {
  expect(shown([1, 7], 8)).toEqual([12, 88]); // rounded one by one it would be 101 %
  expect(shown([2, 1], 3)).toEqual([67, 33]);
  expect(shown([1, 2, 4], 7)).toEqual([14, 29, 57]);
  expect(shown([3, 0], 3)).toEqual([100, 0]);
  expect(shown([0, 0], 0)).toEqual([0, 0]);
});

test('a tie never looks like a win', () => {
  expect(shown([1, 1, 1], 3)).toEqual([33, 33, 33]);
  expect(shown([1, 1, 4], 6)).toEqual([16, 16, 67]);
  expect(shown([1, 1, 1, 1, 1, 1], 6)).toEqual([17, 17, 17, 17, 17, 17]);
});

test('where a ballot names several options each share is of the ballots', () => {
  expect(shown([2, 2, 1], 3)).toEqual([67, 67, 33]);
});

test('any vote: no share is a percent away from the exact one, and the order is kept', () => {
  let seed = 5;
  const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let turn = 0; turn < 400; turn++) {
    const parts = Array.from({ length: 1 + next(12) }, () => next(1 + next(200)));
    const whole = parts.reduce((a, b) => a + b, 0);
    const list = shown(parts, whole);
    for (const [i, n] of list.entries()) {
      if (whole > 0) expect(Math.abs(n - (100 * (parts[i] ?? 0)) / whole)).toBeLessThan(1);
      for (const [j, m] of list.entries()) if ((parts[i] ?? 0) >= (parts[j] ?? 0)) expect(n).toBeGreaterThanOrEqual(m);
    }
    if (whole > 0 && new Set(parts).size === parts.length) expect(list.reduce((a, b) => a + b, 0)).toBe(100);
  }
});
