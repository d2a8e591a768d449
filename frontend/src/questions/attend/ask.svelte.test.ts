// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { expect, test, vi } from 'vitest';
import { load } from '../../attendee/i18n';
import { language } from '../../lib/lang.svelte';
import type { Box } from '../box.svelte';
import { words } from '../words';
import Ask from './Ask.svelte';

test('what is said of a question that waits for the host goes when it waits no more', async () => {
  await language.start(load);
  await language.add(words);
  const state = $state({ rules: { open: true, moderated: true, anonymous: true }, list: [] as { mine: boolean; state: string }[], error: undefined, ask: vi.fn(() => Promise.resolve('sent')) });
  const box = state as unknown as Box;
  const form = mount(Ask, { target: document.body, props: { box, me: '' } });
  const said = () => document.querySelector('form')?.textContent;
  document.querySelector('textarea')!.focus();
  flushSync();
  const field = document.querySelector('textarea')!;
  field.value = 'Is there a list of sources?';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  document.querySelector('form')!.requestSubmit();
  await vi.waitFor(() => expect(said()).toContain('Sent. The host looks at it first.'));
  state.list = [{ mine: true, state: 'new' }];
  flushSync();
  expect(said()).toContain('Sent. The host looks at it first.');
  state.list = [{ mine: true, state: 'shown' }];
  flushSync();
  expect(said()).not.toContain('Sent.');
  await unmount(form);
});
