import { expect, test } from 'vitest';
import type { Poll } from '../../lib/room.svelte';
import { magnified, scattered, words } from './cloud';

const poll = (texts: string[], votes: number[]) => ({ tally: { poll: 'p', total: 9, texts, votes } }) as unknown as Poll;

test('the largest word stands in the middle', () => {
  expect(scattered(['a', 'b', 'c', 'd', 'e'])).toEqual(['d', 'b', 'a', 'c', 'e']);
  expect(scattered([])).toEqual([]);
});

test('words are as large as they are frequent, by area', () => {
  const list = words(poll(['a', 'b', 'c'], [9, 4, 1]));
  expect(list.map((w) => w.weight)).toEqual([1, 0.5, 0]);
  expect(words(poll(['a', 'b'], [3, 3])).map((w) => w.weight)).toEqual([0.6, 0.6]);
  expect(words({ tally: undefined } as unknown as Poll)).toEqual([]);
  expect(words(poll(['a'], [1]))[0]?.weight).toBe(0.6);
});

test('few words are drawn larger, as long as the longest and all of them fit', () => {
  expect(magnified(words(poll(['trust', 'fun'], [3, 1])))).toBe(2);
  expect(magnified(words(poll(['Verantwortungsbewusstsein'], [1])))).toBeLessThan(1.2);
  const many = Array.from({ length: 80 }, (_, i) => `word${i}`);
  expect(magnified(words(poll(many, many.map(() => 1))))).toBe(1);
  expect(magnified([])).toBe(2);
});
