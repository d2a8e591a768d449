import type { Schema } from '../../lib/api';
import { t } from '../i18n';

/** One quiet line: what is fine stays short, what is not is named. */
export function summary(h: Schema<'Health'>): string {
  if (h.connected === 0) return t('health_nobody');
  const words = [t('health_connected', { n: h.connected })];
  if (h.poor > 0) words.push(t('health_poor', { n: h.poor }));
  if (h.sound > 0) words.push(h.sound_ok === h.sound ? t('health_sound_all') : t('health_sound', { n: h.sound_ok }));
  return words.join(' · ');
}
