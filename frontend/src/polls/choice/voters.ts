import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import { rows } from '../../lib/tally';
import { t } from '../words';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const lead = rows(poll).filter((r) => r.first);
  if (lead.length > 1) return t('poll_tie');
  return lead[0] ? t('poll_lead', { option: lead[0].text, share: language.percent(lead[0].share) }) : '';
}
