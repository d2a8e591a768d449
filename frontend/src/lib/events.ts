// The event stream of one webinar: an EventSource with a typed map of events, which comes back by itself.
import type { Schema } from './api';

/** Name of each event → its data. A test holds this list against `x-events` of the contract. */
interface EventMap {
  snapshot: Schema<'Snapshot'>;
  webinar: Schema<'Webinar'>;
  presence: Schema<'Presence'>;
  stage: Schema<'Stage'>;
  slots: Schema<'Slots'>;
  layers: Schema<'Layers'>;
  poll: Schema<'Poll'>;
  poll_deleted: Schema<'PollDeleted'>;
  poll_order: Schema<'PollOrder'>;
  tally: Schema<'Tally'>;
  clock: Schema<'Clock'>;
  question: Schema<'Question'>;
  question_gone: Schema<'QuestionGone'>;
  question_votes: Schema<'QuestionVotes'>;
  question_rules: Schema<'QuestionRules'>;
  recording: Schema<'Recording'>;
  consent: Schema<'ConsentCounts'>;
  my_consent: Schema<'MyConsent'>;
  speaking: Schema<'Speaking'>;
  health: Schema<'Health'>;
  attendance: Schema<'Attendance'>;
  roll: Schema<'RollChanged'>;
  paper: Schema<'PaperCounted'>;
  alive: Schema<'Alive'>;
  me: Schema<'Me'>;
  invitation: Schema<'Invitation'>;
}

export type EventName = keyof EventMap;
export type RoomEvent = { [N in EventName]: { name: N; data: EventMap[N] } }[EventName];
export type Connection = 'connecting' | 'open' | 'lost';

export const EVENT_NAMES = [
  'snapshot', 'webinar', 'presence', 'stage', 'slots', 'layers', 'poll', 'poll_deleted', 'poll_order', 'tally', 'clock', 'recording', 'consent', 'speaking', 'health',
  'question', 'question_gone', 'question_votes', 'question_rules', 'me', 'invitation', 'attendance', 'roll', 'paper', 'alive', 'my_consent',
] as const satisfies readonly EventName[];

export interface StreamHandlers {
  onevent: (event: RoomEvent) => void;
  onconnection: (state: Connection) => void;
  /** The id of each event that has one: `<log>-<number>`; a server that was started again begins a new log. */
  onid?: (id: string) => void;
  /** The server refused the stream for good (401, 403, 404, 410): the seat or the webinar is gone. */
  onrefused?: (status: number) => void;
}

/** Milliseconds before the n-th attempt (from 0): doubles from 0.5 s to 15 s, spread so that 1,000 clients do not come at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const top = Math.min(15_000, 500 * 2 ** attempt);
  return top / 2 + (random() * top) / 2;
}

/** A line may die without a word. The server says something every 25 s; after so much silence, ms, a stream is opened anew. */
const SILENCE_MS = 60_000;
/** For that the browser takes its other idle connections first, of which it keeps six, and all may be dead. So many tries are short, ms. */
const TRIES = 6;
const TRY_MS = 5_000;

/** A stream that is kept open. */
export interface Events {
  /** Another stream, which begins with a snapshot, takes the place of the one there is. */
  renew(): void;
  close(): void;
}

/** Opens the stream and keeps it open. */
export function openEvents(webinar: string, h: StreamHandlers): Events {
  const url = `/api/webinars/${encodeURIComponent(webinar)}/events`;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let watch: typeof timer;
  let attempt = 0;
  let tries = 0;
  let closed = false;

  // Streams that work are let go of only when the next one is there: a host who is gone for a moment pauses a recording.
  let earlier: EventSource[] = [];
  const drop = (): void => {
    for (const one of earlier) one.close();
    earlier = [];
  };

  const heard = (patience = SILENCE_MS): void => {
    clearTimeout(watch);
    watch = setTimeout(() => {
      drop();
      h.onconnection('lost');
      open();
      heard(tries++ < TRIES ? TRY_MS : SILENCE_MS);
    }, patience);
  };

  const open = (): void => {
    clearTimeout(timer);
    heard();
    if (source) earlier.push(source);
    const next = new EventSource(url);
    source = next;
    next.onopen = () => {
      if (source !== next) return;
      drop();
      heard(); // a short try has succeeded, and its first event may be long
      attempt = tries = 0;
      h.onconnection('open');
    };
    next.onerror = () => {
      if (closed || source !== next) return;
      drop();
      h.onconnection('lost');
      // While CONNECTING the browser resumes by itself, with Last-Event-ID. CLOSED means an answer that was not 200.
      if (next.readyState === EventSource.CLOSED) void retry();
    };
    for (const name of EVENT_NAMES) {
      next.addEventListener(name, (e: MessageEvent<string>) => {
        if (source === next) heard();
        if (e.lastEventId) h.onid?.(e.lastEventId);
        h.onevent({ name, data: JSON.parse(e.data) as unknown } as RoomEvent);
      });
    }
  };

  const retry = async (): Promise<void> => {
    const status = await probe(url);
    if (closed) return;
    if (status === 401 || status === 403 || status === 404 || status === 410) {
      h.onrefused?.(status);
      return;
    }
    timer = setTimeout(open, backoff(attempt++));
  };

  const online = (): void => {
    attempt = 0;
    open();
  };
  const offline = (): void => h.onconnection('lost');
  addEventListener('online', online);
  addEventListener('offline', offline);
  h.onconnection('connecting');
  open();

  return {
    renew: open,
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(watch);
      drop();
      source?.close();
      removeEventListener('online', online);
      removeEventListener('offline', offline);
    },
  };
}

// An EventSource does not tell the status of a refusal, so ask once with fetch and hang up.
async function probe(url: string): Promise<number> {
  const hangUp = new AbortController();
  try {
    const res = await fetch(url, { headers: { Accept: 'text/event-stream' }, signal: hangUp.signal });
    return res.status;
  } catch {
    return 0;
  } finally {
    hangUp.abort();
  }
}
