import type { Poll } from '../../lib/room.svelte';
import { t } from '../words';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const right = poll.rules.correct?.map((i) => poll.options[i]?.text ?? '').join(', ');
  return right ? t('quiz_answer', { answer: right }) : '';
}
