// What a motion came to, as it is shown. Pure.
import type { Poll } from '../../lib/room.svelte';
import { percents } from '../../lib/tally';

export interface Side {
  id: string;
  text: string;
  /** What the ballots weigh. */
  votes: number;
  /** Ballots. */
  members: number;
  /** Of the votes without abstentions in whole percents, 0..1; undefined: this is the abstention. */
  share: number | undefined;
}

/** The options in their order; an abstention is counted apart. */
export function sides(poll: Poll): Side[] {
  const votes = poll.tally?.motion?.votes ?? [];
  const apart = poll.motion?.abstain ? poll.options.length - 1 : poll.options.length;
  const counted = votes.slice(0, apart);
  const share = percents(counted, counted.reduce((sum, n) => sum + n, 0));
  return poll.options.map((o, i) => {
    const n = votes[i] ?? 0;
    return { id: o.id, text: o.text, votes: n, members: poll.tally?.votes[i] ?? 0, share: i < apart ? (share[i] ?? 0) : undefined };
  });
}
