// How words become a cloud: sizes by how many said them, the largest in the middle, the same words always in the same
// places. Pure, for the phone, the host and the wall alike.
import type { Poll } from '../../lib/room.svelte';

export interface Word {
  text: string;
  votes: number;
  /** How large it is drawn, 0 (the smallest) to 1. */
  weight: number;
  /** Its colour, from 0; words of one size differ. */
  tone: number;
}

const TONES = 4;

/** The words with the most first. */
export function words(poll: Poll): Word[] {
  const texts = poll.tally?.texts ?? [];
  const votes = texts.map((_, i) => poll.tally?.votes[i] ?? 0);
  const most = Math.max(1, ...votes);
  const least = Math.min(most, ...votes);
  // by area, so that twice the votes look like twice as much
  const weigh = (n: number): number => (most === least ? (texts.length > 12 ? 0.35 : 0.6) : (Math.sqrt(n) - Math.sqrt(least)) / (Math.sqrt(most) - Math.sqrt(least)));
  return texts.map((text, i) => ({ text, votes: votes[i] ?? 0, weight: weigh(votes[i] ?? 0), tone: i % TONES }));
}

/** scattered puts the first into the middle and the others to its left and right in turn. */
export function scattered<T>(list: readonly T[]): T[] {
  const out: T[] = [];
  list.forEach((item, i) => (i % 2 ? out.unshift(item) : out.push(item)));
  return out;
}

/** Letters of the smallest and the largest word on a wall that is not magnified, in hundredths of its height. */
const LEAST = 3.6;
const MOST = 15;

/**
 * How much larger than that a cloud may be drawn so that it fills the wall: 1 to 2. The wall is taken for 150 wide and 42
 * high (hundredths of the height of a picture of 16:9, without question and footer), a letter for 0.58 of its size wide.
 */
export function magnified(list: readonly Word[]): number {
  const drawn = list.map((w) => ({ size: LEAST + w.weight * (MOST - LEAST), letters: w.text.length * 0.58 }));
  const widest = Math.max(1, ...drawn.map((d) => d.letters * d.size));
  // Each takes its own line's height and a gap beside it; lines are seldom filled to the end.
  const area = drawn.reduce((sum, d) => sum + (d.letters * d.size + 0.7 * LEAST) * d.size * 1.5, 1);
  return Math.max(1, Math.min(2, 150 / widest, Math.sqrt((150 * 42) / area)));
}
