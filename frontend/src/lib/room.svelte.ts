// What this client knows about one webinar: the snapshot, and every event laid over it.
import type { Schema } from './api';
import { type Connection, type Events, openEvents, type RoomEvent } from './events';
import { seen } from './seen';

export type Webinar = Schema<'Webinar'>;
export type Poll = Schema<'Poll'>;
export type Tally = Schema<'Tally'>;
export type Recording = Schema<'Recording'>;
export type Person = Schema<'Person'>;
export type Slot = Schema<'Slot'>;
export type Me = Schema<'Me'>;

/** Something that lives on the same server as the stream of events and cannot see so soon that it has gone. */
export interface Tie {
  /** The stream broke: what was there before it may be gone. */
  serverLost(): void;
  /** The stream is back. `restarted`: the server has begun anew and knows no connection of before. */
  serverBack(restarted: boolean): void;
  /** The server itself ends every connection of this seat; there is nothing to tell it. */
  over(): void;
}

/** How long a stream that is back may stay silent before it counts as resumed, ms. A new one begins with a snapshot. */
const RESUMED_MS = 250;

export class Room {
  readonly id: string;
  connection = $state<Connection>('connecting');
  /** HTTP status with which the server refused the stream for good, such as 401 after the ticket was revoked. */
  refused = $state(0);
  webinar = $state.raw<Webinar | undefined>();
  me = $state.raw<Me | undefined>();
  watching = $state(0);
  people = $state.raw<Person[]>([]);
  /** Ids of those who are heard talking. */
  speaking = $state.raw<readonly string[]>([]);
  slots = $state.raw<Slot[]>([]);
  /** Of one's own pictures: the simulcast layers that somebody watches. */
  layers = $state.raw<Schema<'Layers'>[]>([]);
  /** By position in the run-sheet. */
  polls = $state.raw<Poll[]>([]);
  recording = $state.raw<Recording | undefined>();
  /** Hosts only: how the audience is reached. */
  health = $state.raw<Schema<'Health'> | undefined>();
  /** Hosts only: what last became of an invitation to the stage. */
  invitation = $state.raw<Schema<'Invitation'> | undefined>();
  /** Where members meet: who is here. */
  attendance = $state.raw<Schema<'Attendance'> | undefined>();
  /** Hosts only. */
  consent = $state.raw<Schema<'ConsentCounts'> | undefined>();
  /** People who are on stage, invited there, or have answered; snapshot, event, or `setMyConsent` after an own answer. */
  myConsent = $state.raw<Schema<'MyConsent'> | undefined>();
  /** Milliseconds to add to Date.now() for the server's clock. */
  clockOffset = $state(0);
  #events: Events | undefined;
  #ties: readonly Tie[] = [];
  #followers: readonly ((e: RoomEvent) => void)[] = [];
  /** The server's event log; another one after each of its starts. */
  #log = '';
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string) {
    this.id = id;
  }

  /** Opens the event stream; again: no change. */
  open(): void {
    this.refused = 0;
    this.#events ??= openEvents(this.id, {
      onevent: (e) => this.apply(e),
      onconnection: (state) => this.#connected(state),
      onid: (id) => this.#heard(id.split('-')[0] ?? ''),
      onrefused: (status) => {
        this.refused = status;
        this.close();
      },
    });
  }

  /** Asks for everything anew; nobody is gone meanwhile. */
  renew(): void {
    if (this.#events) this.#events.renew();
    else this.open();
  }

  close(): void {
    this.#hush();
    this.#events?.close();
    this.#events = undefined;
  }

  /** Tells `tie` when the server goes and comes. The answer ends that. */
  tie(tie: Tie): () => void {
    this.#ties = [...this.#ties, tie];
    return () => {
      this.#ties = this.#ties.filter((t) => t !== tie);
    };
  }

  /** Hands every event to `f` as well, after it was laid over the state. The answer ends that. */
  follow(f: (e: RoomEvent) => void): () => void {
    this.#followers = [...this.#followers, f];
    return () => {
      this.#followers = this.#followers.filter((x) => x !== f);
    };
  }

  /** The seat was given up, or the webinar has ended. */
  over(): void {
    for (const tie of this.#ties) tie.over();
  }

  /** Now, by the server's clock, in Unix milliseconds. */
  now(): number {
    return Date.now() + this.clockOffset;
  }

  /** Lays one event over the state. Each replaces the part that it names, so applying one twice does no harm. */
  apply(e: RoomEvent): void {
    switch (e.name) {
      case 'snapshot':
        this.#snapshot(e.data);
        break;
      case 'webinar':
        // code and link are for hosts only and may be missing in what is sent to everybody
        this.webinar = { ...this.webinar, ...e.data };
        if (e.data.state === 'ended') this.over();
        break;
      case 'presence':
        this.watching = e.data.watching;
        break;
      case 'stage':
        this.people = e.data.people;
        break;
      case 'slots':
        this.slots = e.data.slots;
        break;
      case 'layers':
        this.layers = [...this.layers.filter((l) => l.kind !== e.data.kind), e.data];
        break;
      case 'poll':
        this.setPoll(e.data);
        break;
      case 'poll_deleted':
        this.polls = this.polls.filter((p) => p.id !== e.data.id);
        break;
      case 'poll_order':
        this.#order(e.data.polls);
        break;
      case 'tally':
        this.#tally(e.data);
        break;
      case 'clock':
        this.clockOffset = Date.parse(e.data.server_time) - Date.now();
        break;
      case 'recording':
        this.recording = e.data;
        break;
      case 'consent':
        this.consent = e.data;
        break;
      case 'my_consent':
        this.myConsent = e.data;
        break;
      case 'speaking':
        this.speaking = e.data.people;
        break;
      case 'health':
        this.health = e.data;
        break;
      case 'me':
        this.me = e.data;
        break;
      case 'attendance':
        this.attendance = e.data;
        break;
      case 'invitation':
        this.invitation = e.data;
        break;
    }
    for (const f of this.#followers) f(e);
  }

  /** Takes a poll from an event or an answer. `voted` of an event is always false: what this seat did is kept. */
  setPoll(poll: Poll): void {
    const old = this.polls.find((p) => p.id === poll.id);
    const merged: Poll = { ...poll, voted: poll.voted || (old?.voted ?? false) };
    // A result that is hidden now, or that an opening which was undone has left behind, is taken off the screen.
    const tally = poll.tally ?? (this.#hosts || seen(merged, true) ? old?.tally : undefined);
    if (tally && merged.state !== 'draft') merged.tally = tally;
    this.polls = [...this.polls.filter((p) => p.id !== poll.id), merged].sort((a, b) => a.position - b.position);
  }

  /** This seat has voted: here, or in another tab. */
  markVoted(poll: string): void {
    this.polls = this.polls.map((p) => (p.id === poll ? { ...p, voted: true } : p));
  }

  setMyConsent(consent: Schema<'MyConsent'>): void {
    this.myConsent = consent;
  }

  person(id: string): Person | undefined {
    return this.people.find((p) => p.id === id);
  }

  #connected(state: Connection): void {
    this.connection = state;
    this.#hush();
    if (state === 'lost') for (const tie of this.#ties) tie.serverLost();
    if (state === 'open') this.#silence = setTimeout(() => this.#heard(this.#log), RESUMED_MS);
  }

  #hush(): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #heard(log: string): void {
    if (this.#silence === undefined && log === this.#log) return;
    this.#hush();
    const restarted = this.#log !== '' && log !== this.#log;
    this.#log = log;
    for (const tie of this.#ties) tie.serverBack(restarted);
  }

  get #hosts(): boolean {
    return this.me?.role === 'host';
  }

  #order(ids: readonly string[]): void {
    this.polls = this.polls
      .map((p) => ({ ...p, position: ids.includes(p.id) ? ids.indexOf(p.id) + 1 : p.position }))
      .sort((a, b) => a.position - b.position);
  }

  #tally(tally: Tally): void {
    this.polls = this.polls.map((p) => (p.id === tally.poll ? { ...p, tally } : p));
  }

  #snapshot(s: Schema<'Snapshot'>): void {
    this.webinar = s.webinar;
    this.me = s.me;
    this.watching = s.presence.watching;
    this.people = s.stage.people;
    this.speaking = s.speaking.people;
    this.slots = s.slots.slots;
    this.health = s.health;
    this.layers = s.layers ?? [];
    this.polls = [...s.polls].sort((a, b) => a.position - b.position);
    this.attendance = s.attendance;
    this.recording = s.recording;
    this.consent = s.consent;
    this.myConsent = s.my_consent;
    this.clockOffset = Date.parse(s.server_time) - Date.now();
    if (s.webinar.state === 'ended') this.over();
  }
}
