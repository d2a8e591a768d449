// @vitest-environment happy-dom
// The questions on a page: their order, what the browser keeps of its own, and what becomes of a question without an answer.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OFFLINE, Problem, type Schema } from '../src/lib/api';
import { Room } from '../src/lib/room.svelte';
import { Box } from '../src/questions/box.svelte';
import { forgetOld, keepOwn, ownOf } from '../src/questions/keys';
import { found, sorted, steady } from '../src/questions/order';

const calls = vi.hoisted(() => ({ list: vi.fn(), ask: vi.fn(), own: vi.fn(), edit: vi.fn(), withdraw: vi.fn(), vote: vi.fn(), move: vi.fn(), rules: vi.fn() }));
vi.mock('../src/questions/calls', () => ({ questions: calls }));

const q = (id: string, o: Partial<Schema<'Question'>> = {}): Schema<'Question'> => ({
  id, text: `Question ${id}`, name: '', state: 'shown', answer: '', votes: 0, asked_at: `2026-01-01T10:00:0${id}Z`, mine: false, voted: false, ...o,
});
const rules = { open: true, moderated: true, anonymous: true };
const ids = (list: readonly { id: string }[]) => list.map((x) => x.id).join('');

beforeEach(() => {
  localStorage.clear();
  for (const call of Object.values(calls)) call.mockReset();
  calls.list.mockResolvedValue({ rules, questions: [] });
  calls.own.mockResolvedValue([]);
});
afterEach(() => vi.useRealTimers());

describe('order', () => {
  it('has most votes first, then who asked first; or the newest first', () => {
    const list = [q('1', { votes: 1 }), q('2', { votes: 3 }), q('3', { votes: 1 })];
    expect(ids(sorted(list, 'votes'))).toBe('213');
    expect(ids(sorted(list, 'newest'))).toBe('321');
  });
  it('keeps what was shown in its place while it is held, and puts what is new behind', () => {
    expect(ids(steady([q('4'), q('3'), q('1'), q('2')], ['1', '2', '3']))).toBe('1234');
    expect(ids(steady([q('4'), q('1')], ['1', '2']))).toBe('14');
  });
  it('finds every word, whatever its case, in words, name and answer', () => {
    const list = [q('1', { text: 'Wie GROẞ ist Österreich?' }), q('2', { name: 'Ada' }), q('3', { answer: 'By mail' })];
    expect(ids(found(list, ' österreich  wie'))).toBe('1');
    expect(ids(found(list, 'ada'))).toBe('2');
    expect(ids(found(list, 'MAIL'))).toBe('3');
    expect(ids(found(list, ''))).toBe('123');
    expect(ids(found(list, 'ada mail'))).toBe('');
  });
});

describe('what the browser keeps', () => {
  it('is forgotten when it leads to nothing any more, and survives rubbish', () => {
    keepOwn('old', [{ secret: 's', id: '1' }], Date.now() - 4 * 24 * 3600 * 1000);
    keepOwn('new', [{ secret: 's', id: '1' }]);
    localStorage.setItem('plenum.questions.bad', '{');
    forgetOld();
    expect([ownOf('old'), ownOf('new'), ownOf('bad')]).toEqual([[], [{ secret: 's', id: '1' }], []]);
    keepOwn('new', []);
    expect(localStorage.length).toBe(0);
  });
});

