// Plays several films as one: each has its place on the session clock, and all of them follow that clock. Plain logic
// without a page, so that it can be tested with films that are late, slow or broken. Times end in ms or are seconds
// where the browser's own are.

/** What is needed of a <video>. */
export interface Film {
  currentTime: number; // s
  playbackRate: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly ended: boolean;
  readonly readyState: number;
  play(): Promise<void>;
  pause(): void;
}

/** Where a film lies on the session clock, ms. */
export interface Place {
  from: number;
  to: number;
}

/** What is played: from where to where, and the spans that are passed over, in order, ms. */
export interface Plan extends Place {
  skips: readonly Place[];
}

/** A film that is so far off is taken to its place at once, s: a jump is less of a nuisance than a long wrong sync. */
export const JUMP = 0.3;
/** Nobody notices this, s; leaving it alone keeps the rate steady. */
const CALM = 0.015;
/** How strongly a film is nudged, and at most: the offset is gone after half a second, and the pitch is kept. */
const GAIN = 2;
const NUDGE = 0.16;
/** Smaller changes of the rate are not worth the browser's work. */
const FINE = 0.01;
/** What all films are off together is the clock's to mend: so much of it, and so many ms at most, with each tick. */
const PULL = 0.2;
const SHIFT_MS = 5;
/** How long a film may fail to follow before all wait for it, and how long all wait, ms. */
const GRACE = 250;
const PATIENCE = 5000;
/** Not sooner than this after a jump comes the next, ms: a browser that is slow at jumping is not made slower. */
const REST = 800;
/** A film that is to come is told to play so long before, ms: browsers take a moment. */
const EARLY = 50;
/** HTMLMediaElement.HAVE_FUTURE_DATA: there is something to play. */
const READY = 3;

/** steer says how to bring a film to its place; off is how far it is ahead, s. */
export function steer(off: number, rate: number): number | 'jump' {
  if (Math.abs(off) > JUMP) return 'jump';
  if (Math.abs(off) <= CALM) return rate;
  return rate * (1 - Math.max(-NUDGE, Math.min(NUDGE, off * GAIN)));
}

interface Member {
  film: Film;
  place: Place;
  jumped: number; // when it was last taken to its place
  late: number | undefined; // since when it has had nothing to play
  mark: number; // where it stood when all began to move, s
}

type Phase = 'still' | 'gathering' | 'rolling';

export class Ensemble {
  #rate = 1;
  #at: number;
  #phase: Phase = 'still';
  #last: number;
  #since = 0; // when gathering began
  #moved = false; // gathering: everybody was told to play
  #members = new Map<string, Member>();

  /** Who shall play at that moment, by the names they join with: before all move, they are waited for. */
  due: (at: number) => readonly string[] = () => [];
  readonly plan: Plan;
  readonly now: () => number;

  constructor(plan: Plan, now: () => number = () => performance.now()) {
    this.plan = plan;
    this.now = now;
    this.#at = plan.from;
    this.#last = now();
  }

