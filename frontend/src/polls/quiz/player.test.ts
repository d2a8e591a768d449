// @vitest-environment happy-dom
import { beforeEach, expect, test } from 'vitest';
import { playAs, storedPlayer } from './player';

beforeEach(() => localStorage.clear());

test('a player keeps the id under another name, and has another one elsewhere', async () => {
  const ada = await playAs('w', 'Ada');
  expect(ada?.id).toMatch(/^[0-9a-f]{64}$/);
  expect(ada?.id).not.toBe(ada?.secret);
  expect((await playAs('w', 'Ada L.'))?.id).toBe(ada?.id);
  expect(storedPlayer('w')?.nickname).toBe('Ada L.');
  expect((await playAs('v', 'Ada'))?.id).not.toBe(ada?.id);
});

test('who does not want to play any more leaves nothing', async () => {
  await playAs('w', 'Ada');
  expect(await playAs('w', undefined)).toBeUndefined();
  expect(storedPlayer('w')).toBeUndefined();
});

test('what is unreadable is nothing', () => {
  localStorage.setItem('plenum.player.w', '{"id":5}');
  expect(storedPlayer('w')).toBeUndefined();
});
