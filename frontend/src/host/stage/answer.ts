// An answer to the consent question, with the instants that the recorder's barrier is made of.
import { Problem, type Schema } from '../../lib/api';
import type { ConsentAnswer, MyConsent, Notice } from '../calls';

export type Act = ConsentAnswer['act'];
export type Scope = Schema<'Scope'>;
export const SCOPES = ['audio', 'video', 'screen', 'name', 'chat', 'poll'] as const satisfies readonly Scope[];
/** enough: a yes holds something that is seen or heard; the rest belongs to it. */
export const enough = (scopes: readonly Scope[]): boolean => scopes.some((s) => s === 'audio' || s === 'video' || s === 'screen');

/** pageClock is the page's own clock in ms. Never Date.now(): that one jumps when somebody sets the time. */
export function pageClock(): number {
  return performance.timeOrigin + performance.now();
}

export interface AnswerOptions {
  act: Act;
  /** The text that was on the screen. */
  notice: Notice;
  key: string;
  /** pageClock() in the click's own handler. */
  click?: number;
  /** Of a grant; absent: all. */
  scopes?: readonly Scope[];
  publish?: boolean;
  /** Round trip of the media path, ms. */
  roundTrip: () => Promise<number | undefined>;
  send: (answer: ConsentAnswer) => Promise<MyConsent>;
  now?: () => number;
  wait?: (ms: number) => Promise<void>;
}

/** Pauses between tries, ms. */
const TRIES_MS = [400, 1000, 2000, 4000];

/**
 * sendAnswer sends until the server has answered. A repetition carries the same key and the same click, so it stays
 * one entry of the ledger; only the instant of sending is new.
 */
export async function sendAnswer(o: AnswerOptions): Promise<MyConsent> {
  const now = o.now ?? pageClock;
  const wait = o.wait ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const rtt = await o.roundTrip().catch(() => undefined);
  for (let round = 0; ; round++) {
    const body: ConsentAnswer = { act: o.act, hash: o.notice.hash, lang: o.notice.lang, key: o.key, publish: o.publish ?? false };
    if (o.scopes) body.scopes = [...o.scopes];
    if (o.click !== undefined) body.click_ms = o.click;
    if (rtt !== undefined) body.rtt_ms = rtt;
    body.epoch_ms = now();
    try {
      return await o.send(body);
    } catch (error) {
      const pause = TRIES_MS[round];
      const worthIt = error instanceof Problem && (error.status === 0 || error.status >= 500);
      if (!worthIt || pause === undefined) throw error;
      await wait(pause);
    }
  }
}
