// @vitest-environment happy-dom
// What is said to whoever prepares a meeting of members, before something goes wrong.
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Schema } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { load } from '../i18n';
import Attendance from './Attendance.svelte';
import Import from './Import.svelte';
import Motions from './Motions.svelte';

const share = (members: number) => ({ members, votes: members });
const nobody: Schema<'Attendance'> = { here: share(0), represented: share(0), all: share(9), quorum: 0, heads: false, met: true };
const draft = { id: 'p', question: 'Shall the fee be 30 €?', kind: 'single', state: 'draft', position: 1, options: [{ id: 'f', text: 'For' }], motion: { majority: 'simple', heads: false, abstain: true } };
let part: Record<string, unknown> | undefined;

beforeAll(() => language.start(load));
afterEach(async () => {
  if (part) await unmount(part);
  part = undefined;
  vi.unstubAllGlobals();
});

const text = () => document.body.textContent;

test('where no quorum is needed, an empty room is not said to have one', () => {
  part = mount(Attendance, { target: document.body, props: { attendance: nobody } });
  expect(document.querySelector('h2')?.textContent).toBe('No quorum is needed');
  expect(document.querySelector('h2')?.classList.contains('met')).toBe(false);
});

test('a list that makes all links of another one useless is asked for first', async () => {
  const take = vi.fn(() => Promise.resolve());
  part = mount(Import, { target: document.body, props: { replaces: true, take } });
  const input = document.querySelector<HTMLInputElement>('input[type=file]')!;
  Object.defineProperty(input, 'files', { value: [new File(['number,name'], 'members.csv')] });
  input.dispatchEvent(new Event('change', { bubbles: true }));
  flushSync();
  expect(take).not.toHaveBeenCalled();
  expect(text()).toContain('All personal links of this list stop working at once.');
  [...document.querySelectorAll('button')].find((b) => b.textContent === 'Replace list')!.click();
  await vi.waitFor(() => expect(take).toHaveBeenCalledOnce());
});

test('a vote that would come to no decision is told of before it opens', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([draft])));
  const props = $state({ id: 'w', lang: 'en' as const, attendance: { ...nobody, quorum: 50, met: false }, editable: true, live: false, news: 0, counted: 0 });
  part = mount(Motions, { target: document.body, props });
  await vi.waitFor(() => expect(text()).toContain('There is no quorum yet: if you open the vote now, it ends without a decision.'), 10_000);
  props.attendance = { ...nobody, quorum: 50, met: true };
  flushSync();
  expect(text()).not.toContain('There is no quorum yet');
  expect(document.querySelector<HTMLAnchorElement>('a[href="/webinars/w"]')?.textContent).toContain('Change, order or delete');
});

test('how far a vote is, is said by those who may vote', async () => {
  const open = { ...draft, state: 'open', secrecy: 'named', tally: { poll: 'p', total: 2, votes: [2], motion: { votes: [5], paper: [0], invalid: 0 } } };
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([open])));
  part = mount(Motions, { target: document.body, props: { id: 'w', lang: 'en', attendance: { ...nobody, here: { members: 3, votes: 7 } }, editable: true, live: false, news: 0, counted: 0 } });
  await vi.waitFor(() => expect(text()).toContain('2 of 3 members, 5 of 7 votes'), 10_000);
});

