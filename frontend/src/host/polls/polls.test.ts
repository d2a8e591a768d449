// @vitest-environment happy-dom
import { mount, unmount } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { load } from '../i18n';
import type { Poll } from '../calls';
import Polls from './Polls.svelte';
import { unshown } from './rounds';

afterEach(() => vi.unstubAllGlobals());

test('a poll names its series, whatever state it is in', async () => {
  await language.start(load);
  const poll = { id: 'p', first: 'p', question: 'Who becomes chair?', kind: 'single', state: 'draft', position: 1, round: 1, secrecy: 'anonymous', results: 'voted', held: true, series: 'Elections', options: [{ id: 'a', text: 'Ada' }, { id: 'b', text: 'Bob' }], rules: { least: 1, most: 1 } };
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([poll])));
  const page = mount(Polls, { target: document.body, props: { id: 'w', lang: 'en', editable: true } });
  await vi.waitFor(() => expect(document.body.textContent).toContain('2 options · series “Elections”'), 10_000);
  await unmount(page);
});

test('a poll of words says that nobody sees any of them yet, and no longer once one is shown', () => {
  const poll = (kind: string, total: number, texts: string[]) => ({ kind, tally: { poll: 'p', total, votes: [], texts } }) as unknown as Poll;
  expect([poll('text', 2, []), poll('text', 2, ['yes']), poll('text', 0, []), poll('cloud', 1, []), poll('single', 2, [])].map(unshown)).toEqual([true, false, false, true, false]);
});
