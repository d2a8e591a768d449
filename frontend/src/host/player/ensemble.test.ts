import { expect, test } from 'vitest';
import { Ensemble, type Film, JUMP, type Place, steer } from './ensemble';

/** A time that the test moves. */
class Time {
  ms = 1000;
  films: Reel[] = [];

  pass(ms: number, each?: () => void): void {
    for (let left = ms; left > 0; left -= 10) {
      this.ms += 10;
      for (const f of this.films) f.run(10);
      if (left % 20 === 0) each?.();
    }
  }
}

interface Faults {
  latency?: number; // ms from play() to the first moving picture
  seek?: number; // ms that a jump takes
  drift?: number; // how much faster than asked it plays
  empty?: (position: number) => boolean; // nothing to play there, s
}

/** A film as browsers play it: late to start, slow to jump, never quite at the rate that was asked for. */
class Reel implements Film {
  playbackRate = 1;
  paused = true;
  jumps = 0;
  stalled = 0;
  #at = 0;
  #busy = 0;
  #jumping = 0;

  private length: number;
  private faults: Faults;

  constructor(time: Time, length: number, faults: Faults = {}) {
    this.length = length;
    this.faults = faults;
    time.films.push(this);
  }
  get currentTime(): number {
    return this.#at;
  }
  set currentTime(s: number) {
    this.#at = Math.max(0, Math.min(s, this.length));
    this.#jumping = this.faults.seek ?? 30;
    this.jumps++;
  }
  get seeking(): boolean {
    return this.#jumping > 0;
  }
  get ended(): boolean {
    return this.#at >= this.length;
  }
  get readyState(): number {
    return this.seeking || this.faults.empty?.(this.#at) ? 2 : 4;
  }
  play(): Promise<void> {
    if (this.paused) this.#busy = this.faults.latency ?? 20;
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  run(ms: number): void {
    if (this.#jumping > 0) this.#jumping -= ms;
    else if (!this.paused && this.readyState >= 3 && (this.#busy -= ms) <= 0) this.#at = Math.min(this.length, this.#at + (ms / 1000) * this.playbackRate * (1 + (this.faults.drift ?? 0)));
  }
}

const plan = (to: number, skips: Place[] = []) => ({ from: 0, to, skips });

/** The largest distance of any playing film from the clock, ms, while time passes. */
function apart(time: Time, e: Ensemble, films: [Place, Reel][], ms: number): number {
  let most = 0;
  time.pass(ms, () => {
    e.tick();
    for (const [place, film] of films) {
      if (place.from + 300 < e.at && e.at < place.to - 300 && !film.seeking) most = Math.max(most, Math.abs(place.from + film.currentTime * 1000 - e.at));
    }
  });
  return most;
}

test('what is a little off is nudged, what is far off jumps', () => {
  expect(steer(0.01, 1)).toBe(1);
  expect(steer(0.05, 1)).toBeCloseTo(0.9);
  expect(steer(-0.05, 2)).toBeCloseTo(2.2);
  expect(steer(0.2, 1)).toBeCloseTo(0.84);
  expect(steer(JUMP + 0.01, 1)).toBe('jump');
  expect(steer(-JUMP - 0.01, 1)).toBe('jump');
});

test('films that start late and run at wrong rates stay within 80 ms of one clock, at every speed', () => {
  for (const rate of [0.5, 1, 2]) {
    const time = new Time();
    const e = new Ensemble(plan(60_000), () => time.ms);
    const films: [Place, Reel][] = [
      [{ from: 0, to: 60_000 }, new Reel(time, 60, { latency: 130, drift: 0.004 })],
      [{ from: 700, to: 60_000 }, new Reel(time, 59.3, { latency: 60, drift: -0.004 })],
      [{ from: 5000, to: 60_000 }, new Reel(time, 55, { latency: 70 })],
    ];
    for (const [i, [place, film]] of films.entries()) e.join(String(i), place, film);
    e.rate = rate;
    e.play();
    const begun = time.ms;
    expect(apart(time, e, films, 4000), `the start at ${rate}`).toBeLessThan(140);
    expect(apart(time, e, films, 15_000 / rate), `at ${rate}`).toBeLessThan(80);
    expect(Math.abs(e.at - (time.ms - begun) * rate)).toBeLessThan(600 * rate);
  }
});

test('a seek, forth and back, is where it was meant for everybody', () => {
  const time = new Time();
  const e = new Ensemble(plan(60_000), () => time.ms);
  const films: [Place, Reel][] = [[{ from: 0, to: 60_000 }, new Reel(time, 60, { seek: 250 })], [{ from: 10_000, to: 50_000 }, new Reel(time, 40)]];
  for (const [i, [place, film]] of films.entries()) e.join(String(i), place, film);
  e.seek(20_000);
  time.pass(300);
  e.tick();
  expect(films.map(([place, f]) => [f.paused, place.from + f.currentTime * 1000])).toEqual([[true, 20_000], [true, 20_000]]);
  e.play();
  apart(time, e, films, 1000);
  e.seek(40_000);
  expect(e.at).toBe(40_000);
  time.pass(600, () => e.tick());
  expect(apart(time, e, films, 3000)).toBeLessThan(80);
  e.seek(-5);
  expect(e.at).toBe(0);
  expect(films[1]![1].paused).toBe(true);
  e.pause();
  expect(e.playing).toBe(false);
  const stood = e.at;
  time.pass(500, () => e.tick());
  expect(e.at).toBe(stood);
});

test('films come and go by their places, pauses are passed over, and it ends at the end', () => {
  const time = new Time();
  const e = new Ensemble(plan(20_000, [{ from: 4000, to: 12_000 }]), () => time.ms);
  const first = new Reel(time, 4);
  const second = new Reel(time, 8);
  e.join('first', { from: 0, to: 4000 }, first);
  e.join('second', { from: 12_000, to: 20_000 }, second);
  e.play();
  time.pass(3000, () => e.tick());
  expect([first.paused, second.paused]).toEqual([false, true]);
  time.pass(1600, () => e.tick());
  expect(e.at).toBeGreaterThan(12_000);
  expect([first.paused, second.paused]).toEqual([true, false]);
  time.pass(9000, () => e.tick());
  expect([e.at, e.playing, second.paused]).toEqual([20_000, false, true]);
  e.play();
  time.pass(500, () => e.tick());
  expect(e.at).toBeLessThan(1000);
});

test('all wait for one that has nothing to play, but not for ever', () => {
  const time = new Time();
  let empty = false;
  const slow = new Reel(time, 60, { empty: () => empty });
  const other = new Reel(time, 60);
  const e = new Ensemble(plan(60_000), () => time.ms);
  e.join('slow', { from: 0, to: 60_000 }, slow);
  e.join('other', { from: 0, to: 60_000 }, other);
  e.play();
  time.pass(2000, () => e.tick());
  empty = true;
  time.pass(1500, () => e.tick());
  expect([e.waiting, other.paused]).toEqual([true, true]);
  const stood = e.at;
  time.pass(1000, () => e.tick());
  expect(e.at).toBe(stood);
  empty = false;
  time.pass(1000, () => e.tick());
  expect([e.waiting, other.paused, slow.paused]).toEqual([false, false, false]);
  empty = true;
  time.pass(9000, () => e.tick());
  expect(e.waiting).toBe(false);
  expect(other.paused).toBe(false);
  expect(e.at).toBeGreaterThan(stood + 3000);
  empty = false; // and takes its place again
  time.pass(1500, () => e.tick());
  expect(Math.abs(slow.currentTime * 1000 - e.at)).toBeLessThan(80);
});

test('a film shorter than told holds nobody up, one that leaves is silent, a refusal to play is borne', async () => {
  const time = new Time();
  const e = new Ensemble(plan(10_000), () => time.ms);
  const short = new Reel(time, 3);
  const leave = e.join('short', { from: 0, to: 10_000 }, short);
  const shy = new Reel(time, 10);
  shy.play = () => Promise.reject(new Error('not allowed'));
  e.join('shy', { from: 0, to: 10_000 }, shy);
  e.play();
  time.pass(5000, () => e.tick());
  await Promise.resolve();
  expect(e.at).toBeGreaterThan(4000);
  expect(e.waiting).toBe(false);
  leave();
  expect(short.paused).toBe(true);
});

test('without any film the clock goes on: gaps have their time', () => {
  const time = new Time();
  const e = new Ensemble(plan(3000), () => time.ms);
  e.play();
  time.pass(1000, () => e.tick());
  expect(e.at).toBeGreaterThan(800);
});

test('after a jump the clock stands until the films of that moment have come, but not for ever', () => {
  for (const rate of [1, 2]) {
    const time = new Time();
    const e = new Ensemble(plan(60_000, [{ from: 20_000, to: 30_000 }]), () => time.ms);
    const places: Record<string, Place> = { a: { from: 0, to: 20_000 }, b: { from: 30_000, to: 58_000 }, c: { from: 35_000, to: 58_000 } };
    e.due = (at) => Object.keys(places).filter((id) => places[id]!.from <= at && at < places[id]!.to);
    const come = (id: string, faults?: Faults) => {
      const film = new Reel(time, (places[id]!.to - places[id]!.from) / 1000, faults);
      e.join(id, places[id]!, film);
      return film;
    };
    e.rate = rate;
    come('a');
    e.play();
    time.pass(500, () => e.tick());
    e.seek(19_900); // and on over the pause
    time.pass(1000, () => e.tick());
    expect([e.at, e.waiting]).toEqual([30_000, true]);
    let empty = true;
    const b = come('b', { empty: () => empty });
    time.pass(500, () => e.tick());
    expect([e.at, b.paused]).toEqual([30_000, true]); // it has nothing to play yet
    empty = false;
    time.pass(20, () => e.tick());
    expect([e.at, b.paused, b.currentTime]).toEqual([30_000, false, 0]);
    time.pass(1000, () => e.tick());
    expect(e.waiting).toBe(false);
    expect(Math.abs(30_000 + b.currentTime * 1000 - e.at)).toBeLessThan(80);
    e.seek(40_000); // where one is here, and one never comes
    time.pass(4900, () => e.tick());
    expect([e.at, e.waiting, b.paused]).toEqual([40_000, true, true]);
    time.pass(1100, () => e.tick());
    expect([e.at > 40_500, e.waiting, b.paused]).toEqual([true, false, false]);
    e.seek(58_000); // where nobody was recorded
    time.pass(500, () => e.tick());
    expect(e.at).toBeCloseTo(58_000 + 500 * rate, -2);
  }
});
