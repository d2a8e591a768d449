// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Schema } from '../src/lib/api';
import { backoff } from '../src/lib/events';
import { type Poll, Room, type Webinar } from '../src/lib/room.svelte';

const poll = (id: string, o: Partial<Poll> = {}): Poll => ({
  id, position: 1, kind: 'single', rules: { least: 1, most: 1 }, question: `${id}?`, options: [{ id: 'a', text: 'A' }, { id: 'b', text: 'B' }], state: 'open', secrecy: 'anonymous', changeable: false, voted: false, results: 'voted', first: id, round: 1, held: false, ...o,
});

const webinar: Schema<'Webinar'> = {
  id: 'w', title: 'T', state: 'live', starts_at: '2026-01-01T10:00:00Z', lang: 'de', host_name: 'H', expires_at: '2026-02-01T10:00:00Z', code: 'K7M2PQ4R', link: 'https://x.test/w/w', recording_plan: { intent: 'none' },
};

const snapshot = (o: Partial<Schema<'Snapshot'>> = {}): Schema<'Snapshot'> => ({
  webinar, me: { id: 'p', role: 'attendee', name: '', invited: false }, presence: { watching: 3 }, stage: { people: [] }, speaking: { people: [] }, slots: { slots: [] },
  polls: [poll('q2', { position: 2 }), poll('q1', { voted: true })],
  questions: { rules: { open: true, moderated: true, anonymous: true }, questions: [] }, server_time: '2026-01-01T10:00:05Z', ...o,
});

const recording: Schema<'Recording'> = { id: 'r', state: 'recording', strict: true, announcement: 1, announced_at: 't', start_allowed_at: 't' };

function room(): Room {
  const r = new Room('w');
  r.apply({ name: 'snapshot', data: snapshot() });
  return r;
}

describe('Room', () => {
  beforeEach(() => vi.useFakeTimers({ now: new Date('2026-01-01T10:00:00Z') }));
  afterEach(() => vi.useRealTimers());

  it('takes a snapshot, sorts polls and learns the clock', () => {
    const r = room();
    expect(r.polls.map((p) => p.id)).toEqual(['q1', 'q2']);
    expect(r.watching).toBe(3);
    expect(r.clockOffset).toBe(5000);
    expect(r.now()).toBe(Date.parse('2026-01-01T10:00:05Z'));
  });

  it('keeps that this seat voted when an event says false', () => {
    const r = room();
    r.apply({ name: 'poll', data: poll('q1', { state: 'closed', voted: false }) });
    expect(r.polls[0]).toMatchObject({ id: 'q1', state: 'closed', voted: true });
  });

  it('keeps a tally that an event does not carry, and replaces it by one that does', () => {
    const r = room();
    r.apply({ name: 'tally', data: { poll: 'q1', votes: [1, 2], total: 3 } });
    r.apply({ name: 'poll', data: poll('q1') });
    expect(r.polls[0]?.tally?.total).toBe(3);
    r.apply({ name: 'poll', data: poll('q1', { tally: { poll: 'q1', votes: [4, 4], total: 8 } }) });
    expect(r.polls[0]?.tally?.total).toBe(8);
  });

  it('does no harm when an event comes twice', () => {
    const r = room();
    for (let i = 0; i < 2; i++) r.apply({ name: 'poll', data: poll('q3', { position: 3 }) });
    expect(r.polls.map((p) => p.id)).toEqual(['q1', 'q2', 'q3']);
    for (let i = 0; i < 2; i++) r.apply({ name: 'poll_deleted', data: { id: 'q3' } });
    expect(r.polls.map((p) => p.id)).toEqual(['q1', 'q2']);
  });

  it('ignores a tally of a poll that it does not know', () => {
    const r = room();
    r.apply({ name: 'tally', data: { poll: 'zz', votes: [9], total: 9 } });
    expect(r.polls.some((p) => p.tally)).toBe(false);
  });

  it('keeps the code of the host when an event to all leaves it out', () => {
    const r = room();
    const toAll: Webinar = { ...webinar, state: 'ended' };
    delete toAll.code;
    delete toAll.link;
    r.apply({ name: 'webinar', data: toAll });
    expect(r.webinar).toMatchObject({ state: 'ended', code: 'K7M2PQ4R' });
  });

  it('forgets a recording that a new snapshot does not have', () => {
    const r = room();
    r.apply({ name: 'recording', data: recording });
    expect(r.recording?.state).toBe('recording');
    r.apply({ name: 'snapshot', data: snapshot() });
    expect(r.recording).toBeUndefined();
  });

  it('hears who speaks and how the audience is reached, and forgets both with a new snapshot', () => {
    const r = room();
    r.apply({ name: 'speaking', data: { people: ['p', 'q'] } });
    r.apply({ name: 'health', data: { connected: 3, poor: 1, sound: 3, sound_ok: 2 } });
    expect(r.speaking).toEqual(['p', 'q']);
    expect(r.health?.poor).toBe(1);
    r.apply({ name: 'snapshot', data: snapshot() });
    expect(r.speaking).toEqual([]);
    expect(r.health).toBeUndefined();
  });

  it('marks a vote of another tab', () => {
    const r = room();
    r.markVoted('q2');
    expect(r.polls.find((p) => p.id === 'q2')?.voted).toBe(true);
  });
});

