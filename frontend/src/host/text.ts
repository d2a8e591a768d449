import { OFFLINE, Problem } from '../lib/api';
import type { KeyOf } from '../lib/i18n';
import { language, translator } from '../lib/lang.svelte';
import type host from '../i18n/host.en.json';

export type HostKey = KeyOf<typeof host>;
export const t = translator<HostKey>();

/** fault says in words what went wrong: our own sentence where we have one, else the server's. */
export function fault(error: unknown): string {
  if (!(error instanceof Problem)) return t('fault.unknown');
  if (error.code === OFFLINE) return t('fault.offline');
  const key = `fault.${error.code}`;
  const own = language.text(key);
  if (own !== key) return own;
  return error.detail || t('fault.unknown');
}

/** bytes writes a size with one unit, such as 12.4 MB. */
export function bytes(n: number): string {
  const units = ['kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = Math.min(units.length, Math.max(1, Math.floor(Math.log10(Math.max(n, 1)) / 3)));
  const format = new Intl.NumberFormat(language.current, { style: 'unit', unit: units[step - 1] ?? 'kilobyte', maximumFractionDigits: 1 });
  return format.format(n / 1000 ** step);
}

/** clock writes a duration as 0:07, 12:30 or 1:02:03. */
export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}
