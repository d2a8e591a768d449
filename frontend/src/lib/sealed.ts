// What nobody is told yet of an open poll: the same rules as the server's.
import type { Poll } from './room.svelte';
import { seen } from './seen';

/** Whether nobody sees how an open poll stands, the hosts neither. What people write is read to be moderated. */
export function sealed(poll: Poll): boolean {
  if (poll.state !== 'open' || poll.secrecy === 'named') return false;
  return poll.motion !== undefined || (poll.secrecy === 'secret' && poll.kind !== 'text' && poll.kind !== 'cloud' && (poll.kind === 'quiz' || !seen(poll, true)));
}

/** Whether a motion takes no vote any more and waits for its ballots on paper. */
export const counting = (poll: Poll): boolean => poll.state === 'open' && poll.counting_since !== undefined;
