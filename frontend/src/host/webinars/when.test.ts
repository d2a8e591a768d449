import { expect, test } from 'vitest';
import { fullHour, localInput } from './when';

test('the proposal is a full hour, never in less than half an hour', () => {
  expect(localInput(fullHour(new Date(2026, 10, 23, 17, 10)))).toBe('2026-11-23T18:00');
  expect(localInput(fullHour(new Date(2026, 10, 23, 17, 30)))).toBe('2026-11-23T18:00');
  expect(localInput(fullHour(new Date(2026, 10, 23, 17, 31)))).toBe('2026-11-23T19:00');
  expect(localInput(fullHour(new Date(2026, 11, 31, 23, 45)))).toBe('2027-01-01T01:00');
});

test('what the field says is read back as the same instant', () => {
  const date = new Date(2026, 2, 29, 9, 5);
  expect(new Date(localInput(date)).getTime()).toBe(date.getTime());
});
