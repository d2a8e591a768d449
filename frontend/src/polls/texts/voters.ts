import type { Poll } from '../../lib/room.svelte';
import { t } from '../words';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const first = poll.tally?.texts?.[0];
  if (!first) return '';
  return poll.kind === 'cloud' ? t('cloud_lead', { word: first }) : t('text_shown_n', { n: poll.tally?.texts?.length ?? 0 });
}
