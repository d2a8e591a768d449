// What each option got of all points.
import type { Poll } from '../../lib/room.svelte';
import { percents } from '../../lib/tally';

export interface Share {
  id: string;
  text: string;
  points: number;
  /** Of all points in whole percents, 0..1. */
  share: number;
  first: boolean;
}

export function shares(poll: Poll): Share[] {
  const points = poll.options.map((_, i) => poll.tally?.points?.[i] ?? 0);
  const all = points.reduce((a, b) => a + b, 0);
  const most = Math.max(0, ...points);
  const share = percents(points, all);
  return poll.options.map((o, i) => {
    const n = points[i] ?? 0;
    return { id: o.id, text: o.text, points: n, share: share[i] ?? 0, first: n > 0 && n === most };
  });
}

/** given is what a field may hold: a whole number, no more than is left for it. */
export function given(wanted: number, own: number, left: number): number {
  return Number.isFinite(wanted) ? Math.max(0, Math.min(Math.round(wanted), own + left)) : 0;
}
