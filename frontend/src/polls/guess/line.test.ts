import { expect, test } from 'vitest';
import { dots, few, labels, reach } from './line';

const one = (from: number, n = 1) => ({ from, to: from, n });

test('few guesses are shown one by one, many and summed up ones are not', () => {
  expect(few([one(3), one(7, 2)])).toEqual([3, 7, 7]);
  expect(few([one(3, 12)])).toHaveLength(12);
  expect(few([one(3, 13)])).toBeUndefined();
  expect(few([{ from: 0, to: 10, n: 3 }])).toBeUndefined();
  expect(few([])).toBeUndefined();
});

test('the line reaches over the numbers, or over the bounds where they say where the numbers lie', () => {
  expect(reach([10, 20, 35], 0, 100)).toEqual({ from: 8, to: 37 });
  expect(reach([10, 20, 60], 0, 100)).toEqual({ from: 0, to: 100 });
  expect(reach([5], 0, 100)).toEqual({ from: 0, to: 100 });
  expect(reach([5])).toEqual({ from: 4, to: 6 });
  expect(reach([1, 2], 1)).toEqual({ from: 1, to: 2.08 });
});

test('dots lie where they belong, and on top of each other where they would touch', () => {
  const laid = dots([0, 1, 50, 50, 100], { from: 0, to: 100 }, 20);
  expect(laid.map((d) => [d.at, d.level])).toEqual([[0, 0], [0.01, 1], [0.5, 0], [0.5, 1], [1, 0]]);
});

test('labels never touch: neighbours become one, and those at the ends stay within', () => {
  const bounds = { from: 0, to: 100_000 };
  const say = (n: number) => String(n);
  expect(labels([3, 4, 5, 100_000], bounds, 20, say).map((l) => l.text)).toEqual(['3 – 5', '100000']);
  for (const width of [12, 20, 40, 80]) {
    const list = labels([1, 900, 12_000, 12_000, 40_000, 41_000, 60_000, 99_000, 100_000], bounds, width, say);
    let end = -0.8;
    for (const l of list) {
      const half = (l.text.length * 0.62) / 2;
      expect(l.at * width - half - end).toBeGreaterThan(0.8 - 1e-9);
      end = l.at * width + half;
    }
    expect(end).toBeLessThanOrEqual(width + 1e-9);
    expect([list[0]?.from, list.at(-1)?.to]).toEqual([1, 100_000]);
  }
});
