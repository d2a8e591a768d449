// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from 'vitest';
import { normalizeCode, prettyCode } from '../src/attendee/code';
import { pictures, unseen } from '../src/attendee/layout';
import type { Schema } from '../src/lib/api';
import { had, indicated, isActive, mark } from '../src/lib/recording/announce';
import type { Person, Slot } from '../src/lib/room.svelte';
import { newestFirst, rows } from '../src/lib/tally';
import { grouped, hostOf, qrImage } from '../src/present/qr';

describe('codes', () => {
  it.each([['k7m2-pq4r', 'K7M2PQ4R'], [' K7M2 PQ4R ', 'K7M2PQ4R'], ['oil2pq4r', '0112PQ4R']])('%s is %s', (text, code) => {
    expect(normalizeCode(text)).toBe(code);
  });
  it('are shown in groups', () => {
    expect(prettyCode('k7m2pq4r')).toBe('K7M2 PQ4R');
    expect(grouped('K7M2PQ4R')).toBe('K7M2 PQ4R');
  });
});

describe('layout', () => {
  const person = (id: string, muted: Record<string, boolean>): Person => ({
    id, name: id.toUpperCase(), role: 'speaker', sources: Object.entries(muted).map(([kind, m]) => ({ kind: kind as 'mic', muted: m })),
  });
  const slot = (n: number, who: string, kind: Slot['kind'], media: Slot['media'] = 'video'): Slot => ({ media, slot: n, person: who, kind });
  const people = [person('a', { mic: false, camera: false, screen: false }), person('b', { mic: true, camera: true }), person('c', { mic: true })];

  it('puts the screen first and leaves muted cameras and sound out', () => {
    const shown = pictures([slot(0, 'a', 'camera'), slot(0, 'a', 'mic', 'audio'), slot(2, 'b', 'camera'), slot(1, 'a', 'screen')], people);
    expect(shown.map((s) => [s.slot, s.person, s.screen, s.micMuted])).toEqual([[1, 'a', true, false], [0, 'a', false, false]]);
  });
  it('names those who have no picture', () => {
    const shown = pictures([slot(1, 'a', 'screen')], people);
    expect(unseen(people, shown).map((p) => p.id)).toEqual(['a', 'b', 'c']);
  });
});

describe('results', () => {
  const poll = (votes: number[] | undefined): Schema<'Poll'> => ({
    id: 'q', position: 1, kind: 'single', rules: { least: 1, most: 1 }, question: '?', options: [{ id: 'a', text: 'A' }, { id: 'b', text: 'B' }], state: 'open', secrecy: 'anonymous', changeable: false, voted: true, results: 'voted', first: 'q', round: 1, held: false,
    ...(votes ? { tally: { poll: 'q', votes, total: votes.reduce((x, y) => x + y, 0) } } : {}),
  });
  it('share out the votes and mark the first, all of them on a tie, none without votes', () => {
    expect(rows(poll([1, 3])).map((r) => [r.share, r.first])).toEqual([[0.25, false], [0.75, true]]);
    expect(rows(poll([2, 2])).map((r) => r.first)).toEqual([true, true]);
    expect(rows(poll([0, 0])).map((r) => [r.share, r.first])).toEqual([[0, false], [0, false]]);
    expect(rows(poll(undefined)).map((r) => r.votes)).toEqual([0, 0]);
  });
  it('come newest first, without drafts', () => {
    const p = (id: string, state: 'draft' | 'open' | 'closed', opened_at?: string) => ({ ...poll([0, 0]), id, state, ...(opened_at ? { opened_at } : {}) });
    const list = [p('1', 'closed', '2026-01-01T10:00:00Z'), p('2', 'draft'), p('3', 'open', '2026-01-01T11:00:00Z')];
    expect(newestFirst(list).map((x) => x.id)).toEqual(['3', '1']);
  });
});

describe('announcements', () => {
  const rec = (state: Schema<'RecordingState'>, announcement = 1): Schema<'Recording'> => ({ id: 'r', state, strict: true, announcement, announced_at: 't', start_allowed_at: 't' });
  beforeEach(() => sessionStorage.clear());

  it('show every state of a recording as one of five', () => {
    expect((['announced', 'aborted', 'recording', 'paused', 'stopped', 'available'] as const).map((s) => indicated(rec(s)))).toEqual(['announced', 'none', 'recording', 'paused', 'stopped', 'stopped']);
    expect(indicated(undefined)).toBe('none');
    expect([rec('announced'), rec('recording'), rec('paused'), rec('stopped'), undefined].map(isActive)).toEqual([true, true, true, false, false]);
  });
  it('count once by number, and again with the next number', () => {
    expect(had(rec('announced'), 'spoken')).toBe(false);
    mark(rec('announced'), 'spoken');
    expect(had(rec('recording'), 'spoken')).toBe(true);
    expect(had(rec('recording'), 'shown')).toBe(false);
    expect(had(rec('recording', 2), 'spoken')).toBe(false);
    expect(had({ ...rec('announced'), id: 'other' }, 'spoken')).toBe(false);
  });
});

describe('projector', () => {
  it('makes the QR code an image that the policy allows', () => {
    const src = qrImage('https://plenum.example.org/w/x?a="<b>');
    expect(src).toMatch(/^data:image\/svg\+xml,/);
    expect(decodeURIComponent(src)).not.toContain('<b>');
  });
  it('shows the host that people type', () => {
    expect(hostOf('https://plenum.example.org/w/x')).toBe('plenum.example.org');
    expect(hostOf('http://127.0.0.1:8080/w/x')).toBe('127.0.0.1:8080');
  });
});
