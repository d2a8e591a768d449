// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { language } from '../../lib/lang.svelte';
import { recordings, type Timeline } from '../calls';
import { load } from '../i18n';
import { Player } from './player.svelte';
import Viewer from './Viewer.svelte';

const timeline = {
  recording: 'r', webinar: 'w', started_at: '2026-01-01T10:00:00Z', duration_ms: 60_000, segments: [], pauses: [], chapters: [], polls: [], captions: [{ lang: 'en', url: '/en', bytes: 1 }], program: { state: 'none' },
} as unknown as Timeline;
let player: Player;
let viewer: Record<string, unknown>;

const the = <E extends HTMLElement>(query: string) => document.querySelector<E>(query)!;
const show = () => {
  player = new Player(timeline);
  viewer = mount(Viewer, { target: the('main'), props: { player, onlost: () => Promise.resolve('') } });
  flushSync();
};

/** Presses a key where the focus is. Answers whether the page may still do something with it. */
function press(key: string): boolean {
  const left = (document.activeElement ?? document.body).dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  flushSync();
  return left;
}
const all = [' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'];

beforeEach(async () => {
  localStorage.clear();
  sessionStorage.clear();
  document.body.innerHTML = '<main tabindex="-1"></main>';
  await language.start(load);
  show();
});
afterEach(() => unmount(viewer));

test('keys that scroll the page are the player’s only where the focus is', () => {
  the('input[data-seek]').focus();
  expect(all.filter(press)).toEqual([]);
  expect(player.at).toBe(60_000);
  the('input[data-seek]').blur();
  expect(all.filter(press)).toEqual(['ArrowUp', 'ArrowDown', 'Home', 'End']);
  the('main').focus(); // as a click beside everything does
  expect(all.filter(press)).toEqual(['ArrowUp', 'ArrowDown', 'Home', 'End']);
  document.body.insertAdjacentHTML('beforeend', '<a href="/" id="elsewhere">x</a>');
  the('#elsewhere').focus();
  expect(all.filter(press)).toEqual(all);
  expect(press('k')).toBe(false);
});

test('letters, digits and signs can be switched off, and stay so', async () => {
  press('m');
  expect(player.muted).toBe(true);
  press('?');
  expect(the<HTMLDialogElement>('dialog').open).toBe(true);
  the('dialog input').click();
  the<HTMLDialogElement>('dialog').close();
  const off = () => ['m', 'k', '5', '<', '?'].filter(press);
  expect(off()).toHaveLength(5);
  the('input[data-seek]').focus();
  expect(press('End')).toBe(false);
  await unmount(viewer);
  show();
  expect(off()).toHaveLength(5);
  the('dialog input').click();
  flushSync();
  expect(off()).toEqual([]);
});

test('what lies under the pointer is not spoken', () => {
  the('.seek').dispatchEvent(new PointerEvent('pointermove', { clientX: 5, bubbles: true }));
  flushSync();
  expect(the('.peek').getAttribute('aria-hidden')).toBe('true');
  expect(document.querySelector('output')).toBeNull();
});

test('captions are as large as somebody chose, also the next time', async () => {
  vi.spyOn(recordings, 'captions').mockResolvedValue('WEBVTT');
  const choice = () => [...document.querySelectorAll('label')].find((l) => l.textContent.includes('Text size'))?.querySelector('select');
  const shown = () => the('.box').style.getPropertyValue('--said');
  expect(choice()).toBeUndefined(); // nobody reads any
  player.captions = 'en';
  flushSync();
  expect([choice()?.value, shown()]).toEqual(['1', '1']);
  const select = choice()!;
  select.value = '1.9';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  flushSync();
  expect(shown()).toBe('1.9');
  await unmount(viewer);
  show();
  expect(shown()).toBe('1.9');
});
