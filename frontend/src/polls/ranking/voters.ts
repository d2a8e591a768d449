import type { Poll } from '../../lib/room.svelte';
import { t } from '../words';
import { ranked } from './order';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const lead = ranked(poll).filter((r) => r.first);
  if (lead.length > 1) return t('poll_tie');
  return lead[0] ? t('points_lead', { option: lead[0].text, points: t('points_n', { n: lead[0].points }) }) : '';
}
