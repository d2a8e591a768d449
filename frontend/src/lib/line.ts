// What a viewer's own line is doing, in words for the person: out of the connection's state and its windows.
import { judge, Majority, type Picture, type Quality, type Reception, Verdict } from './quality';
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
  /** Tracks whose pictures do not come. */
  missing: ReadonlySet<string> = new Set();
  readonly #verdict = new Verdict();
  #bad = -Infinity;
  #pictures = new Map<string, Sight>();

  add(w: Reception, expected: readonly Expected[], now: number): Flow {
    const quality = this.#verdict.add(w);
    if (judge(w) !== 'good') this.#bad = now;
    const words = this.#look(w, expected);
    const narrow = now - this.#bad < MEMORY_MS || this.flow === 'sound' || this.flow === 'reduced';
    if (words.length > 0 && words.every((x) => x === 'none')) this.flow = narrow ? 'sound' : 'held';
    else if (narrow && words.some((x) => x !== 'whole')) this.flow = 'reduced';
    else this.flow = quality;
    return this.flow;
  }

  #look(w: Reception, expected: readonly Expected[]): Sight['word'][] {
    const pictures = new Map<string, Sight>();
    const missing = new Set<string>();
    if (w.pictures) {
      for (const { track, shows } of expected) {
        const key = `${track} ${shows}`;
        const sight = this.#pictures.get(key) ?? new Sight();
        pictures.set(key, sight);
        if (sight.add(w.pictures.get(track)) === 'none') missing.add(track);
      }
    }
    this.#pictures = pictures;
    this.missing = missing;
    return [...pictures.values()].map((s) => s.word);
  }
}

/** One picture, as two of the last three windows saw it. */
class Sight {
  word: 'whole' | 'smaller' | 'none' = 'whole';
  readonly #majority = new Majority<Sight['word']>();
  #largest = 0;

  add(p: Picture | undefined): Sight['word'] {
    this.#largest = Math.max(this.#largest, p?.height ?? 0);
    const now = !p || p.packets <= 0 ? 'none' : p.height > 0 && p.height < SMALLER * this.#largest ? 'smaller' : 'whole';
    return (this.word = this.#majority.add(now) ?? this.word);
  }
}

/** The word for all of it. `before`: there was a connection already; `lasting`: there has been none for long. */
export function lineState(link: ViewerState, flow: Flow, before: boolean, lasting: boolean): LineState {
  if (link === 'connected') return flow;
  if (lasting) return 'lost';
  return before ? 'reconnecting' : 'connecting';
}
