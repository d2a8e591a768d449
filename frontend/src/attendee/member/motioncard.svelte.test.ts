// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Schema } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { type Poll, Room } from '../../lib/room.svelte';
import { storeVote, voteKey } from '../../lib/receipt';
import { forVoters } from '../../polls/kinds';
import { load } from '../i18n';
import Polls from '../Polls.svelte';
import MotionCard from './MotionCard.svelte';

const poll = {
  id: 'p', question: 'Shall the fee be 30 €?', kind: 'single', state: 'open', opened_at: '2026-01-01T10:00:00Z', position: 1, round: 1, secrecy: 'named', results: 'closed', voted: false,
  options: [{ id: 'f', text: 'For' }, { id: 'a', text: 'Against' }], rules: { least: 1, most: 1 }, motion: { majority: 'simple', heads: false, abstain: true },
} as unknown as Poll;
const member = (id: string, name: string): Schema<'Member'> => ({ id, number: id, name, weight: 1, here: true, paper: false, teller: false });
let mandates: Schema<'Mandates'> | undefined;
let asked: number;
let card: Record<string, unknown> | undefined;

beforeAll(async () => {
  await language.start(load);
  await forVoters('single');
});
beforeEach(() => {
  asked = 0;
  mandates = undefined;
  vi.stubGlobal('fetch', () => {
    asked++;
    return Promise.resolve(mandates ? Response.json(mandates) : Response.json({ code: 'not-a-member', detail: '' }, { status: 404 }));
  });
});
afterEach(async () => {
  if (card) await unmount(card);
  vi.unstubAllGlobals();
});

const text = () => document.body.textContent;

test('a vote from another page of the same seat is seen, and the next member is asked for', async () => {
  const [anna, bert] = [member('1', 'Anna'), member('2', 'Bert')];
  mandates = { member: anna, mandates: [{ member: anna, voted: false, drawn: false }, { member: bert, voted: false, drawn: false }] };
  const room = new Room('w');
  const props = $state({ room, poll });
  card = mount(MotionCard, { target: document.body, props });
  await vi.waitFor(() => expect(document.querySelector('form')).not.toBeNull(), 10_000);
  expect(document.querySelector('legend')?.textContent).not.toContain('Bert');

  mandates = { member: anna, mandates: [{ member: anna, voted: true, drawn: false }, { member: bert, voted: false, drawn: false }] };
  props.poll = { ...poll, voted: true };
  flushSync();
  await vi.waitFor(() => expect(document.querySelector('legend')?.textContent).toContain('Bert'), 10_000);
  expect(text()).toContain('You have voted');
  expect(asked).toBe(2);
});

test('a guest reads who votes and is asked for nothing', async () => {
  card = mount(MotionCard, { target: document.body, props: { room: new Room('w'), poll } });
  await vi.waitFor(() => expect(text()).toContain('Then open the link that was sent to you.'), 10_000);
  expect(document.querySelector('form')).toBeNull();
});

test('after a secret vote each receipt of this browser is looked for, and what was lost is told apart', async () => {
  const [anna, bert, carl] = [member('1', 'Anna'), member('2', 'Bert'), member('3', 'Carl')];
  const box = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];
  const asks: string[] = [];
  const held = { member: anna, mandates: [anna, bert, carl].map((m) => ({ member: m, voted: false, drawn: false })) };
  vi.stubGlobal('fetch', (at: string) => {
    asks.push(at);
    return Promise.resolve(Response.json(at.endsWith('/receipts') ? box : held));
  });
  const at = { answer: { options: ['f'] }, secret: '', storedAt: '2026-01-01T10:00:00Z' };
  storeVote('p.1', { ...at, receipt: box[1] ?? '' });
  storeVote('p.2', { ...at, receipt: 'd'.repeat(64) });
  storeVote('p.3', { answer: at.answer, secret: '', receipt: 'e'.repeat(64) }); // no answer ever came
  const closed = { ...poll, secrecy: 'secret', state: 'closed', closed_at: '2026-01-01T10:05:00Z', published_at: '2026-01-01T10:05:00Z' } as unknown as Poll;
  card = mount(MotionCard, { target: document.body, props: { room: new Room('w'), poll: closed } });
  await vi.waitFor(() => expect(text()).toContain('Look for the receipts in the box'), 10_000);
  [...document.querySelectorAll('button')].find((b) => b.textContent.includes('Look for'))?.click();
  await vi.waitFor(() => expect(text()).toContain('Your ballot is in the box: one of 3.'), 10_000);
  expect(text()).toContain('The receipt in the name of Bert is not in the box.');
  expect(text()).toContain('The ballot in the name of Carl did not arrive before the closing, so it does not count.');
  expect(document.querySelectorAll('li.mine')).toHaveLength(1);
  expect(asks.filter((a) => a.endsWith('/receipts'))).toHaveLength(1); // and it names none
  for (const m of ['1', '2', '3']) storeVote(`p.${m}`, null);
});

