// When the announcement of a recording is shown and spoken. A number of one recording counts once in a tab's session.
import type { Schema } from '../api';
import type { Recording } from '../room.svelte';
import { keep, recall } from '../storage';

export type Plan = Schema<'RecordingPlan'>;

/** What the indicator shows. `aborted` is none, `available` is stopped; before there is one it is what the host has said. */
export type Indicated = 'none' | 'maybe' | 'planned' | 'announced' | 'recording' | 'paused' | 'stopped';

export function indicated(r: Recording | undefined, plan: Plan['intent'] = 'none'): Indicated {
  switch (r?.state) {
    case undefined:
      return plan;
    case 'announced':
    case 'recording':
    case 'paused':
      return r.state;
    case 'stopped':
    case 'available':
      return 'stopped';
    default:
      return 'none';
  }
}

/** The recording concerns people now: they have to know of it. */
export function isActive(r: Recording | undefined): boolean {
  return r?.state === 'announced' || r?.state === 'recording' || r?.state === 'paused';
}

const key = (r: Recording, what: 'shown' | 'spoken'): string => `plenum.${what}.${r.id}`;

/** Whether this announcement was shown (or spoken) in this tab before. */
export function had(r: Recording, what: 'shown' | 'spoken'): boolean {
  return Number(recall(key(r, what), 'session') ?? 0) >= r.announcement;
}

export function mark(r: Recording, what: 'shown' | 'spoken'): void {
  keep(key(r, what), String(r.announcement), 'session');
}
