import type { Poll } from '../../lib/room.svelte';
import type { Answer } from '../kinds';

/** Whether an answer was right; undefined while nobody says what is, or where there is no answer. */
export function rightly(poll: Poll, mine: Answer | undefined): boolean | undefined {
  const correct = poll.rules.correct?.map((i) => poll.options[i]?.id);
  if (!correct || !mine?.options) return undefined;
  return correct.length === mine.options.length && correct.every((id) => id !== undefined && mine.options?.includes(id));
}
