// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Schema } from '../../lib/api';
import { language } from '../../lib/lang.svelte';
import { type Poll, Room } from '../../lib/room.svelte';
import { load } from '../i18n';
import RunSheet from './RunSheet.svelte';

const draft = { id: 'p', question: 'Shall the fee be 30 €?', kind: 'single', state: 'draft', position: 1, round: 1, secrecy: 'named', results: 'closed', voted: false, held: false, options: [{ id: 'f', text: 'For' }], rules: {}, motion: { majority: 'simple', heads: false, abstain: true } } as unknown as Poll;
const few: Schema<'Attendance'> = { here: { members: 1, votes: 1 }, represented: { members: 0, votes: 0 }, all: { members: 9, votes: 9 }, quorum: 50, heads: false, met: false };
const sentence = 'There is no quorum yet: if you open the vote now, it ends without a decision.';
let part: Record<string, unknown> | undefined;
let opened: number;

beforeAll(() => language.start(load));
afterEach(async () => {
  if (part) await unmount(part);
  vi.unstubAllGlobals();
});

function stage(poll: Poll, attendance?: Schema<'Attendance'>) {
  opened = 0;
  vi.stubGlobal('fetch', (at: string) => {
    opened += Number(at.endsWith('/open'));
    return Promise.resolve(Response.json({ ...poll, state: 'open' }));
  });
  const room = new Room('w');
  room.attendance = attendance;
  room.setPoll(poll);
  part = mount(RunSheet, { target: document.body, props: { room } });
  flushSync();
}

const press = () => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'n', bubbles: true }));

test('one key does not open a motion without a quorum before it has said what comes of that', async () => {
  stage(draft, few);
  expect(document.querySelector('article')?.textContent).toContain(sentence);
  press();
  await vi.waitFor(() => expect(document.querySelector('dialog[open]')?.textContent).toContain(sentence));
  expect(opened).toBe(0);
  document.querySelector<HTMLButtonElement>('dialog[open] .danger')?.click();
  await vi.waitFor(() => expect(opened).toBe(1));
});

test('with a quorum, and where none is needed, one key opens at once', async () => {
  for (const [poll, attendance] of [[draft, { ...few, met: true }], [draft, undefined], [{ ...draft, motion: undefined }, few]] as [Poll, Schema<'Attendance'> | undefined][]) {
    stage(poll, attendance);
    expect(document.querySelector('article')?.textContent).not.toContain(sentence);
    press();
    await vi.waitFor(() => expect(opened).toBe(1));
    if (part) await unmount(part);
    part = undefined;
  }
});
