// Orders, and what was counted of them.
import type { Poll } from '../../lib/room.svelte';

/** moved puts the item at one place at another one. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, i) => i !== from);
  const item = list[from];
  const place = Math.max(0, Math.min(rest.length, to));
  return item === undefined ? [...list] : [...rest.slice(0, place), item, ...rest.slice(place)];
}

/** shuffled, so that the order in which a poll was written favours nobody. */
export function shuffled<T>(list: readonly T[], random: () => number = Math.random): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

export interface Ranked {
  id: string;
  text: string;
  points: number;
  firsts: number;
  /** Of the points that one option can get, 0..1. */
  share: number;
  first: boolean;
}

/** ranked: the options by their points, the best one on top. */
export function ranked(poll: Poll): Ranked[] {
  const points = poll.options.map((_, i) => poll.tally?.points?.[i] ?? 0);
  const most = Math.max(0, ...points);
  const possible = (poll.tally?.total ?? 0) * (poll.options.length - 1);
  return poll.options
    .map((o, i) => {
      const n = points[i] ?? 0;
      return { id: o.id, text: o.text, points: n, firsts: poll.tally?.votes[i] ?? 0, share: possible ? n / possible : 0, first: n > 0 && n === most };
    })
    .sort((a, b) => b.points - a.points || b.firsts - a.firsts);
}
