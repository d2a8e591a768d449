// @vitest-environment happy-dom
import { mount, unmount } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { load } from '../i18n';
import Polls from './Polls.svelte';

afterEach(() => vi.unstubAllGlobals());

test('a poll names its series, whatever state it is in', async () => {
  await language.start(load);
  const poll = { id: 'p', first: 'p', question: 'Who becomes chair?', kind: 'single', state: 'draft', position: 1, round: 1, secrecy: 'anonymous', results: 'voted', held: true, series: 'Elections', options: [{ id: 'a', text: 'Ada' }, { id: 'b', text: 'Bob' }], rules: { least: 1, most: 1 } };
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([poll])));
  const page = mount(Polls, { target: document.body, props: { id: 'w', lang: 'en', editable: true } });
  await vi.waitFor(() => expect(document.body.textContent).toContain('2 options · series “Elections”'), 10_000);
  await unmount(page);
});
