import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import { t } from '../words';
import { shares } from './shares';

export { default as Card } from './Card.svelte';
export { default as Result } from './Result.svelte';

export function says(poll: Poll): string {
  const lead = shares(poll).filter((s) => s.first);
  if (lead.length > 1) return t('poll_tie');
  return lead[0] ? t('poll_lead', { option: lead[0].text, share: language.percent(lead[0].share) }) : '';
}
