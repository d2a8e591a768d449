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
