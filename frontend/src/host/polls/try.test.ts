// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { forVoters } from '../../polls/kinds';
import type { Poll } from '../calls';
import { load } from '../i18n';
import Try from './Try.svelte';

const poll = {
  id: 'p', question: 'Shall the fee be 30 €?', kind: 'single', state: 'draft', position: 1, round: 1, secrecy: 'named', results: 'closed',
  options: [{ id: 'f', text: 'For' }, { id: 'a', text: 'Against' }, { id: 'n', text: 'Abstain' }], rules: { least: 1, most: 1 },
} as unknown as Poll;
const motion = { ...poll, motion: { majority: 'simple', heads: false, abstain: true } } as Poll;
const asked = vi.fn();
let dialog: Record<string, unknown> | undefined;

beforeAll(async () => {
  await language.start(load);
  await Promise.all([forVoters('single'), import('../../polls/motion/Trial.svelte')]);
}, 30_000);
beforeEach(() => {
  vi.stubGlobal('fetch', asked);
});
afterEach(async () => {
  if (dialog) await unmount(dialog);
  expect(asked, 'nothing is sent').not.toHaveBeenCalled();
  vi.unstubAllGlobals();
});

const text = () => document.body.textContent;
const form = () => vi.waitFor(() => expect(document.querySelector('form')).not.toBeNull(), 10_000);
function send(option?: string) {
  const label = [...document.querySelectorAll('label')].find((l) => l.textContent?.trim() === option);
  label?.querySelector('input')?.click();
  flushSync();
  document.querySelector<HTMLButtonElement>('form .primary')?.click();
  flushSync();
}

test('a poll is tried: what is missing is said, then that it would count', async () => {
  dialog = mount(Try, { target: document.body, props: { poll, onclose: () => undefined } });
  await form();
  send();
  expect(document.querySelector('[role=alert]')?.textContent).toBe('Please choose an answer first.');
  send('Against');
  expect(document.querySelector('[role=alert]')?.textContent).toBe('This answer would count. It was only a trial: nothing was sent.');
});

test('a motion is tried as a member with a proxy: the own vote, then the other’s', async () => {
  dialog = mount(Try, { target: document.body, props: { poll: motion, onclose: () => undefined } });
  await form();
  send('For');
  expect(document.querySelector('legend')?.textContent).toContain('a member whom you represent');
  expect(document.querySelectorAll('input:checked').length, 'the other’s vote is not chosen yet').toBe(0);
  send('Against');
  expect(document.querySelector('form')).toBeNull();
  expect(text()).toContain('Like this the members vote, for themselves and for whom they represent.');
});
