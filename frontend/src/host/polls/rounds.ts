import type { Poll } from '../calls';
import { t } from '../i18n';

/** Whether a poll is the last round of its question, and so the one that can be asked again. */
export const lastRound = (poll: Poll, all: readonly Poll[]): boolean => !all.some((p) => p.first === poll.first && p.round > poll.round);

/** Who sees the result of a closed poll, as a key of the words. */
export const isOut = (poll: Poll): 'life_out' | 'life_held' | 'life_not_out' => (poll.published_at !== undefined ? 'life_out' : poll.series && poll.held ? 'life_held' : 'life_not_out');

/** Whether people wrote something, and nobody but the host sees any of it yet. */
export const unshown = (poll: Poll): boolean => (poll.kind === 'text' || poll.kind === 'cloud') && (poll.tally?.total ?? 0) > 0 && (poll.tally?.texts?.length ?? 0) === 0;

/** What is said of a poll in a line: its parts, as far as there are any. */
export const line = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' · ');

/** Which round of its question a poll is, where there are several. */
export const roundOf = (poll: Poll, all: readonly Poll[]): string | false => (poll.round > 1 || !lastRound(poll, all)) && t('life_round', { n: poll.round });
