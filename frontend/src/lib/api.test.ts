// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { api, offerSDP, OFFLINE, Problem, request } from './api';

let asked: { url: string; init: RequestInit }[];
let reply: () => Response;

beforeEach(() => {
  asked = [];
  reply = () => Response.json({});
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push({ url, init });
    return reply();
  });
});
afterEach(() => vi.unstubAllGlobals());

const language = (n: number): string | null => new Headers(asked[n]?.init.headers).get('Accept-Language');

test('every call asks for sentences in the language of the page, as it is then', async () => {
  document.documentElement.lang = 'de';
  await api('get', '/api/webinars/{webinar}', { params: { webinar: 'w' } });
  await offerSDP('/api/webinars/{webinar}/whep', { params: { webinar: 'w' } }, 'v=0');
  document.documentElement.lang = 'en';
  await request('/x', { method: 'DELETE' });
  expect([language(0), language(1), language(2)]).toEqual(['de', 'de', 'en']);
  expect(new Headers(asked[1]?.init.headers).get('Content-Type')).toBe('application/sdp');
});

test('a list in a query is one value; an empty one is none', async () => {
  const publish = (muted: ('mic' | 'camera')[]) =>
    offerSDP('/api/webinars/{webinar}/whip', { params: { webinar: 'a/b' }, query: { group: 'camera', muted } }, 'v=0');
  await publish(['mic', 'camera']);
  await publish([]);
  expect(asked.map((a) => a.url)).toEqual(['/api/webinars/a%2Fb/whip?group=camera&muted=mic%2Ccamera', '/api/webinars/a%2Fb/whip?group=camera']);
});

test("a refusal is a Problem with the server's sentence, silence one without", async () => {
  reply = () => Response.json({ code: 'ended', detail: 'Vorbei.', field: 'x', request_id: 'r' }, { status: 410 });
  const call = api('post', '/api/webinars/{webinar}/leave', { params: { webinar: 'w' } });
  await expect(call).rejects.toMatchObject({ status: 410, code: 'ended', detail: 'Vorbei.', field: 'x', requestId: 'r' });
  reply = () => {
    throw new TypeError('Failed to fetch');
  };
  await expect(request('/x', {})).rejects.toEqual(new Problem(0, OFFLINE, ''));
});
