// What a motion came to, as it is shown. Pure.
import type { Poll } from '../../lib/room.svelte';

export interface Side {
  id: string;
  text: string;
  /** What the ballots weigh. */
  votes: number;
  /** Ballots. */
  members: number;
  /** Of the votes without abstentions, 0..1; undefined: this is the abstention. */
  share: number | undefined;
}

/** A secret vote tells until it closes how many have voted, and nothing else, to nobody. */
export const sealed = (poll: Poll): boolean => poll.motion !== undefined && poll.secrecy === 'secret' && poll.state === 'open';

/** The options in their order; an abstention is counted apart. */
export function sides(poll: Poll): Side[] {
  const votes = poll.tally?.motion?.votes ?? [];
  const apart = poll.motion?.abstain ? poll.options.length - 1 : poll.options.length;
  const whole = votes.slice(0, apart).reduce((sum, n) => sum + n, 0);
  return poll.options.map((o, i) => {
    const n = votes[i] ?? 0;
    return { id: o.id, text: o.text, votes: n, members: poll.tally?.votes[i] ?? 0, share: i < apart ? (whole > 0 ? n / whole : 0) : undefined };
  });
}