test('a vote whose ballots on paper nobody has counted does not close without a question', async () => {
  const open = { ...draft, state: 'open', secrecy: 'named', tally: { poll: 'p', total: 0, votes: [0], motion: { votes: [0], paper: [0], invalid: 0 } } };
  const closed: string[] = [];
  const paper = { classes: [{ weight: 1, members: 1 }, { weight: 3, members: 1 }], others: 0 };
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const path = input instanceof Request ? input.url : String(input);
    if (!path.endsWith('/close')) return Promise.resolve(Response.json(path.endsWith('/paper') ? paper : [open]));
    if (init?.body !== '{"without_paper":true}') return Promise.resolve(Response.json({ code: 'paper-uncounted', detail: 'Nobody has counted.', status: 409 }, { status: 409, headers: { 'Content-Type': 'application/problem+json' } }));
    closed.push(path);
    return Promise.resolve(Response.json({ ...open, state: 'closed' }));
  });
  const press = (name: string) => [...document.querySelectorAll('button')].find((b) => b.textContent === name)?.click();
  part = mount(Motions, { target: document.body, props: { id: 'w', lang: 'en', attendance: nobody, editable: true, live: false, news: 0, counted: 0 } });
  await vi.waitFor(() => expect(text()).toContain('Close the vote'), 10_000);
  press('Close the vote');
  await vi.waitFor(() => expect(text()).toContain('2 members vote on paper, and nobody has counted yet.'));
  expect(closed).toEqual([]);
  press('Close all the same');
  await vi.waitFor(() => expect(closed).toHaveLength(1));
});

test('a motion whose time is up says that it waits for the ballots on paper, and why', async () => {
  const waiting = { ...draft, state: 'open', secrecy: 'named', counting_since: '2026-11-28T19:00:00Z', tally: { poll: 'p', total: 0, votes: [0], motion: { votes: [0], paper: [0], invalid: 0 } } };
  const paper = { classes: [{ weight: 1, members: 2 }], others: 0 };
  vi.stubGlobal('fetch', (input: string | URL | Request) => Promise.resolve(Response.json((input instanceof Request ? input.url : String(input)).endsWith('/paper') ? paper : [waiting])));
  part = mount(Motions, { target: document.body, props: { id: 'w', lang: 'en', attendance: nobody, editable: false, live: false, news: 0, counted: 0 } });
  await vi.waitFor(() => expect(text()).toContain('No vote is taken any more.'), 10_000);
  expect(text()).toContain('Counting paper');
  await vi.waitFor(() => expect(text()).toContain('Keep my count'));
});

test('a new motion is called so, and offers its sides in the language of the meeting', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([])));
  part = mount(Motions, { target: document.body, props: { id: 'w', lang: 'de', attendance: nobody, editable: true, live: false, news: 0, counted: 0 } });
  [...document.querySelectorAll('button')].find((b) => b.textContent === 'New motion')?.click();
  await vi.waitFor(() => expect([...document.querySelectorAll<HTMLInputElement>('form input')].map((i) => i.value)).toEqual(expect.arrayContaining(['Ja', 'Nein', 'Enthaltung'])), 10_000);
  expect(document.querySelector('form')?.getAttribute('aria-label')).toBe('New motion');
  const members = [...document.querySelectorAll<HTMLInputElement>('form input[type=checkbox]')].find((i) => i.parentElement?.textContent.includes('Members only'));
  members?.click();
  flushSync();
  expect(document.querySelector('form')?.getAttribute('aria-label')).toBe('New poll');
});

test('who comes back to their count of the paper finds it in the fields', async () => {
  const open = { ...draft, state: 'open', secrecy: 'named', tally: { poll: 'p', total: 0, votes: [0], motion: { votes: [0], paper: [0], invalid: 0 } } };
  const paper = { classes: [{ weight: 1, members: 3 }], mine: { classes: [{ weight: 1, votes: [2], invalid: 1 }] }, others: 0 };
  vi.stubGlobal('fetch', (input: string | URL | Request) => Promise.resolve(Response.json((input instanceof Request ? input.url : String(input)).endsWith('/paper') ? paper : [open])));
  part = mount(Motions, { target: document.body, props: { id: 'w', lang: 'en', attendance: nobody, editable: true, live: false, news: 0, counted: 0 } });
  await vi.waitFor(() => expect([...document.querySelectorAll<HTMLInputElement>('input[type=number]')].map((i) => i.value)).toEqual(['2', '1']), 10_000);
});
