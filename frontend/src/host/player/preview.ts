// What the line of time shows besides the time: small pictures of a sheet, and how loud it is.
import type { Made } from './making';
import { Reel } from './score';
import type { Timeline } from '../calls';

export type Pictures = NonNullable<Made['pictures']>;

export interface Peaks {
  step_ms: number;
  peaks: number[];
}

/** pictureAt: the place of a moment's picture on the sheet, as multiples of a picture's size. */
export function pictureAt(p: Pictures, film: number): { column: number; row: number } {
  const i = Math.max(0, Math.min(p.count - 1, Math.round(film / p.step_ms)));
  return { column: i % p.columns, row: Math.floor(i / p.columns) };
}

/** wave: how loud it is in each of so many equal parts of what is played, 0 to 1; silent where nothing is recorded. */
export function wave(t: Timeline, { from, to }: { from: number; to: number }, p: Peaks, parts: number): number[] {
  const reel = new Reel(t);
  const place = (i: number): number => from + ((to - from) * i) / parts;
  return Array.from({ length: parts }, (_, i) => {
    const a = Math.floor(reel.film(place(i)) / p.step_ms);
    const b = Math.ceil(reel.film(place(i + 1)) / p.step_ms);
    return b > a ? Math.max(0, ...p.peaks.slice(a, b)) / 255 : 0;
  });
}

/** outline draws a wave from left to right as a path of an area, in a box of so many parts by 100. */
export function outline(list: readonly number[]): string {
  return `M0 100${list.map((v, i) => `V${String(Math.round(100 - 96 * v))}H${String(i + 1)}`).join('')}V100Z`;
}
