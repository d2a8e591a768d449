// One person's way through one webinar: arrival, seat, inside, left. Components show it and never fetch.
import { api, Problem, type Schema } from '../lib/api';
import { Room } from '../lib/room.svelte';
import { keep, recall } from '../lib/storage';
import { MARK_FIRST_FRAME, MARK_JOIN } from '../lib/marks';
import { redeem, takeTicket } from './ticket';

export type Phase = 'loading' | 'failed' | 'missing' | 'arrival' | 'inside' | 'left' | 'ended';

const NAME = 'plenum.name';
/** How often an open arrival page asks for the webinar's and the recording's state. */
const REFRESH_MS = 10_000;

export class Session {
  readonly room: Room;
  phase = $state<Phase>('loading');
  arrival = $state.raw<Schema<'Arrival'> | undefined>();
  me = $state.raw<Schema<'Me'> | undefined>();
  name = $state(recall(NAME) ?? '');
  busy = $state(false);
  error = $state.raw<unknown>();
  /** The personal link was refused; one may still come as a guest. */
  ticketBad = $state(false);
  /** The seat was ended from outside. */
  seatGone = $state(false);
  /** This page was entered by a click, so the browser lets it play sound. */
  clicked = false;
  /** Seated after the end. */
  late = $state(false);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(webinar: string) {
    this.room = new Room(webinar);
  }

  /** What is known of the webinar: live events before the arrival's answer. */
  get webinar(): Schema<'Webinar'> | undefined {
    return this.room.webinar ?? this.arrival?.webinar;
  }

  get recording(): Schema<'Recording'> | undefined {
    return this.room.webinar ? this.room.recording : this.arrival?.recording;
  }

  /** Loads the arrival page, exchanges a personal ticket, and takes a seat that is there already (unless `auto` is off). */
  async load(auto = true): Promise<void> {
    this.phase = 'loading';
    const ticket = takeTicket();
    try {
      if (ticket && !(await redeem(this.room.id, ticket))) this.ticketBad = true;
      this.arrival = await this.#get();
    } catch (err) {
      this.error = err;
      this.phase = err instanceof Problem && (err.status === 404 || err.status === 410) ? 'missing' : 'failed';
      return;
    }
    this.me = this.arrival.me;
    if (this.me?.name) this.name = this.me.name;
    if (this.arrival.webinar.state === 'ended') this.phase = 'ended';
    else if ((this.me?.role === 'attendee' || this.me?.role === 'guest') && !ticket && auto) this.#enter();
    else this.#arrive();
  }

  /** The one click. */
  async join(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = undefined;
    this.clicked = true;
    performance.clearMarks(MARK_JOIN);
    performance.clearMarks(MARK_FIRST_FRAME);
    performance.mark(MARK_JOIN);
    try {
      const name = this.name.trim();
      this.me = await api('post', '/api/webinars/{webinar}/join', { params: { webinar: this.room.id }, body: name ? { name } : {} });
      keep(NAME, name || null);
      if (this.phase === 'ended') this.late = true; // nothing is left but a survey
      else this.#enter();
    } catch (err) {
      this.error = err;
    } finally {
      this.busy = false;
    }
  }

  /** Gives the seat up. */
  async leave(): Promise<void> {
    this.room.close();
    this.room.over();
    this.phase = 'left';
    await api('post', '/api/webinars/{webinar}/leave', { params: { webinar: this.room.id } }).catch(() => undefined); // the seat ends by itself later
  }

  /** The server ended this seat, or the webinar is gone. */
  async refused(): Promise<void> {
    this.room.close();
    this.seatGone = true;
    await this.load(false); // not again by itself: a stream that is refused twice would go on for ever
  }

  close(): void {
    clearInterval(this.#timer);
    this.room.close();
  }

  #enter(): void {
    clearInterval(this.#timer);
    this.seatGone = false;
    this.phase = 'inside';
    this.room.open();
  }

  #arrive(): void {
    this.phase = 'arrival';
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (document.visibilityState === 'visible') void this.#refresh();
    }, REFRESH_MS);
  }

  async #refresh(): Promise<void> {
    const fresh = await this.#get().catch(() => undefined);
    if (!fresh || this.phase !== 'arrival') return;
    this.arrival = fresh;
    if (fresh.webinar.state === 'ended') this.phase = 'ended';
  }

  #get(): Promise<Schema<'Arrival'>> {
    return api('get', '/api/webinars/{webinar}', { params: { webinar: this.room.id } });
  }
}
