import type { Poll } from '../../lib/room.svelte';
import { t } from '../words';
import { quantity } from './spread';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const median = poll.tally?.median;
  return median === undefined ? '' : t('guess_says', { n: quantity(poll, median) });
}
