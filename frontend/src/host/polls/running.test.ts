// @vitest-environment happy-dom
import { mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Schema } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { type Poll, Room } from '../../lib/room.svelte';
import { load } from '../i18n';
import Running from './Running.svelte';

const motion = {
  id: 'p', question: 'Shall the fee be 30 €?', kind: 'single', state: 'open', opened_at: '2026-01-01T10:00:00Z', position: 1, round: 1, secrecy: 'named', results: 'closed', voted: false, held: false,
  options: [{ id: 'f', text: 'For' }, { id: 'a', text: 'Against' }], rules: { least: 1, most: 1 }, motion: { majority: 'simple', heads: false, abstain: true },
  tally: { poll: 'p', total: 2, votes: [1, 1], motion: { votes: [5, 2], paper: [0, 0], invalid: 0 } },
} as unknown as Poll;
const share = (members: number, votes: number) => ({ members, votes });
const there: Schema<'Attendance'> = { here: share(3, 7), represented: share(1, 1004), all: share(6, 1020), quorum: 0, heads: false, met: true };
let article: Record<string, unknown> | undefined;

beforeAll(() => language.start(load));
afterEach(async () => {
  if (article) await unmount(article);
});

/** What the cockpit says of how far a poll is. */
function line(poll: Poll, attendance?: Schema<'Attendance'>): string | null | undefined {
  const room = new Room('w');
  room.attendance = attendance;
  room.watching = 9;
  article = mount(Running, { target: document.body, props: { room, poll, busy: false, act: vi.fn() } });
  return document.querySelector('.count')?.textContent;
}

test('the cockpit counts a motion by members and by the weight of their votes', () => {
  expect(line(motion, there)).toBe('2 of 4 members, 7 of 1,011 votes');
});

test('by heads, the weight is no matter', () => {
  expect(line({ ...motion, motion: { ...motion.motion, heads: true } } as Poll, there)).toBe('2 of 4 members');
});

test('where fewer are there than have voted, only what was cast is said', () => {
  expect(line(motion, { ...there, here: share(1, 1), represented: share(0, 0) })).toBe('Members: 2, votes: 7');
});

test('any other poll is counted by who watches', () => {
  expect(line({ ...motion, motion: undefined })).toBe('2 of 9 answered');
});

test('a sealed motion is counted by members, whatever their votes weigh, and a sealed poll by its ballots', async () => {
  const tally = { poll: 'p', total: 2, votes: [] };
  expect(line({ ...motion, secrecy: 'anonymous', tally }, there)).toBe('2 of 4 members');
  await vi.waitFor(() => expect(document.body.textContent).toContain('Sealed until the vote closes. 2 ballots are in the box.'), 10_000);
  await unmount(article!);
  line({ ...motion, motion: undefined, secrecy: 'secret', tally });
  await vi.waitFor(() => expect(document.body.textContent).toContain('Sealed until the poll closes, or you show its result to everybody. 2 ballots are in the box.'), 10_000);
  expect(document.querySelector('table')).toBeNull();
});

test('no button offers to show a motion before it closes', () => {
  line(motion, there);
  expect(document.body.textContent).not.toContain('Show result to everybody');
  line({ ...motion, motion: undefined });
  expect(document.body.textContent).toContain('Show result to everybody');
});
