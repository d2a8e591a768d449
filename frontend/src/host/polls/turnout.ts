import type { Schema } from '../../lib/api';
import type { Poll } from '../../lib/room.svelte';
import { sealed } from '../../lib/sealed';
import { t } from '../i18n';

/** answered says how far an open poll is: "87 of 142", or only the count when the room's number is not larger. */
export function answered(total: number, watching: number): { n: number; of: number | null } {
  return { n: total, of: watching >= total && watching > 0 ? watching : null };
}

export interface Cast {
  /** Members of whom there is a ballot, and what those ballots weigh. */
  n: number;
  votes: number;
  /** Who may vote now, here or represented; null where fewer are there by now than have voted. */
  of: number | null;
  all: number;
}

/** cast says how far an open motion is, by members and by weight; a sealed one by members alone, a secret one of those of its opening. */
export function cast(poll: Poll, now: Schema<'Attendance'> | undefined): Cast {
  const n = poll.tally?.total ?? 0;
  const votes = (poll.tally?.motion?.votes ?? []).reduce((sum, v) => sum + v, 0);
  const there = poll.secrecy === 'secret' ? poll.attendance : (now ?? poll.attendance);
  const of = there ? there.here.members + there.represented.members : 0;
  return { n, votes, of: of >= n && of > 0 ? of : null, all: there ? there.here.votes + there.represented.votes : 0 };
}

/** says tells in words how far an open motion is. */
export function says(poll: Poll, now: Schema<'Attendance'> | undefined): string {
  const { n, votes, of, all } = cast(poll, now);
  if (of === null) return sealed(poll) ? t('answers_n', { n }) : t('motion_cast', { n, votes });
  return poll.motion?.heads || sealed(poll) ? t('motion_answered_heads', { n, of }) : t('motion_answered', { n, of, votes, all });
}
