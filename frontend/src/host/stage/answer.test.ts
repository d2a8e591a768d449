import { expect, test, vi } from 'vitest';
import { Problem } from '../../lib/api';
import type { ConsentAnswer, MyConsent } from '../calls';
import { type AnswerOptions, pageClock, sendAnswer } from './answer';

const notice = { hash: 'abc', lang: 'de', text: 'Text' } as const;
const mine: MyConsent = { recording: 'r', state: 'granted', scopes: ['audio'], publish: false };

function options(more: Partial<AnswerOptions>): AnswerOptions {
  return { act: 'grant', notice, key: 'k', roundTrip: async () => 42, send: async () => mine, wait: async () => undefined, ...more };
}

test('an answer carries the notice that was shown, the click and the instant of sending', async () => {
  const sent: ConsentAnswer[] = [];
  const send = async (a: ConsentAnswer) => (sent.push(a), mine);
  await sendAnswer(options({ click: 1000.5, scopes: ['audio'], publish: true, now: () => 1010, send }));
  expect(sent).toEqual([
    { act: 'grant', hash: 'abc', lang: 'de', key: 'k', publish: true, scopes: ['audio'], click_ms: 1000.5, epoch_ms: 1010, rtt_ms: 42 },
  ]);
});

test('a repetition keeps key and click and renews the instant of sending', async () => {
  const sent: ConsentAnswer[] = [];
  let clock = 0;
  const send = async (a: ConsentAnswer) => {
    sent.push(a);
    if (sent.length < 3) throw new Problem(sent.length === 1 ? 0 : 503, 'x', '');
    return mine;
  };
  expect(await sendAnswer(options({ click: 5, now: () => (clock += 100), send }))).toBe(mine);
  expect(sent.map((a) => [a.key, a.click_ms, a.epoch_ms])).toEqual([['k', 5, 100], ['k', 5, 200], ['k', 5, 300]]);
});

test('what the server refuses is not sent again, and an endless outage ends in an error', async () => {
  const refused = vi.fn(async () => Promise.reject(new Problem(409, 'not-shown', '')));
  await expect(sendAnswer(options({ send: refused }))).rejects.toMatchObject({ code: 'not-shown' });
  expect(refused).toHaveBeenCalledTimes(1);
  const dead = vi.fn(async () => Promise.reject(new Problem(0, 'offline', '')));
  await expect(sendAnswer(options({ send: dead }))).rejects.toMatchObject({ code: 'offline' });
  expect(dead).toHaveBeenCalledTimes(5);
});

test('an unknown round trip is left out, and the page clock does not follow Date.now', async () => {
  const sent: ConsentAnswer[] = [];
  await sendAnswer(options({ roundTrip: async () => undefined, send: async (a) => (sent.push(a), mine) }));
  expect(sent[0]).not.toHaveProperty('rtt_ms');
  const before = pageClock();
  vi.spyOn(Date, 'now').mockReturnValue(0);
  expect(pageClock()).toBeGreaterThanOrEqual(before);
  vi.restoreAllMocks();
});
