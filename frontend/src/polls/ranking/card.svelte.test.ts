// @vitest-environment happy-dom
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { load } from '../../attendee/i18n';
import { language } from '../../lib/lang.svelte';
import type { Poll } from '../../lib/room.svelte';
import { type Answer, type CardParts, forVoters } from '../kinds';
import Card from './Card.svelte';

const poll = { id: 'p', question: 'What first?', kind: 'ranking', state: 'open', options: [{ id: 'a', text: 'A' }, { id: 'b', text: 'B' }], rules: {} } as unknown as Poll;
const needed = 'The order is still the one by chance.';
let card: Record<string, unknown> | undefined;

beforeAll(async () => {
  await language.start(load);
  await forVoters('ranking');
});
afterEach(async () => {
  if (card) await unmount(card);
});

function shown(start?: Answer): CardParts {
  card = mount(Card, { target: document.body, props: { poll, start, locked: false, busy: false, webinar: 'w' } });
  return card as unknown as CardParts;
}
const box = () => document.querySelector<HTMLInputElement>('input[type=checkbox]');
const order = () => [...document.querySelectorAll('li')].map((li) => li.querySelector('.text')?.textContent.toLowerCase());

test('an order that nobody touched is not sent until somebody says that it is meant so', () => {
  const parts = shown();
  expect(box()).toBeNull();
  expect(parts.read()).toContain(needed);
  flushSync();
  expect(parts.read()).toContain(needed); // pressing once more says nothing
  box()?.click();
  flushSync();
  expect(parts.read()).toEqual({ options: order() });
});

test('one move, or a place named by its number, is the person’s own order', () => {
  let parts = shown();
  document.querySelector<HTMLButtonElement>('.move:not(:disabled)')?.click();
  flushSync();
  expect(parts.read()).toEqual({ options: order() });
  void unmount(card!);
  parts = shown();
  document.querySelector('.grip')?.dispatchEvent(new KeyboardEvent('keydown', { key: '1', bubbles: true }));
  flushSync();
  expect(parts.read()).toEqual({ options: order() });
});

test('an answer that was given before may be sent as it was', () => {
  expect(shown({ options: ['b', 'a'] }).read()).toEqual({ options: ['b', 'a'] });
});
