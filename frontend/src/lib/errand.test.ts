// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { Problem } from './api';
import { Errand } from './errand.svelte';
import { language } from './lang.svelte';

const closed = () => Promise.reject(new Problem(409, 'poll-closed', 'This poll is closed.', undefined, undefined, { de: 'Diese Umfrage ist geschlossen.', en: 'This poll is closed.' }));

test('one errand at a time, and it tells whether it was done', async () => {
  const errand = new Errand();
  let arrive = () => {};
  const ran: string[] = [];
  const running = errand.run(() => {
    ran.push('first');
    return new Promise<void>((resolve) => (arrive = resolve));
  });
  expect(errand.busy).toBe(true);
  expect(await errand.run(async () => void ran.push('second'))).toBe(false);
  arrive();
  expect(await running).toBe(true);
  expect([ran, errand.busy, errand.problem]).toEqual([['first'], false, '']);
});

test('what went wrong is said in the language of the page until the next try', async () => {
  await language.use('en');
  const errand = new Errand();
  expect(await errand.run(closed)).toBe(false);
  expect([errand.busy, errand.problem]).toEqual([false, 'This poll is closed.']);
  await language.use('de');
  expect(errand.problem).toBe('Diese Umfrage ist geschlossen.');
  expect(await errand.run(async () => undefined)).toBe(true);
  expect([errand.problem, errand.error]).toEqual(['', undefined]);
});

test('what the page has against something follows the language, too, and is no error', async () => {
  await language.use('en');
  const errand = new Errand();
  await errand.run(closed);
  errand.refuse(() => language.text('error_offline'));
  const english = errand.problem;
  await language.use('de');
  expect([errand.error, errand.problem === english]).toEqual([undefined, false]);
  errand.clear();
  expect(errand.problem).toBe('');
});
