// @vitest-environment happy-dom
import { mount, unmount } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { storedVote, storeVote } from '../../lib/receipt';
import { type Poll, Room } from '../../lib/room.svelte';
import { forVoters } from '../../polls/kinds';
import { load } from '../i18n';
import MotionCard from './MotionCard.svelte';

const poll = {
  id: 'p', question: 'Shall the fee be 30 €?', kind: 'single', state: 'open', opened_at: '2026-01-01T10:00:00Z', position: 1, round: 1, secrecy: 'named', results: 'closed', voted: false,
  options: [{ id: 'f', text: 'For' }, { id: 'a', text: 'Against' }], rules: { least: 1, most: 1 }, motion: { majority: 'simple', heads: false, abstain: true },
} as unknown as Poll;
const anna = { id: '1', number: '1', name: 'Anna', weight: 1, here: true, paper: false, teller: false };
let card: Record<string, unknown> | undefined;

afterEach(async () => {
  if (card) await unmount(card);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test('a member’s vote whose answer was lost is sent again by itself until it is known', async () => {
  await language.start(load);
  await forVoters('single');
  const sent: unknown[] = [];
  vi.stubGlobal('fetch', (at: string, init: { body: string }) => {
    if (at.endsWith('/mandates')) return Promise.resolve(Response.json({ member: anna, mandates: [{ member: anna, voted: sent.length > 2, drawn: false }] }));
    sent.push(JSON.parse(init.body));
    return Promise.resolve(sent.length < 2 ? Response.json({ code: 'busy', detail: '' }, { status: 503 }) : Response.json({ stored_at: '2026-01-01T10:01:00Z' }, { status: 201 }));
  });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  vi.useFakeTimers();
  storeVote('p.1', { secret: 's', receipt: 'r', answer: { options: ['a'] } });
  card = mount(MotionCard, { target: document.body, props: { room: new Room('w'), poll } });
  await vi.advanceTimersByTimeAsync(4_900);
  expect(document.querySelector('[role=alert]')?.textContent).toContain('We do not know whether your answer arrived.');
  expect(document.querySelector<HTMLInputElement>('input[value=a]')?.checked).toBe(true);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(sent).toHaveLength(1);
  expect(document.querySelector('[role=alert]')?.textContent).toContain('We do not know');
  await vi.advanceTimersByTimeAsync(5_100);
  const same = { answer: { options: ['a'] }, receipt: 'r', for: '1' };
  expect(sent).toEqual([same, same]);
  expect(storedVote('p.1')?.storedAt).toBe('2026-01-01T10:01:00Z');
  expect(document.querySelector('[role=alert]')).toBeNull();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(2);
  storeVote('p.1', null);
});
