import { describe, expect, it } from 'vitest';
import type { Poll } from '../src/lib/room.svelte';
import { sealed } from '../src/lib/sealed';
import { clock, left, seen } from '../src/lib/seen';

const poll = (more: Partial<Poll>): Poll => ({
  id: 'p', position: 1, kind: 'single', question: '?', options: [], rules: {}, state: 'open', secrecy: 'anonymous', changeable: false, voted: false, results: 'voted', first: 'p', round: 1, held: false, ...more,
});

describe('who sees a result', () => {
  it('is the rule of the server', () => {
    expect(seen(poll({}), false)).toBe(false);
    expect(seen(poll({}), true)).toBe(true);
    expect(seen(poll({ results: 'closed' }), true)).toBe(false);
    expect(seen(poll({ results: 'shown' }), false)).toBe(true);
    expect(seen(poll({ results: 'shown', series: 'x' }), true)).toBe(false);
    expect(seen(poll({ state: 'closed' }), true)).toBe(false);
    expect(seen(poll({ state: 'closed', published_at: '2026-11-27T12:00:00Z' }), false)).toBe(true);
    expect(seen(poll({ state: 'draft', results: 'shown' }), true)).toBe(false);
  });
});

describe('what nobody sees while it is open', () => {
  it('is the rule of the server', () => {
    const motion = { majority: 'simple', heads: false, abstain: true } as const;
    for (const [more, want] of [
      [{}, false], [{ motion }, true], [{ motion, secrecy: 'secret', results: 'shown' }, true], [{ motion, secrecy: 'named' }, false], [{ motion, state: 'closed' }, false],
      [{ secrecy: 'secret', results: 'closed' }, true], [{ secrecy: 'secret', results: 'shown' }, false], [{ secrecy: 'secret', results: 'shown', kind: 'quiz' }, true], [{ secrecy: 'secret', results: 'closed', kind: 'text' }, false],
    ] as [Partial<Poll>, boolean][]) expect(sealed(poll(more)), JSON.stringify(more)).toBe(want);
  });
});

describe('the countdown', () => {
  it('counts by the clock that it is given, and not below 0', () => {
    const closes_at = '2026-11-27T12:01:00Z';
    expect(left(poll({ closes_at }), Date.parse('2026-11-27T12:00:13Z'))).toBe(47_000);
    expect(left(poll({ closes_at }), Date.parse('2026-11-27T12:02:00Z'))).toBe(0);
    expect(left(poll({}), 0)).toBeUndefined();
    expect(left(poll({ closes_at, state: 'closed' }), 0)).toBeUndefined();
  });
  it('shows 0:00 at the end only', () => {
    expect([47_000, 46_001, 1, 0, 723_000, 3_900_000].map(clock)).toEqual(['0:47', '0:47', '0:01', '0:00', '12:03', '1:05:00']);
  });
});
