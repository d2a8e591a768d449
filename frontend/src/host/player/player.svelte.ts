// What the player's page shows and does: the state of one recording that is being watched.
import type { Attachment } from 'svelte/attachments';
import { keep, recall } from '../../lib/storage';
import type { Timeline } from '../calls';
import { Ensemble, type Place } from './ensemble';
import { people, plan, Reel, within } from './score';

type Part = Timeline['segments'][number];

/** What is looked at: everybody, one person by number, or the one film. */
export type View = 'all' | 'program' | number;

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

/** How often the films are looked after when the page is not painted, ms. */
const TICK_MS = 100;

export class Player {
  timeline: Timeline = $state.raw() as Timeline;
  at = $state(0);
  playing = $state(false);
  waiting = $state(false);
  rate = $state(1);
  volume = $state(1);
  muted = $state(false);
  view = $state<View>('all');
  /** The language of the captions that are shown; empty: none. */
  captions = $state('');
  people = $derived(people(this.timeline));
  /** What is played, from where to where. */
  bounds: Place = $derived(plan(this.timeline));
  #length = $derived(this.timeline.program.duration_ms ?? 0);
  /** Where the one film lies on its own clock: the same object for as long as its length is the same. */
  whole: Place = $derived({ from: 0, to: this.#length });
  #ensemble = $state.raw() as Ensemble;
  #reel = $state.raw<Reel | undefined>();
  /** Parts whose films do not play: nobody waits for them. */
  #lost: readonly string[] = [];
  #key: string;

  constructor(timeline: Timeline) {
    this.timeline = timeline;
    this.#key = `plenum.at.${timeline.recording}`;
    this.#gather(Number(recall(this.#key, 'session') ?? plan(timeline).from));
  }

  /** start keeps the films together until it is stopped. */
  start(): () => void {
    const timer = setInterval(() => {
      this.#ensemble.tick();
      this.#show();
      keep(this.#key, String(Math.round(this.at)), 'session');
    }, TICK_MS);
    const draw = (): void => {
      this.#ensemble.tick();
      this.#show();
      frame = requestAnimationFrame(draw);
    };
    let frame = requestAnimationFrame(draw);
    return () => {
      clearInterval(timer);
      cancelAnimationFrame(frame);
    };
  }

  /** film takes a <video> in; place is where it lies on the clock of what is looked at. */
  film(id: string, place: Place): Attachment<HTMLVideoElement> {
    return (el) => {
      $effect(() => {
        el.volume = this.volume;
        el.muted = this.muted;
      });
      const leave = this.#ensemble.join(id, place, el); // and anew when there is another ensemble
      this.#lost = this.#lost.filter((lost) => lost !== id);
      return () => {
        leave();
        if (el.error) this.#lost = [...this.#lost, id];
      };
    };
  }

  /** retell follows a change of the timeline: somebody withdrew, it was trimmed, the one film is there. */
  retell(timeline: Timeline): void {
    const played = (t: Timeline): string => JSON.stringify([t.trim, t.segments, this.view === 'program' && t.program]);
    const before = this.timeline;
    const changes = played(timeline) !== played(before);
    if (typeof this.view === 'number') { // numbers move up when somebody goes
      const parts = before.segments.filter((s) => s.speaker === this.view).map((s) => s.id);
      this.view = timeline.segments.find((s) => parts.includes(s.id))?.speaker ?? 'all';
    }
    this.timeline = { ...timeline, segments: timeline.segments.map((s) => same(before.segments.find((b) => b.id === s.id), s)) };
    if (!changes) return;
    if (this.view === 'program' && timeline.program.state !== 'ready') this.view = 'all';
    this.#gather(this.at);
  }

  look(view: View): void {
    const film = view === 'program';
    const changes = film !== (this.view === 'program');
    this.view = view;
    if (changes) this.#gather(this.at);
  }

  toggle(): void {
    if (this.#ensemble.playing) this.#ensemble.pause();
    else this.#ensemble.play();
    this.#show();
  }

  seek(ms: number): void {
    this.#ensemble.seek(this.#reel ? this.#reel.film(ms) : ms);
    this.#show();
  }

  /** skip goes so far back or on in what is played: what nobody recorded does not count. */
  skip(ms: number): void {
    const reel = this.#reel ?? new Reel(this.timeline);
    this.seek(reel.session(reel.film(this.at) + ms));
  }

  speed(rate: number): void {
    this.#ensemble.rate = this.rate = rate;
  }

  /** step goes to the next slower (-1) or faster (1) speed. */
  step(by: 1 | -1): void {
    const i = RATES.findIndex((r) => r === this.rate);
    this.speed(RATES[Math.max(0, Math.min(i + by, RATES.length - 1))] ?? 1);
  }

  loud(volume: number): void {
    this.volume = Math.max(0, Math.min(1, volume));
    this.muted = this.volume === 0;
  }

  /** #gather makes a new ensemble for what is looked at; it goes on where and how the last one was. */
  #gather(at: number): void {
    const before = this.#ensemble as Ensemble | undefined;
    const on = before?.playing ?? false;
    before?.pause();
    this.#reel = this.view === 'program' ? new Reel(this.timeline) : undefined;
    this.#ensemble = new Ensemble(this.#reel ? { from: this.#reel.film(this.bounds.from), to: this.whole.to, skips: [] } : plan(this.timeline));
    this.#ensemble.due = (at) => this.#due(at);
    this.#ensemble.rate = this.rate;
    this.seek(Number.isFinite(at) ? at : 0);
    if (on) this.#ensemble.play();
    this.#show();
  }

  /** #due: the films of that moment, which the page is about to load if it has not. */
  #due(at: number): string[] {
    if (this.#reel) return ['program'];
    return this.timeline.segments.filter((s) => within(s, at) && !this.#lost.includes(s.id)).map((s) => s.id);
  }

  #show(): void {
    const e = this.#ensemble;
    this.at = this.#reel ? this.#reel.session(e.at) : e.at;
    this.playing = e.playing;
    this.waiting = e.waiting;
  }
}

/** same keeps a part that is as it was the same object: another one would take its film out and in, which is heard. */
function same(before: Part | undefined, now: Part): Part {
  return before && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}
