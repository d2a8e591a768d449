// Who sees the result of a poll: the same rule as the server's, for what is on the screen already.
import type { Poll } from './room.svelte';

/** Whether somebody who is no host sees the result now. */
export function seen(poll: Poll, voted: boolean): boolean {
  if (poll.state === 'closed') return poll.published_at !== undefined;
  return poll.state === 'open' && !poll.series && !poll.motion && (poll.results === 'shown' || (poll.results === 'voted' && voted));
}

/** Milliseconds until a poll closes by itself, never below 0; undefined when no time is set. */
export function left(poll: Poll, now: number): number | undefined {
  return poll.state === 'open' && poll.closes_at !== undefined ? Math.max(0, Date.parse(poll.closes_at) - now) : undefined;
}

/** `0:47`, `12:03`; from an hour on `1:05:00`. A second that has begun counts, so that 0:00 is the end. */
export function clock(ms: number): string {
  const s = Math.ceil(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
