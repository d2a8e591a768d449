// What a host says of a recording beforehand, as the form holds it.
import { Problem, type Schema } from '../../lib/api';

export type Plan = Schema<'RecordingPlan'>;
export type Intent = Plan['intent'];
export type Viewers = NonNullable<Plan['viewers']>;
export const INTENTS = ['none', 'maybe', 'planned'] as const satisfies readonly Intent[];
export const VIEWERS = ['organizer', 'invited', 'public'] as const satisfies readonly Viewers[];

/** The days of an empty field are left to the server. */
export interface Draft {
  intent: Intent;
  purpose: string;
  viewers: Viewers;
  days: number | null;
}

export const draftOf = (plan: Plan, purpose: string): Draft => ({
  intent: plan.intent,
  purpose: plan.purpose ?? purpose,
  viewers: plan.viewers ?? 'organizer',
  days: plan.keep_days ?? null,
});

export function planOf(draft: Draft): Plan {
  if (draft.intent === 'none') return { intent: 'none' };
  return { intent: draft.intent, purpose: draft.purpose.trim(), viewers: draft.viewers, ...(draft.days ? { keep_days: draft.days } : {}) };
}

/** Whether a server's refusal is of the days, beside which it is then shown. */
export const ofDays = (refusal: unknown): boolean => refusal instanceof Problem && refusal.field === 'keep_days';

export const complete = (draft: Draft): boolean => draft.intent === 'none' || draft.purpose.trim() !== '';
