// From votes to what a result shows. Pure, shared by the attendee's card, the host's run-sheet and the projector.
import type { Poll } from './room.svelte';

export interface Row {
  id: string;
  text: string;
  picture: Poll['options'][number]['picture'];
  votes: number;
  /** Of the ballots, 0..1; where a ballot may name several options the shares add up to more. The bars and the percent words show the same number. */
  share: number;
  /** Has the most votes, and any. Several on a tie. */
  first: boolean;
}

/** One row an option, in the poll's order. */
export function rows(poll: Poll): Row[] {
  const votes = poll.options.map((_, i) => poll.tally?.votes[i] ?? 0);
  const total = poll.tally?.total ?? 0;
  const most = Math.max(0, ...votes);
  return poll.options.map((o, i) => {
    const n = votes[i] ?? 0;
    return { id: o.id, text: o.text, picture: o.picture, votes: n, share: total ? n / total : 0, first: n > 0 && n === most };
  });
}

/** The most recent first: by opening, then by place. Drafts are left out. */
export function newestFirst(polls: readonly Poll[]): Poll[] {
  return polls
    .filter((p) => p.state !== 'draft')
    .sort((a, b) => (b.opened_at ?? '').localeCompare(a.opened_at ?? '') || b.position - a.position);
}
