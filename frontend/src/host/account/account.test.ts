// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { load } from '../i18n';
import Password from './Password.svelte';
import Setup from './Setup.svelte';

const ada = { id: 'a', email: 'ada@example.org', name: 'Ada' };
let sent: { path: string; body: unknown }[];
let answers: Record<string, () => Response>;
let page: Record<string, unknown> | undefined;

const refused = (code: string, detail: string) => Response.json({ code, detail }, { status: 403 });
const text = () => document.body.textContent;
const button = () => [...document.querySelectorAll('button')].find((b) => b.closest('form'));

beforeEach(async () => {
  sent = [];
  answers = {};
  await language.start(load);
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    sent.push({ path, body: JSON.parse(init.body as string) });
    return Promise.resolve(answers[path]?.() ?? new Response(null, { status: 204 }));
  });
});
afterEach(async () => {
  if (page) await unmount(page);
  document.body.innerHTML = location.hash = '';
  vi.unstubAllGlobals();
});

function open(Page: typeof Setup, hash: string, done = () => undefined) {
  location.hash = hash;
  page = mount(Page, { target: document.body, props: { done } });
}

function type(label: string, value: string) {
  const field = [...document.querySelectorAll('label')].find((l) => l.textContent === label)?.htmlFor ?? '';
  const input = document.getElementById(field) as HTMLInputElement;
  input.value = value;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
}

test('a set-up link that was used is told before anything is typed', async () => {
  answers['/api/setup/link'] = () => refused('setup-done', 'no');
  open(Setup, '#used');
  await vi.waitFor(() => expect(text()).toContain('This link no longer works'), 10_000);
  expect(document.querySelector('form')).toBeNull();
  expect(document.querySelector<HTMLAnchorElement>('a.btn.primary')?.pathname).toBe('/login');
  expect(text()).toContain('plenum user password');
  expect(sent).toEqual([{ path: '/api/setup/link', body: { token: 'used' } }]);
});

test('a link without its secret asks nobody', () => {
  open(Setup, '');
  flushSync();
  expect(text()).toContain('The link is not complete');
  expect(sent).toEqual([]);
});

test('no answer is no dead link, and can be asked again', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('gone')));
  open(Setup, '#good');
  await vi.waitFor(() => expect(text()).toContain('The server does not answer.'), 10_000);
  expect(text()).not.toContain('This link no longer works');
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(null, { status: 204 })));
  document.querySelector<HTMLButtonElement>('section.card button')?.click();
  await vi.waitFor(() => expect(document.querySelector('form')).not.toBeNull(), 10_000);
});

test('a new password: whose it is, long enough, and sent once', async () => {
  answers['/api/password/link'] = answers['/api/password'] = () => Response.json(ada);
  const done = vi.fn();
  open(Password, '#secret', done);
  await vi.waitFor(() => expect(document.querySelector<HTMLInputElement>('#email')?.value).toBe(ada.email), 10_000);
  type('Password', 'too short');
  button()?.click();
  flushSync();
  expect(sent.length).toBe(1);
  expect(document.querySelector('[aria-invalid=true]')).toBe(document.activeElement);
  type('Password', 'four words nobody guesses');
  button()?.click();
  button()?.click();
  await vi.waitFor(() => expect(done).toHaveBeenCalledOnce(), 10_000);
  expect(sent.slice(1)).toEqual([{ path: '/api/password', body: { token: 'secret', password: 'four words nobody guesses' } }]);
});