describe('ties to the server', () => {
  let source: EventSource & { hear: (id: string) => void };
  let shut: EventSource[];
  let told: string[];

  class Source extends EventTarget {
    readyState = 1;
    onopen = () => undefined;
    onerror = () => undefined;
    close = () => void shut.push(this as unknown as EventSource);
    constructor() {
      super();
      source = this as unknown as typeof source;
    }
    hear(id: string): void {
      this.dispatchEvent(new MessageEvent('presence', { data: '{"watching":1}', lastEventId: id }));
    }
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', Source);
    told = [];
    shut = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function tied(): Room {
    const r = new Room('w');
    r.tie({ serverLost: () => told.push('lost'), serverBack: (restarted) => told.push(restarted ? 'restarted' : 'back'), over: () => told.push('over') });
    r.open();
    source.onopen?.(new Event('open'));
    source.hear('one-1');
    told = [];
    return r;
  }

  it('hold while another network comes up: nobody is gone before the next stream is there', () => {
    const r = tied();
    const first = source;
    dispatchEvent(new Event('online'));
    const second = source;
    dispatchEvent(new Event('online'));
    const third = source;
    expect(new Set([first, second, third]).size).toBe(3);
    expect(shut).toEqual([]);
    first.onerror?.(new Event('error'));
    expect(told).toEqual([]);
    third.onopen?.(new Event('open'));
    expect(shut).toEqual([first, second]);
    r.close();
    expect(shut).toEqual([first, second, third]);
  });

  it('hold while everything is asked for anew: a host who looks at the stage again does not leave it', () => {
    const r = tied();
    const first = source;
    r.renew();
    expect([source === first, shut]).toEqual([false, []]);
    expect(r.connection).toBe('open');
    source.onopen?.(new Event('open'));
    expect(shut).toEqual([first]);
    r.close();
  });

  it('are tried anew when a line has died without a word, and not while the server says that it is there', () => {
    const r = tied();
    const first = source;
    for (let i = 0; i < 8; i++) {
      vi.advanceTimersByTime(25_000);
      first.dispatchEvent(new MessageEvent('alive', { data: '{}' }));
    }
    expect([told, source]).toEqual([[], first]);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual(['lost']);
    const second = source;
    expect(second).not.toBe(first);
    const tried = [first, second];
    for (let i = 0; i < 6; i++) {
      vi.advanceTimersByTime(5_000); // nor does that one come up, for it took another dead connection
      tried.push(source);
    }
    expect(new Set(tried).size).toBe(8);
    expect(shut).toEqual(tried.slice(0, 6));
    vi.advanceTimersByTime(59_000); // the server may be at its limit
    expect(source).toBe(tried.at(-1));
    source.onopen?.(new Event('open'));
    expect(shut).toEqual(tried.slice(0, 7));
    source.hear('one-2');
    expect([told.length, told.at(-1)]).toEqual([8, 'back']);
    vi.advanceTimersByTime(59_000);
    expect(told).toHaveLength(8);
    r.close();
    vi.advanceTimersByTime(600_000);
    expect(shut).toEqual(tried);
  });

  it('tell a server that was started again by its new log, once', () => {
    const r = tied();
    source.onerror?.(new Event('error'));
    source.onopen?.(new Event('open'));
    source.hear('two-1');
    source.hear('two-2');
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['lost', 'restarted']);
    r.close();
  });

  it('take a stream that is back and silent for resumed', () => {
    const r = tied();
    source.onerror?.(new Event('error'));
    source.onopen?.(new Event('open'));
    expect(told).toEqual(['lost']);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(['lost', 'back']);
    r.close();
  });

  it('know a restart although the stream was opened anew meanwhile', () => {
    const r = tied();
    r.close();
    r.open();
    source.onopen?.(new Event('open'));
    source.hear('two-7');
    expect(told).toEqual(['restarted']);
    r.close();
  });

  it('hear of the end', () => {
    const r = tied();
    r.apply({ name: 'webinar', data: { ...webinar, state: 'ended' } });
    expect(told).toEqual(['over']);
    r.close();
  });
});

describe('backoff', () => {
  it('grows, is spread over its upper half, and ends at 15 s', () => {
    expect(backoff(0, () => 0)).toBe(250);
    expect(backoff(0, () => 1)).toBe(500);
    expect(backoff(3, () => 0)).toBe(2000);
    expect(backoff(20, () => 1)).toBe(15_000);
  });
});