describe('box', () => {
  it('asks under a secret, and keeps the words only until they have arrived', async () => {
    const box = new Box(new Room('w'));
    calls.ask.mockResolvedValue(q('1', { state: 'new' }));
    expect(await box.ask('Why?', '')).toBe('sent');
    const sent = calls.ask.mock.calls[0]![1] as { secret: string; text: string };
    expect(sent.secret).toMatch(/^[0-9a-f]{32}$/);
    expect(ownOf('w')).toEqual([{ secret: sent.secret, id: '1' }]);
    expect(box.list[0]).toMatchObject({ id: '1', mine: true, state: 'new' });
  });
  it('sends again under the same secret what got no answer, and not what was refused', async () => {
    const box = new Box(new Room('w'));
    calls.ask.mockRejectedValueOnce(new Problem(0, OFFLINE, ''));
    expect(await box.ask('Why?', 'Ada')).toBe('unsure');
    expect(box.unsent).toHaveLength(1);
    const later = new Box(new Room('w')); // the page was loaded again meanwhile
    calls.ask.mockRejectedValueOnce(new Problem(409, 'questions-closed', 'closed'));
    await later.resend();
    expect(later.unsent[0]!.draft).toEqual({ text: 'Why?', name: 'Ada' }); // nothing is lost
    calls.ask.mockResolvedValueOnce(q('1'));
    await later.resend();
    expect(later.unsent).toEqual([]);
    expect(new Set(calls.ask.mock.calls.map((c) => (c[1] as { secret: string }).secret)).size).toBe(1);
    calls.ask.mockRejectedValueOnce(new Problem(422, 'invalid', 'too long'));
    expect(await later.ask('x', '')).toBe('failed');
    expect(ownOf('w')).toHaveLength(1);
  });
  it('shows a vote at once and takes it back when it was refused', async () => {
    const box = new Box(new Room('w'));
    box.apply({ name: 'question', data: q('1', { votes: 4 }) });
    calls.vote.mockRejectedValueOnce(new Problem(410, 'ended', 'over'));
    const done = box.vote(box.list[0]!);
    expect(box.list[0]).toMatchObject({ voted: true, votes: 5 });
    await done;
    expect(box.list[0]).toMatchObject({ voted: false, votes: 4 });
    calls.vote.mockResolvedValueOnce(q('1', { votes: 7, voted: true }));
    await box.vote(box.list[0]!);
    box.apply({ name: 'question', data: q('1', { votes: 7, state: 'answered', answer: 'Yes' }) });
    expect(box.list[0]).toMatchObject({ voted: true, votes: 7, answer: 'Yes' }); // events do not know who votes
  });
  it('loses nothing that comes while the list is on its way', async () => {
    let answer: (box: Schema<'QuestionBox'>) => void = () => undefined;
    calls.list.mockReturnValue(new Promise((done) => (answer = done)));
    const room = new Room('w');
    const box = new Box(room);
    const stop = box.follow();
    room.apply({ name: 'question', data: q('2', { state: 'answering' }) });
    answer({ rules, questions: [q('1')] });
    await vi.waitFor(() => expect(box.list.map((x) => [x.id, x.state])).toEqual([['1', 'shown'], ['2', 'answering']]));
    stop();
  });
  it('follows events: votes, what is gone, and what becomes of one’s own', async () => {
    keepOwn('w', [{ secret: 's', id: '2' }]);
    const room = new Room('w');
    const box = new Box(room);
    const stop = box.follow();
    for (const id of ['1', '2']) room.apply({ name: 'question', data: q(id) });
    room.apply({ name: 'question_votes', data: { votes: { 1: 9, 7: 3 } } });
    expect(box.list.map((x) => [x.id, x.votes, x.mine])).toEqual([['1', 9, false], ['2', 0, true]]);
    calls.own.mockResolvedValue([q('2', { state: 'dismissed' })]);
    room.apply({ name: 'question_gone', data: { id: '1' } });
    room.apply({ name: 'question_gone', data: { id: '2' } });
    await vi.waitFor(() => expect(box.list.map((x) => [x.id, x.state])).toEqual([['2', 'dismissed']]));
    calls.own.mockResolvedValue([]);
    room.apply({ name: 'question_gone', data: { id: '2' } });
    await vi.waitFor(() => expect([box.list, ownOf('w')]).toEqual([[], []]));
    room.apply({ name: 'question_rules', data: { ...rules, open: false } });
    expect(box.rules.open).toBe(false);
    stop();
    room.apply({ name: 'question', data: q('3') });
    expect(box.list).toEqual([]);
  });
});
