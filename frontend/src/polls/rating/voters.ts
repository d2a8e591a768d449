import type { Poll } from '../../lib/room.svelte';
import { t } from '../words';
import { short } from './spread';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const mean = poll.tally?.mean;
  return mean === undefined ? '' : t('rate_says', { n: short(mean), of: poll.options.length });
}
