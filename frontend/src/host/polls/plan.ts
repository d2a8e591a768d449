// What a host lays down of a poll's life, as the form has it and as the server wants it.
import type { Schema } from '../../lib/api';
import type { Poll } from '../calls';

type Closing = 'hand' | 'time' | 'survey';

export interface PlanForm {
  closing: Closing;
  seconds: number;
  /** As an input of type datetime-local says it, in the time of this browser. */
  until: string;
  /** Empty: what is usual for the kind. */
  results: Schema<'PollResults'> | '';
  series: string;
}

export type PlanPart = Pick<Schema<'PollRequest'>, 'open_for_ms' | 'survey_until' | 'results' | 'series'>;

/** Times to choose from, in seconds. */
export const TIMES = [30, 60, 90, 120, 180, 300, 600, 900, 1800] as const;

/** The time of a new quiz, in seconds; none of TIMES, so that it is not taken for a host's choice. */
const QUIZ_TIME = 20;

/** What changes of a new poll's plan with its kind: a quiz has a clock, unless the host has planned otherwise, and does not leave it behind to other kinds. */
export function planOf(quiz: boolean, f: PlanForm): Partial<PlanForm> {
  if (quiz && f.closing === 'hand') return { closing: 'time', seconds: QUIZ_TIME };
  if (!quiz && f.closing === 'time' && f.seconds === QUIZ_TIME) return { closing: 'hand', seconds: 60 };
  return {};
}

const two = (n: number): string => String(n).padStart(2, '0');

/** A time as an input of type datetime-local takes it. */
export function localTime(iso: string): string {
  const d = new Date(iso);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
}

export function planForm(poll: Poll | undefined): PlanForm {
  return {
    closing: poll?.survey_until ? 'survey' : poll?.open_for_ms ? 'time' : 'hand',
    seconds: (poll?.open_for_ms ?? 60_000) / 1000,
    until: poll?.survey_until ? localTime(poll.survey_until) : '',
    results: poll?.results ?? '',
    series: poll?.series ?? '',
  };
}

/** Undefined: a survey without a date. */
export function planPart(f: PlanForm): PlanPart | undefined {
  const at = new Date(f.until);
  if (f.closing === 'survey' && Number.isNaN(at.getTime())) return undefined;
  return {
    ...(f.closing === 'time' ? { open_for_ms: f.seconds * 1000 } : {}),
    ...(f.closing === 'survey' ? { survey_until: at.toISOString() } : {}),
    ...(f.results ? { results: f.results } : {}),
    ...(f.series.trim() ? { series: f.series.trim() } : {}),
  };
}
