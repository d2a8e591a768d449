import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Schema } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { type Poll, Room } from '../../lib/room.svelte';
import { forVoters } from '../../polls/kinds';
import { load } from '../i18n';
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
