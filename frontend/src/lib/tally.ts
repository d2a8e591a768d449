// From votes to what a result shows. Pure, shared by the attendee's card, the host's run-sheet and the projector.
import type { Poll } from './room.svelte';

export interface Row {
  id: string;
  text: string;
  picture: Poll['options'][number]['picture'];
  votes: number;
  /** Of the ballots in whole percents, 0..1, see `percents`; where a ballot may name several options the shares add up to more. The bars and the percent words show the same number. */
  share: number;
  /** Has the most votes, and any. Several on a tie. */
  first: boolean;
}

/**
 * The shares of a whole in whole percents, 0..1. Where the parts make up the whole they add up to 100 %: each is rounded
 * down, and what is missing goes to the largest remainders. Equal parts stay equal, so that a tie never looks like a win:
 * three of three are 33 % each, and 99 % together. The server's tables do the same with one decimal (polls/percent.go).
 */
export function percents(parts: readonly number[], whole: number): number[] {
  if (whole <= 0) return parts.map(() => 0);
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  if (sum(parts) !== whole) return parts.map((n) => Math.round((100 * n) / whole) / 100);
  const out = parts.map((n) => Math.floor((100 * n) / whole));
  let left = 100 - sum(out);
  for (const n of [...new Set(parts)].sort((a, b) => ((100 * b) % whole) - ((100 * a) % whole) || b - a)) {
    const alike = parts.filter((p) => p === n).length;
    if (2 * left <= alike) break; // with them it would be further from 100 than without
    for (const [i, p] of parts.entries()) if (p === n) out[i] = (out[i] ?? 0) + 1;
    left -= alike;
  }
  return out.map((n) => n / 100);
}

/** One row an option, in the poll's order. */
export function rows(poll: Poll): Row[] {
  const votes = poll.options.map((_, i) => poll.tally?.votes[i] ?? 0);
  const total = poll.tally?.total ?? 0;
  const most = Math.max(0, ...votes);
  const share = percents(votes, total);
  return poll.options.map((o, i) => {
    const n = votes[i] ?? 0;
    return { id: o.id, text: o.text, picture: o.picture, votes: n, share: share[i] ?? 0, first: n > 0 && n === most };
  });
}

/** The most recent first: by opening, then by place. Drafts are left out. */
export function newestFirst(polls: readonly Poll[]): Poll[] {
  return polls
    .filter((p) => p.state !== 'draft')
    .sort((a, b) => (b.opened_at ?? '').localeCompare(a.opened_at ?? '') || b.position - a.position);
}
