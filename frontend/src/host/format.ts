// Sizes and durations for people.

/** bytes writes a size with one unit, such as 12.4 MB. */
export function bytes(n: number, lang: string): string {
  const units = ['kilobyte', 'megabyte', 'gigabyte'] as const;
  const step = Math.min(units.length, Math.max(1, Math.floor(Math.log10(Math.max(n, 1)) / 3)));
  const format = new Intl.NumberFormat(lang, { style: 'unit', unit: units[step - 1] ?? 'kilobyte', maximumFractionDigits: 1 });
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
