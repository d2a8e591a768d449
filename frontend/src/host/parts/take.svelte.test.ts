// @vitest-environment happy-dom
import { createRawSnippet, flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { load } from '../i18n';
import Take from './Take.svelte';

let taken: string[];
let take: Record<string, unknown>;

beforeEach(async () => {
  taken = [];
  await language.start(load);
  const children = createRawSnippet(() => ({ render: () => '<b>All files</b>' }));
  take = mount(Take, { target: document.body, props: { href: '/masters.zip', children } });
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    taken.push(this.getAttribute('href') ?? '');
  });
});
afterEach(async () => {
  await unmount(take);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const press = () => {
  const e = new MouseEvent('click', { bubbles: true, cancelable: true });
  document.querySelector('a')?.dispatchEvent(e);
  return e.defaultPrevented;
};
const told = () => {
  flushSync();
  return document.querySelector('[role=alert]')?.textContent;
};

test('a file that is refused is a sentence, not a failed download', async () => {
  const refusals = [[503, 'The store for recordings does not answer.'], [404, 'There is no such recording.']] as const;
  for (const [status, detail] of refusals) {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ code: 'no', detail }), { status })));
    expect(press()).toBe(true); // else the browser asks for it by itself
    await expect.poll(told).toContain(detail);
  }
  expect(taken).toEqual([]);
});

test('a file that is given is taken once, and what was only asked for is not read', async () => {
  const cancelled = vi.fn();
  const fetched = vi.fn(() => Promise.resolve(new Response(new ReadableStream({ cancel: cancelled }))));
  vi.stubGlobal('fetch', fetched);
  press();
  press();
  await expect.poll(() => taken).toEqual(['/masters.zip']);
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(cancelled).toHaveBeenCalledTimes(1);
  expect(told()).toBeUndefined();
});
