// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { forVoters } from '../../polls/kinds';
import { load } from '../i18n';
import PollNow from './PollNow.svelte';
import type { PollPart } from './score';

const result = {
  id: 'p', question: 'Dismiss?', kind: 'single', state: 'closed', opened_at: '2026-01-01T10:00:00Z', closed_at: '2026-01-01T10:05:00Z', published_at: '2026-01-01T10:05:00Z', position: 1, round: 1,
  secrecy: 'secret', results: 'closed', voted: false, options: [{ id: 'f', text: 'For it' }, { id: 'a', text: 'Against it' }, { id: 'n', text: 'Abstain' }], rules: { least: 1, most: 1 },
  motion: { majority: 'simple', heads: false, abstain: true }, tally: { poll: 'p', total: 7, votes: [4, 2, 1], motion: { votes: [41, 23, 1], invalid: 0, on_paper: 0, decision: 'carried' } },
};
const part = { id: 'p', question: 'Dismiss?', options: ['For it', 'Against it', 'Abstain'], total: 7, few: false, result } as unknown as PollPart;
let shown: Record<string, unknown> | undefined;

beforeAll(async () => {
  await language.start(load);
  await forVoters('single');
});
afterEach(async () => {
  if (shown) await unmount(shown);
});

test('the player shows of a secret motion what was known at the moment that is watched', async () => {
  const props = $state({ poll: part, closed: false, webinar: 'w' });
  shown = mount(PollNow, { target: document.body, props });
  const text = () => document.body.textContent;
  expect(text()).toContain('Against it');
  expect(text()).not.toMatch(/Carried|41|23/);
  props.closed = true;
  flushSync();
  await expect.poll(text, { timeout: 10_000 }).toContain('Carried');
  expect(text()).toMatch(/41 votes/);
  expect(text()).toContain('The vote was secret.');
  props.poll = { ...part, result: undefined, total: 3, few: true };
  flushSync();
  expect(text()).toContain('3 people answered. To protect them');
  expect(text()).not.toMatch(/Carried|41|23/);
});
