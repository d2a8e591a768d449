// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import type { Timeline } from '../calls';
import { actOf, theirs } from './keys';
import { bounds, chapterAt, near, pauseAt, people, plan, type PollPart, pollsAt, readClock, Reel } from './score';

const part = (id: string, speaker: number, from_ms: number, to_ms: number, more: Partial<Timeline['segments'][number]> = {}): Timeline['segments'][number] => ({
  id, speaker, from_ms, to_ms, label: `Speaker ${speaker}`, named: false, kind: 'camera', video: true, audio: true, url: `/${id}`, bytes: 1, ...more,
});
const timeline = (more: Partial<Timeline> = {}): Timeline => ({
  recording: 'r', webinar: 'w', started_at: '2026-11-27T20:00:00Z', duration_ms: 30_000, pauses: [], segments: [], chapters: [], polls: [], questions: [], program: { state: 'none' }, ...more,
});

test('people keep their number and are named only if they may be', () => {
  const t = timeline({ segments: [part('b', 2, 500, 900, { label: 'Bob', named: true }), part('a', 1, 0, 10), part('c', 2, 100, 400, { kind: 'screen' })] });
  expect(people(t).map((p) => [p.n, p.name, p.from, p.to, p.parts.length])).toEqual([[1, '', 0, 10, 1], [2, 'Bob', 100, 900, 2]]);
});

test('films are loaded when they are near', () => {
  const p = part('a', 1, 20_000, 30_000);
  expect([0, 11_999, 12_000, 31_999, 32_000].map((at) => near(p, at))).toEqual([false, false, true, true, false]);
});

test('the trim bounds what is played; pauses are passed over', () => {
  const t = timeline({ pauses: [{ from_ms: 5000, to_ms: 9000 }], segments: [part('a', 1, 400, 4800), part('b', 2, 700, 3000), part('c', 1, 9100, 28_000)] });
  expect(plan(t)).toEqual({ from: 400, to: 28_000, skips: [{ from: 4800, to: 9100 }] });
  expect(plan({ ...t, trim: { from_ms: 4900, to_ms: 12_000 } })).toEqual({ from: 9100, to: 12_000, skips: [] });
  expect(plan(timeline())).toEqual({ from: 0, to: 30_000, skips: [] });
  expect(bounds({ ...t, trim: { from_ms: 1000, to_ms: 2000 } })).toEqual({ from: 1000, to: 2000 });
  expect([4999, 5000, 9000].map((at) => pauseAt(t, at) !== undefined)).toEqual([false, true, false]);
});

test('chapters and polls at their time', () => {
  const chapters = [{ at_ms: 0, kind: 'start', title: '' }, { at_ms: 500, kind: 'poll', title: 'q' }] as const;
  expect([chapterAt(chapters, -1), chapterAt(chapters, 0), chapterAt(chapters, 499), chapterAt(chapters, 9999)]).toEqual([-1, 0, 0, 1]);
  const polls = [{ id: 'p', question: 'q', options: ['a'], opened_ms: 500, closed_ms: 800, votes: [1], total: 1 }, { id: 'open', question: 'q', options: [], opened_ms: 900, total: 0 }, { id: 'few', question: 'q', options: [], opened_ms: 1000, closed_ms: 1100, few: true, total: 4 }];
  const shown = (list: readonly PollPart[], at: number, from = 0) => pollsAt(list, at, from).map((p) => `${p.poll.id} ${p.closed ? 'closed' : 'open'}`);
  expect([100, 500, 800, 900, 1000, 1100].map((at) => shown(polls, at))).toEqual([[], ['p open'], ['p closed'], ['open open', 'p closed'], ['open open', 'few open', 'p closed'], ['open open', 'few closed']]);
  const survey = { id: 'survey', question: 'q', options: [], opened_ms: 100, closed_ms: 2000, total: 0 };
  expect([100, 600, 900, 1500, 2000].map((at) => shown([survey, ...polls.slice(0, 1)], at))).toEqual([['survey open'], ['survey open', 'p open'], ['survey open', 'p closed'], ['survey open', 'p closed'], ['survey closed']]);
  expect([850, 1000, 2000].map((at) => shown([survey, ...polls.slice(0, 1)], at, 850))).toEqual([['survey open'], ['survey open'], ['survey closed']]); // a cut begins after the poll
});

test('the one film leaves out what nobody recorded, and the trim', () => {
  const t = timeline({ segments: [part('a', 1, 0, 10_000), part('b', 2, 10_800, 12_000), part('c', 1, 20_000, 30_000)] });
  const reel = new Reel(t);
  expect([0, 5000, 12_000, 15_000, 20_000, 29_000].map((at) => reel.film(at))).toEqual([0, 5000, 12_000, 12_000, 12_000, 21_000]);
  expect([0, 5000, 11_999, 12_000, 21_000, 22_000].map((ms) => reel.session(ms))).toEqual([0, 5000, 11_999, 20_000, 29_000, 30_000]);
  const cut = new Reel({ ...t, trim: { from_ms: 11_000, to_ms: 25_000 } });
  expect([cut.film(11_500), cut.film(21_000), cut.session(1500)]).toEqual([500, 2000, 20_500]);
  const early = new Reel({ ...t, trim: { from_ms: 11_000, to_ms: 25_000 }, program: { state: 'ready', from_ms: 10_900 } });
  expect([early.film(11_000), early.film(11_500), early.film(21_000), early.session(0), early.session(100)]).toEqual([100, 600, 2100, 10_900, 11_000]);
  expect(new Reel(timeline()).session(5)).toBe(0);
});

test('times are read as people write them', () => {
  expect(['1:02:03', '2:03', '123.5', '0:07,25', ' 5 '].map(readClock)).toEqual([3_723_000, 123_000, 123_500, 7250, 5000]);
  expect(['', 'x', '1:', '-1', '1:2:3:4', '1.5:3', '0x1'].map(readClock)).toEqual([undefined, undefined, undefined, undefined, undefined, undefined, undefined]);
});

test('keys ask for what the list says, and leave fields and the browser alone', () => {
  const press = (key: string, more = {}) => actOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });
  const asked = [
    [' ', { do: 'toggle' }], ['K', { do: 'toggle' }], ['j', { do: 'skip', ms: -10_000 }], ['L', { do: 'skip', ms: 10_000 }],
    ['ArrowLeft', { do: 'skip', ms: -5000 }], ['ArrowRight', { do: 'skip', ms: 5000 }], ['ArrowUp', { do: 'volume', by: 0.1 }], ['ArrowDown', { do: 'volume', by: -0.1 }],
    ['Home', { do: 'part', tenths: 0 }], ['End', { do: 'part', tenths: 10 }], ['7', { do: 'part', tenths: 7 }],
    ['<', { do: 'slower' }], ['>', { do: 'faster' }], ['m', { do: 'mute' }], ['f', { do: 'fullscreen' }], ['?', { do: 'help' }],
  ] as const;
  expect(asked.map(([key]) => press(key))).toEqual(asked.map(([, act]) => act));
  expect([press('f', { ctrlKey: true }), press('constructor'), press('x'), press('Tab')]).toEqual([undefined, undefined, undefined, undefined]);
  document.body.innerHTML = '<input id="text"><input type="range" data-seek id="seek"><button id="b"><i></i></button><select></select>';
  const $ = (q: string) => document.querySelector(q);
  expect([theirs($('#text'), 'j'), theirs($('select'), 'j'), theirs($('#seek'), 'ArrowLeft'), theirs($('i'), ' '), theirs($('i'), 'j'), theirs(null, 'j')]).toEqual([true, true, false, true, false, false]);
});
