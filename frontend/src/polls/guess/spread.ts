// What the guesses of a room show.
import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import type { Answer } from '../kinds';
import { t } from '../words';

/** A number with the unit of its poll, as somebody gave it. */
export function quantity(poll: Poll, n: number): string {
  return poll.rules.unit ? `${language.number(n)} ${poll.rules.unit}` : language.number(n);
}

/** A number that was calculated is not told more exactly than it is worth. */
const about = (poll: Poll, n: number): string => quantity(poll, Math.abs(n) < 1000 ? Math.round(n * 100) / 100 : Math.round(n));

export function spread(poll: Poll, mine?: Answer) {
  const { bins = [], median, mean, right, total = 0 } = poll.tally ?? {};
  const { truth: correct, tolerance = 0 } = poll.rules;
  const most = Math.max(0, ...bins.map((b) => b.n));
  const within = (n: number, i: number): boolean => {
    const b = bins[i];
    return b !== undefined && n >= b.from && (n < b.to || (n === b.to && (b.from === b.to || i === bins.length - 1)));
  };
  const facts = median === undefined || mean === undefined ? [] : total === 1 ? [{ label: t('guess_only'), value: quantity(poll, mean) }] : [
    ...(total > 2 ? [{ label: t('result_median'), value: about(poll, median) }] : []), // of two it is the mean
    { label: t('result_mean'), value: about(poll, mean) },
  ];
  if (correct !== undefined) facts.push({ label: t('guess_answer'), value: tolerance > 0 ? `${quantity(poll, correct)} ± ${language.number(tolerance)}` : quantity(poll, correct) });
  if (right !== undefined && total > 0) facts.push({ label: t('guess_right'), value: t('guess_right_of', { n: right, of: total }) });
  return {
    facts,
    columns: bins.map((b, i) => {
      const one = b.from === b.to;
      const isRight = correct !== undefined && (one ? Math.abs(b.from - correct) <= tolerance : within(correct, i));
      const own = mine?.number !== undefined && within(mine.number, i);
      return { label: one ? language.number(b.from) : `${language.number(b.from)} – ${language.number(b.to)}`, n: b.n, tone: isRight ? ('right' as const) : b.n > 0 && b.n === most ? ('first' as const) : undefined, mine: own };
    }),
  };
}
