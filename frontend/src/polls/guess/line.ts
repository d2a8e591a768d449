// Few numbers on a line: each a dot where it lies. Columns of one each would say nothing. Pure.

/** So many guesses are shown one by one. */
const FEW = 12;

export interface Bounds {
  from: number;
  to: number;
}
export interface Dot {
  n: number;
  /** Where on the line, 0..1. */
  at: number;
  /** How many dots lie below it. */
  level: number;
}
export interface Label extends Bounds {
  at: number;
  text: string;
}

/** The guesses in ascending order; undefined: there are too many to show them one by one. */
export function few(bins: readonly { from: number; to: number; n: number }[]): number[] | undefined {
  const total = bins.reduce((sum, b) => sum + b.n, 0);
  if (total === 0 || total > FEW || bins.some((b) => b.from !== b.to)) return undefined;
  return bins.flatMap((b) => Array.from({ length: b.n }, () => b.from));
}

/** What the line reaches over: the bounds of the poll where the numbers need a good part of them, else the numbers with some air. */
export function reach(numbers: readonly number[], min?: number, max?: number): Bounds {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (min !== undefined && max !== undefined && (high === low || high - low >= (max - min) / 3)) return { from: min, to: max };
  const air = high > low ? (high - low) * 0.08 : Math.max(1, Math.abs(low) / 10);
  return { from: Math.max(low - air, min ?? -Infinity), to: Math.min(high + air, max ?? Infinity) };
}

const place = (n: number, { from, to }: Bounds): number => (to > from ? (n - from) / (to - from) : 0.5);

/** Ascending numbers as dots, so many of which fit side by side. Who would cover another lies on top of it. */
export function dots(numbers: readonly number[], bounds: Bounds, fit: number): Dot[] {
  const last: number[] = []; // the last dot of each level
  return numbers.map((n) => {
    const at = place(n, bounds);
    const free = last.findIndex((x) => (at - x) * fit >= 1 - 1e-9);
    const level = free < 0 ? last.length : free;
    last[level] = at;
    return { n, at, level };
  });
}

/**
 * The numbers below their dots, on a line so many em wide. Those that would touch become one, from the lowest to the
 * highest. A character is taken for 0.62 em, and 0.8 em stay free between two.
 */
export function labels(numbers: readonly number[], bounds: Bounds, width: number, say: (n: number) => string): Label[] {
  const half = (l: Label): number => (l.text.length * 0.62) / 2 / width;
  const made = (from: number, to: number): Label => {
    const l = { from, to, at: (place(from, bounds) + place(to, bounds)) / 2, text: from === to ? say(from) : `${say(from)} – ${say(to)}` };
    return { ...l, at: Math.max(half(l), Math.min(1 - half(l), l.at)) };
  };
  const out: Label[] = [];
  for (const n of new Set(numbers)) {
    let next = made(n, n);
    for (let before = out.at(-1); before && next.at - half(next) - before.at - half(before) < 0.8 / width; before = out.at(-1)) {
      next = made(before.from, next.to);
      out.pop();
    }
    out.push(next);
  }
  return out;
}
