// What the distribution over a scale shows.
import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import { rows } from '../../lib/tally';
import { t } from '../words';

/** Two decimals are enough. */
export const short = (n: number): string => language.number(Math.round(n * 100) / 100);

/** A step for the ear: the ends are said with what they mean. */
export function step(poll: Poll, i: number): string {
  const means = i === 0 ? poll.rules.low : i === poll.options.length - 1 ? poll.rules.high : '';
  const text = poll.options[i]?.text ?? '';
  return means ? `${text} (${means})` : text;
}

export function spread(poll: Poll, mine?: string) {
  const { mean, median } = poll.tally ?? {};
  const steps = poll.options.length;
  return {
    columns: rows(poll).map((r) => ({ label: r.text, n: r.votes, tone: r.first ? ('first' as const) : undefined, mine: r.id === mine })),
    facts: mean === undefined || median === undefined ? [] : [
      { label: t('result_mean'), value: t('rate_of', { n: short(mean), of: steps }) },
      { label: t('result_median'), value: short(median) },
    ],
    mean: mean === undefined ? undefined : (mean - 0.5) / steps,
    low: poll.rules.low,
    high: poll.rules.high,
  };
}