  /** The moment on the session clock, ms. */
  get at(): number {
    if (this.#phase !== 'rolling') return this.#at;
    return Math.min(this.#at + (this.now() - this.#last) * this.#rate, this.plan.to);
  }

  get rate(): number {
    return this.#rate;
  }

  set rate(rate: number) {
    this.#settle(); // so far it went at the old one
    this.#rate = rate;
    this.tick();
  }

  get playing(): boolean {
    return this.#phase !== 'still';
  }

  /** Everybody stands because somebody has nothing to play yet. */
  get waiting(): boolean {
    return this.#phase === 'gathering' && this.now() - this.#since > GRACE;
  }

  /** join takes a film in; the function that is answered takes it out. */
  join(id: string, place: Place, film: Film): () => void {
    this.#members.set(id, { film, place, jumped: -Infinity, late: undefined, mark: 0 });
    return () => {
      film.pause();
      this.#members.delete(id);
    };
  }

  play(): void {
    if (this.playing) return;
    if (this.#at >= this.plan.to) this.#at = this.#over(this.plan.from);
    this.#gather();
    this.tick();
  }

  pause(): void {
    this.#settle();
    this.#phase = 'still';
    this.tick();
  }

  seek(ms: number): void {
    this.#at = Math.max(this.plan.from, Math.min(ms, this.plan.to));
    for (const m of this.#members.values()) m.jumped = -Infinity; // wanted by a person: at once
    if (this.playing) this.#gather();
    this.tick();
  }

  /** tick is called with every picture of the page, and ten times a second behind other windows; everything happens here. */
  tick(): void {
    this.#settle();
    if (this.playing) {
      const on = this.#over(this.#at);
      if (on !== this.#at) {
        this.#at = on;
        this.#gather();
      }
      if (this.#at >= this.plan.to) this.#phase = 'still';
    }
    const cast = this.#cast();
    if (this.#phase === 'still') for (const m of cast) this.#rest(m);
    else if (this.#phase === 'gathering') this.#assemble(cast);
    else this.#follow(cast);
  }

  /** #settle writes down how far the clock has come. */
  #settle(): void {
    this.#at = this.at;
    this.#last = this.now();
  }

  /** #over passes over what is to be skipped. */
  #over(at: number): number {
    for (const s of this.plan.skips) if (s.from <= at && at < s.to) at = s.to;
    return at;
  }

  /** #cast lists who plays at this moment and has everybody else be silent, at their beginning if they are to come. */
  #cast(): Member[] {
    const out: Member[] = [];
    const early = this.#phase === 'rolling' ? EARLY * this.#rate : 0;
    for (const m of this.#members.values()) {
      if (m.place.from - early <= this.#at && this.#at < m.place.to && !(m.film.ended && this.#off(m) < JUMP)) {
        out.push(m);
        continue;
      }
      if (!m.film.paused) m.film.pause();
      m.late = undefined;
      if (this.#at < m.place.from && m.film.currentTime > 0.01 && !m.film.seeking) m.film.currentTime = 0;
    }
    return out;
  }

  #local(m: Member): number {
    return (this.#at - m.place.from) / 1000;
  }

  #off(m: Member): number {
    return m.film.currentTime - this.#local(m);
  }

  #gather(): void {
    this.#phase = 'gathering';
    this.#since = this.now();
    this.#moved = false;
  }

  /** #rest lets a film stand at its place. */
  #rest(m: Member): void {
    if (!m.film.paused) m.film.pause();
    m.film.playbackRate = this.#rate;
    if (Math.abs(this.#off(m)) > CALM && !m.film.seeking) m.film.currentTime = this.#local(m);
  }

  /** #assemble waits until everybody is at their place and moves; then the clock starts from where they are. */
  #assemble(cast: Member[]): void {
    const tired = this.now() - this.#since > PATIENCE;
    if (!this.#moved) {
      const ready = cast.filter((m) => {
        this.#rest(m);
        return !m.film.seeking && m.film.readyState >= READY;
      });
      const here = this.due(this.#at).every((id) => this.#members.has(id));
      if (!(here && ready.length === cast.length) && !tired) return;
      for (const m of ready) {
        m.mark = m.film.currentTime;
        start(m.film);
      }
      this.#moved = true;
    }
    // A film that could not start has excused itself; it joins when it can.
    const moving = cast.filter((m) => !m.film.paused);
    if (moving.some((m) => m.film.currentTime <= m.mark) && !tired) return;
    const places = moving.filter((m) => Math.abs(this.#off(m)) < 2 * JUMP).map((m) => m.place.from + m.film.currentTime * 1000);
    if (places.length > 0) this.#at = Math.max(this.#at, places.reduce((a, b) => a + b) / places.length);
    // Whoever was waited for in vain is not waited for again, until there is something to play.
    for (const m of cast) m.late = m.film.readyState < READY ? (m.late ?? this.#since) : undefined;
    this.#last = this.now();
    this.#phase = 'rolling';
  }

  /** #follow keeps everybody with the clock. */
  #follow(cast: Member[]): void {
    const offs = cast.filter((m) => !m.film.paused && !m.film.seeking && m.film.readyState >= READY).map((m) => this.#off(m)).filter((off) => Math.abs(off) < JUMP);
    const common = (offs.reduce((a, b) => a + b, 0) / Math.max(1, offs.length)) * 1000;
    this.#at += Math.max(-SHIFT_MS, Math.min(SHIFT_MS, common * PULL));
    for (const m of cast) {
      const { film } = m;
      if (film.seeking || film.readyState < READY) {
        m.late ??= this.now();
        const wait = this.now() - m.late;
        if (wait > GRACE && wait < PATIENCE) {
          for (const other of cast) other.film.pause();
          this.#gather();
          this.#since = m.late;
          return;
        }
        continue;
      }
      m.late = undefined;
      const rate = steer(this.#off(m), this.#rate);
      if (rate !== 'jump') {
        if (rate === this.#rate || Math.abs(film.playbackRate - rate) > FINE) film.playbackRate = rate;
      } else if (this.now() - m.jumped > REST) {
        m.jumped = this.now();
        film.playbackRate = this.#rate;
        film.currentTime = this.#local(m);
      }
      if (film.paused) start(film);
    }
  }
}

/** A browser may refuse to play, or a film may go before it starts: then it stays paused, which is looked at. */
function start(film: Film): void {
  film.play().catch(() => undefined);
}
