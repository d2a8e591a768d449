// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { language } from '../lib/lang.svelte';
import { type Poll, Room } from '../lib/room.svelte';
import { forTheWall } from '../polls/kinds';
import { load } from './i18n';
import Question from './Question.svelte';

const motion = {
  id: 'p', question: 'Dismiss?', kind: 'single', state: 'open', opened_at: '2026-01-01T10:00:00Z', position: 1, round: 1, secrecy: 'secret', results: 'shown', voted: false,
  options: [{ id: 'f', text: 'For it' }, { id: 'a', text: 'Against it' }, { id: 'n', text: 'Abstain' }], rules: { least: 1, most: 1 }, motion: { majority: 'simple', heads: false, abstain: true },
  tally: { poll: 'p', total: 7, votes: [4, 2, 1], motion: { votes: [41, 23, 1], invalid: 0, on_paper: 0, decision: 'carried' } }, // more than any server tells
} as unknown as Poll;
let wall: Record<string, unknown> | undefined;

beforeAll(async () => {
  await language.start(load);
  await forTheWall('single');
});
afterEach(async () => {
  if (wall) await unmount(wall);
});

test('the wall shows of a secret motion its question and its sides until it closes, and what came of it then', async () => {
  const props = $state({ room: new Room('w'), poll: motion });
  wall = mount(Question, { target: document.body, props });
  const text = () => document.body.textContent;
  await expect.poll(text, { timeout: 10_000 }).toContain('Against it');
  expect(text()).not.toMatch(/Carried|41|23/);
  expect(text()).toContain('Members vote with their personal link.'); // the code on the wall is for guests
  props.poll = { ...motion, state: 'closed', closed_at: '2026-01-01T10:05:00Z' };
  flushSync();
  expect(text()).not.toMatch(/Carried|41|23/); // the host has not let it out
  props.poll = { ...motion, state: 'closed', closed_at: '2026-01-01T10:05:00Z', published_at: '2026-01-01T10:05:00Z' };
  flushSync();
  await expect.poll(text, { timeout: 10_000 }).toContain('Carried');
  expect(text()).toMatch(/41 votes/);
});
