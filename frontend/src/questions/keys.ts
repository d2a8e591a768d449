// What this browser keeps of its own questions: a secret for each, by which it can change and withdraw them.
import { keep, recall } from '../lib/storage';

export interface Own {
  secret: string;
  /** The question that lies under it; absent while it is not known to have arrived. */
  id?: string;
  /** Only until it has arrived. */
  draft?: { text: string; name: string };
}

interface Kept {
  /** When it was last written, Unix milliseconds. */
  at: number;
  own: Own[];
}

const PREFIX = 'plenum.questions.';
/** Questions are erased after their webinar, and so is what proves them. */
const FORGET_MS = 3 * 24 * 3600 * 1000;

export const keyOf = (webinar: string): string => PREFIX + webinar;

export function ownOf(webinar: string): Own[] {
  return parse(recall(keyOf(webinar)))?.own ?? [];
}

export function keepOwn(webinar: string, own: readonly Own[], now = Date.now()): void {
  keep(keyOf(webinar), own.length === 0 ? null : JSON.stringify({ at: now, own }));
}

/** Forgets what is too old to lead to anything. */
export function forgetOld(now = Date.now()): void {
  for (const key of keys()) {
    const kept = parse(recall(key));
    if (!kept || now - kept.at > FORGET_MS) keep(key, null);
  }
}

function keys(): string[] {
  try {
    return Object.keys(localStorage).filter((k) => k.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function parse(text: string | null): Kept | undefined {
  try {
    const kept = JSON.parse(text ?? '') as Partial<Kept>;
    return typeof kept.at === 'number' && Array.isArray(kept.own) ? { at: kept.at, own: kept.own.filter((o) => typeof o.secret === 'string') } : undefined;
  } catch {
    return undefined;
  }
}
