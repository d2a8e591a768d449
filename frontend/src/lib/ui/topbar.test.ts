// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { language } from '../lang.svelte';
import { recall } from '../storage';
import { live } from './live.svelte';
import TopBar from './TopBar.svelte';

const bar = mount(TopBar, { target: document.body });
afterEach(() => void unmount(bar));

test('a language whose words cannot be had is not chosen, and that is said', async () => {
  await language.start((lang) => (lang === 'de' ? Promise.reject(new TypeError('gone')) : Promise.resolve({ default: {} })));
  flushSync();
  const select = document.querySelector('select') as HTMLSelectElement;
  select.value = 'de';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await vi.waitFor(() => expect(live.toasts.map((x) => x.text)).toEqual(['The server does not answer. Please check your connection and try again.']), 10_000);
  expect([language.current, select.value, recall('plenum.lang')]).toEqual(['en', 'en', null]);
});
