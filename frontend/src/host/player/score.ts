// What a recording's timeline says, asked in the words of the player. Times are ms on the session clock.
import type { Timeline } from '../calls';
import type { Place, Plan } from './ensemble';

type Part = Timeline['segments'][number];
export type Chapter = Timeline['chapters'][number];
export type PollPart = Timeline['polls'][number];

/** Somebody who is in the recording, with all their parts. */
export interface Person {
  n: number;
  name: string; // empty if they did not allow it
  parts: Part[];
  from: number;
  to: number;
}

/** people lists who is in the recording, by their numbers. */
export function people(t: Timeline): Person[] {
  const all = new Map<number, Person>();
  for (const part of t.segments) {
    const p = all.get(part.speaker) ?? { n: part.speaker, name: '', parts: [], from: Infinity, to: 0 };
    p.parts.push(part);
    p.from = Math.min(p.from, part.from_ms);
    p.to = Math.max(p.to, part.to_ms);
    if (part.named) p.name = part.label;
    all.set(part.speaker, p);
  }
  return [...all.values()].sort((a, b) => a.n - b.n);
}

/** A part is loaded so long before it plays, and kept so long after, ms: browsers open few connections at a time. */
const AHEAD = 8000;
const BEHIND = 2000;

/** near: the part plays, or will soon. */
export function near(place: { from_ms: number; to_ms: number }, at: number): boolean {
  return place.from_ms - AHEAD <= at && at < place.to_ms + BEHIND;
}

export function within(part: { from_ms: number; to_ms: number }, at: number): boolean {
  return part.from_ms <= at && at < part.to_ms;
}

/** pauseAt: the pause in which that moment lies. */
export function pauseAt(t: Timeline, at: number): Timeline['pauses'][number] | undefined {
  return t.pauses.find((p) => within(p, at));
}

/** bounds is what is to be seen: all of it, or what the organizer left of it. */
export function bounds(t: Timeline): Place {
  return t.trim ? { from: t.trim.from_ms, to: t.trim.to_ms } : { from: 0, to: t.duration_ms };
}

/** uncut is a timeline as if nothing had been cut off. */
export function uncut(t: Timeline): Timeline {
  const all = { ...t };
  delete all.trim;
  return all;
}

/** From so long a hole on, ms, what nobody recorded is passed over, pauses among it; so does the one film (recorder/program). */
const HOLE = 1000;

/** held lists the spans within the bounds of which something is recorded, short holes included. */
function held(t: Timeline): Place[] {
  const { from, to } = bounds(t);
  const spans: Place[] = [];
  for (const p of t.segments.toSorted((a, b) => a.from_ms - b.from_ms)) {
    const last = spans.at(-1);
    const s = { from: Math.max(p.from_ms, from), to: Math.min(p.to_ms, to) };
    if (s.to <= s.from) continue;
    if (last && s.from <= last.to + HOLE) last.to = Math.max(last.to, s.to);
    else spans.push(s);
  }
  return spans;
}

/** plan of the parts: from the first to the last that is within the bounds, without what nobody recorded. */
export function plan(t: Timeline): Plan {
  const spans = held(t);
  const { from, to } = bounds(t);
  return { from: spans[0]?.from ?? from, to: spans.at(-1)?.to ?? to, skips: spans.slice(1).map((s, i) => ({ from: spans[i]?.to ?? 0, to: s.from })) };
}

/** chapterAt: the index of the chapter in which that moment lies, -1 before the first. */
export function chapterAt(chapters: readonly Chapter[], at: number): number {
  return chapters.findLastIndex((c) => c.at_ms <= at);
}

/** pollsAt: the polls that are open at that moment, and the one that was closed last since from, with or without a result. */
export function pollsAt(polls: readonly PollPart[], at: number, from: number): { poll: PollPart; closed: boolean }[] {
  const end = (p: PollPart): number => p.closed_ms ?? Infinity;
  const open = polls.filter((p) => p.opened_ms <= at && at < end(p));
  const last = polls.filter((p) => from < end(p) && end(p) <= at).toSorted((a, b) => end(a) - end(b)).at(-1);
  return [...open.map((poll) => ({ poll, closed: false })), ...(last ? [{ poll: last, closed: true }] : [])];
}

/** Reel tells session time and the time of the one film apart, which leaves out what nobody recorded. */
export class Reel {
  #spans: Place[];

  constructor(t: Timeline) {
    this.#spans = held(t);
    // A cut film begins at a key frame before the cut.
    const [first] = this.#spans;
    if (first) first.from = Math.min(first.from, t.program.from_ms ?? first.from);
  }

  /** into the film, ms. What is left out lies where it goes on. */
  film(at: number): number {
    let sum = 0;
    for (const s of this.#spans) {
      if (at < s.to) return sum + Math.max(at - s.from, 0);
      sum += s.to - s.from;
    }
    return sum;
  }

  /** out of the film, ms on the session clock. */
  session(ms: number): number {
    let left = ms;
    for (const s of this.#spans) {
      if (left < s.to - s.from) return s.from + left;
      left -= s.to - s.from;
    }
    return this.#spans.at(-1)?.to ?? 0;
  }
}

/** readClock reads 1:02:03, 2:03 or 123.5 as ms; undefined for anything else. */
export function readClock(text: string): number | undefined {
  const parts = text.trim().replace(',', '.').split(':');
  if (parts.length > 3 || parts.some((p, i) => !(i === parts.length - 1 ? /^\d+(\.\d{1,3})?$/ : /^\d+$/).test(p))) return undefined;
  return Math.round(parts.reduce((sum, p) => sum * 60 + Number(p), 0) * 1000);
}
