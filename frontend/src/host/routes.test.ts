import { expect, test } from 'vitest';
import { parse, safeNext, secret } from './routes';

test('each page has its address', () => {
  expect(parse('/')).toEqual({ page: 'home' });
  expect(parse('/webinars')).toEqual({ page: 'home' });
  expect(parse('/setup')).toEqual({ page: 'setup' });
  expect(parse('/password')).toEqual({ page: 'password' });
  expect(parse('/webinars/abc')).toEqual({ page: 'webinar', id: 'abc' });
  expect(parse('/stage/abc/')).toEqual({ page: 'stage', id: 'abc' });
  expect(parse('/s/abc')).toEqual({ page: 'speaker', id: 'abc' });
  expect(parse('/recordings/abc')).toEqual({ page: 'recordings', id: 'abc' });
  expect(parse('/recordings/abc/r-1/')).toEqual({ page: 'player', id: 'abc', recording: 'r-1' });
});

test.each(['/nonsense', '/stage', '/stage/a/b', '/recordings/a/b/c', '/recordings/a/..%2f', '/constructor/x', '/s/..%2f', '/setup/x', '/password/x'])('%s is nobody’s page', (path) => {
  expect(parse(path)).toEqual({ page: 'unknown' });
});

test('secrets come out of the fragment', () => {
  expect(secret('#abc')).toBe('abc');
  expect(secret('#t=tk_1', 't')).toBe('tk_1');
  expect(secret('', 't')).toBe('');
});

test('the way back never leaves the site', () => {
  expect(safeNext('?next=/stage/abc')).toBe('/stage/abc');
  expect(safeNext('?next=//evil.example/webinars/x')).toBe('/');
  expect(safeNext('?next=https://evil.example/')).toBe('/');
  expect(safeNext('')).toBe('/');
});
