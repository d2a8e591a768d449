import { expect, test } from 'vitest';
import { OPENING_MS, wait } from './spread';

const opened = '2026-03-01T10:00:00Z';
const at = Date.parse(opened);

test('a hall that sees a motion open asks over a time, evenly', () => {
  const members = 2000;
  const slots = new Array<number>(15).fill(0);
  for (let i = 0; i < members; i++) {
    const ms = wait(opened, at + 20, i / members);
    slots[Math.floor((ms / OPENING_MS) * slots.length)]! += 1;
  }
  expect(Math.max(...slots)).toBeLessThanOrEqual(members / slots.length + 1);
  expect(Math.min(...slots)).toBeGreaterThan(0);
});

test('a clock that lies behind the opening changes nothing', () => {
  expect(wait(opened, at - 400, 0.5)).toBe(OPENING_MS / 2);
});

test('who comes later does not wait', () => {
  expect(wait(opened, at + OPENING_MS, 0.9)).toBe(0);
  expect(wait(undefined, at, 0.9)).toBe(0);
});
