// What a viewer's own line is doing, in words for the person: out of the connection's state and its windows.
import { judge, Majority, type Quality, type Reception, Verdict } from './quality';
import type { ViewerState } from './whep';

/**
 * reduced: the server sends smaller pictures because the line is weak; sound: none, for the same reason; held: pictures
 * do not come although the line is good, so it is somebody else's.
 */
export type Flow = Quality | 'reduced' | 'sound' | 'held';

export type LineState = Flow | 'connecting' | 'reconnecting' | 'lost';

/** A picture that should come: the id of its track, and what it shows. */
export interface Expected {
  track: string;
  /** Changes when the track shows something else. */
  shows: string;
}

/** For so long after a bad window a change of the pictures is put down to the line, ms. */
const MEMORY_MS = 30_000;
/** A picture of less than this part of the height it once had is a smaller one. */
const SMALLER = 0.75;

/** Line turns windows into a state; it has no clock of its own. */
export class Line {
  flow: Flow = 'good';
  /** Tracks whose pictures do not come now. */
  missing: ReadonlySet<string> = new Set();
  readonly #verdict = new Verdict();
  readonly #pictures = new Majority<'all' | 'smaller' | 'none'>();
  #seen: 'all' | 'smaller' | 'none' = 'all';
  #bad = -Infinity;
  /** The largest height of each picture. */
  #heights = new Map<string, number>();

  add(w: Reception, expected: readonly Expected[], now: number): Flow {
    const quality = this.#verdict.add(w);
    if (judge(w) !== 'good') this.#bad = now;
    this.#seen = this.#pictures.add(this.#look(w, expected)) ?? this.#seen;
    if (this.#seen === 'none') this.flow = now - this.#bad < MEMORY_MS || this.flow === 'sound' ? 'sound' : 'held';
    else if (this.#seen === 'smaller' && (now - this.#bad < MEMORY_MS || this.flow === 'reduced')) this.flow = 'reduced';
    else this.flow = quality;
    return this.flow;
  }

  #look(w: Reception, expected: readonly Expected[]): 'all' | 'smaller' | 'none' {
    const heights = new Map<string, number>();
    const missing = new Set<string>();
    let smaller = false;
    if (!w.pictures || expected.length === 0) {
      this.missing = missing;
      return 'all';
    }
    for (const { track, shows } of expected) {
      const p = w.pictures.get(track);
      const key = `${track} ${shows}`;
      const most = Math.max(this.#heights.get(key) ?? 0, p?.height ?? 0);
      heights.set(key, most);
      if (!p || p.packets <= 0) missing.add(track);
      else if (p.height > 0 && p.height < SMALLER * most) smaller = true;
    }
    this.#heights = heights;
    this.missing = missing;
    if (missing.size === expected.length) return 'none';
    return smaller || missing.size > 0 ? 'smaller' : 'all';
  }
}

/** The word for all of it. `before`: there was a connection already; `lasting`: there has been none for long. */
export function lineState(link: ViewerState, flow: Flow, before: boolean, lasting: boolean): LineState {
  if (link === 'connected') return flow;
  if (lasting) return 'lost';
  return before ? 'reconnecting' : 'connecting';
}
