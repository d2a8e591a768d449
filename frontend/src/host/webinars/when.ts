// Times of the form: datetime-local speaks local time without a zone.

/** localInput writes a date as the value of a datetime-local field. */
export function localInput(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** fullHour is the next full hour that is at least half an hour away. */
export function fullHour(now: Date): Date {
  const date = new Date(now.getTime() + 30 * 60_000);
  if (date.getMinutes() > 0 || date.getSeconds() > 0 || date.getMilliseconds() > 0) date.setHours(date.getHours() + 1, 0, 0, 0);
  return date;
}