test('why there is no ballot paper stands there once, with all the names that it holds for', async () => {
  vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) }); // plain HTTP
  const [anna, bert, carl] = [member('1', 'Anna'), member('2', 'Bert'), member('3', 'Carl')];
  mandates = { member: anna, mandates: [anna, bert, carl].map((m) => ({ member: m, voted: false, drawn: false })) };
  card = mount(MotionCard, { target: document.body, props: { room: new Room('w'), poll: { ...poll, secrecy: 'secret' } } });
  const said = 'A secret vote needs a secure connection (https). Please ask the host for it.';
  await vi.waitFor(() => expect([...document.querySelectorAll('.note.warn')].map((p) => p.textContent)).toEqual([`${said} The same holds for: Bert, Carl`]), 10_000);
});

test('a vote from another tab of this browser is seen', async () => {
  const [anna, bert] = [member('1', 'Anna'), member('2', 'Bert')];
  mandates = { member: anna, mandates: [anna, bert].map((m) => ({ member: m, voted: false, drawn: false })) };
  card = mount(MotionCard, { target: document.body, props: { room: new Room('w'), poll } });
  await vi.waitFor(() => expect(document.querySelector('form')).not.toBeNull(), 10_000);
  const sent = { answer: { options: ['a'] }, secret: '', receipt: 'a'.repeat(64) };
  storeVote('p.1', sent);
  dispatchEvent(new StorageEvent('storage', { key: voteKey('p.1') }));
  flushSync();
  expect(document.querySelector<HTMLInputElement>('input[value=a]')?.checked).toBe(true); // goes again as it was, and no other
  expect(document.querySelector<HTMLInputElement>('input[value=f]')?.disabled).toBe(true);
  storeVote('p.1', null);
});

test('the number beside the polls is of those in which this person can still vote', async () => {
  vi.stubGlobal('IntersectionObserver', class { observe() { /* nothing scrolls here */ } disconnect() { /* neither */ } });
  const [anna, bert] = [member('1', 'Anna'), member('2', 'Bert')];
  for (const [held, want] of [
    [undefined, 1], // a guest: the ordinary poll only
    [{ member: anna, mandates: [{ member: anna, voted: true, drawn: false }, { member: bert, voted: false, drawn: false }] }, 2],
    [{ member: anna, mandates: [{ member: anna, voted: true, drawn: false }] }, 1],
    [{ member: anna, mandates: [], bar: 'paper' }, 1],
  ] as [Schema<'Mandates'> | undefined, number][]) {
    mandates = held;
    asked = 0;
    const room = new Room('w');
    room.setPoll(poll);
    room.setPoll({ ...poll, id: 'q', position: 2, secrecy: 'anonymous', motion: undefined } as unknown as Poll);
    const props = $state({ room, toVote: 0 });
    card = mount(Polls, { target: document.body, props: { room, get toVote() { return props.toVote; }, set toVote(n) { props.toVote = n; } } });
    await vi.waitFor(() => expect(asked).toBe(1), 10_000);
    await vi.waitFor(() => expect(text()).not.toContain('Looking for whom you vote'), 10_000);
    await vi.waitFor(() => expect(props.toVote).toBe(want), 10_000);
    await unmount(card);
    card = undefined;
  }
});
