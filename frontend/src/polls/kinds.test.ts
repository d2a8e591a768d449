import { expect, test } from 'vitest';
import type { Poll } from '../lib/room.svelte';
import { rulesOf } from './guess/rules';
import { spread } from './guess/spread';
import { given, shares } from './points/shares';
import { moved, ranked, shuffled } from './ranking/order';

const poll = (o: Partial<Poll>): Poll => ({
  id: 'q', position: 1, kind: 'ranking', rules: {}, question: '?', options: ['a', 'b', 'c'].map((id) => ({ id, text: id.toUpperCase() })), state: 'open', secrecy: 'anonymous', voted: true, changeable: false, results: 'voted', first: 'q', round: 1, held: false, ...o,
});

test('an option moves to a place, and past the ends no further', () => {
  expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  expect(moved(['a', 'b', 'c'], 0, 9)).toEqual(['b', 'c', 'a']);
  expect(moved(['a', 'b', 'c'], 7, 0)).toEqual(['a', 'b', 'c']);
});

test('shuffling loses nothing', () => {
  const list = [1, 2, 3, 4, 5];
  expect(shuffled(list, () => 0)).not.toEqual(list);
  for (let i = 0; i < 20; i++) expect(shuffled(list).sort()).toEqual(list);
});

test('ranked options stand by their points, ties by first choices', () => {
  const rows = ranked(poll({ tally: { poll: 'q', votes: [1, 2, 0], points: [3, 3, 0], total: 3 } }));
  expect(rows.map((r) => [r.id, r.points, r.firsts, r.first, r.share])).toEqual([['b', 3, 2, true, 0.5], ['a', 3, 1, true, 0.5], ['c', 0, 0, false, 0]]);
});

test('points: no field takes more than is left, and nonsense is nothing', () => {
  expect([given(50, 20, 10), given(-3, 0, 5), given(Number.NaN, 4, 5), given(2.6, 0, 5)]).toEqual([30, 0, 0, 3]);
  expect(shares(poll({ kind: 'points', tally: { poll: 'q', votes: [], points: [30, 10, 0], total: 1 } })).map((s) => [s.share, s.first])).toEqual([[0.75, true], [0.25, false], [0, false]]);
});

test('the rules of a guess, or the field that is wrong', () => {
  expect(rulesOf(' km ', { min: 0, max: null, correct: 5, tolerance: undefined })).toEqual({ unit: 'km', min: 0, truth: 5 });
  expect(rulesOf('', { min: 3, max: 3, correct: null, tolerance: null })).toBe('max');
  expect(rulesOf('', { min: 3, max: 5, correct: 6, tolerance: null })).toBe('correct');
  expect(rulesOf('', { min: null, max: null, correct: null, tolerance: 2 })).toBe('tolerance');
});

test('the right bin and the own one are marked', () => {
  const tally = { poll: 'q', votes: [], total: 6, median: 12, mean: 12, right: 2, bins: [{ from: 0, to: 10, n: 2 }, { from: 10, to: 20, n: 4 }] };
  const { columns, facts } = spread(poll({ kind: 'guess', options: [], rules: { truth: 10, tolerance: 1 }, tally }), { number: 20 });
  expect(columns.map((c) => [c.n, c.tone, c.mine])).toEqual([[2, undefined, false], [4, 'right', true]]);
  expect(facts).toHaveLength(4);
});
