// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Viewer } from './whep';

class Connection {
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  transport = { state: 'connected', onstatechange: null as (() => void) | null };
  closed = false;
  constructor() { made.push(this); }
  addTransceiver(): object { return { receiver: { track: {} } }; }
  async createOffer(): Promise<object> { return { type: 'offer', sdp: 'a=ice-ufrag:mine' }; }
  async setLocalDescription(): Promise<void> { /* nothing to do */ }
  async setRemoteDescription(): Promise<void> {
    this.become('connected');
    log.push('connected');
  }
  addEventListener(): void { /* the state does not change while it is waited for */ }
  removeEventListener(): void { /* as above */ }
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  async getStats(): Promise<object> { return new Map(); }
  getReceivers(): object[] { return [{ transport: this.transport }]; }
  close(): void { this.closed = true; }
  goodbye(): void {
    this.transport.state = 'closed';
    this.transport.onstatechange?.();
  }
}

let made: Connection[];
let log: string[];
let reachable: boolean;
let known: boolean;
let viewer: Viewer;

beforeEach(async () => {
  vi.useFakeTimers();
  made = [];
  log = [];
  reachable = known = true;
  let session = 0;
  vi.stubGlobal('RTCPeerConnection', Connection);
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    log.push(`${init.method} ${url.split('/').at(-1)}`);
    if (!reachable) throw new TypeError('Failed to fetch');
    if (init.method === 'PATCH') return new Response('a=ice-ufrag:theirs', { status: known ? 200 : 404 });
    return new Response('answer', { status: 201, headers: { Location: `/api/webinars/w/whep/s${++session}` } });
  });
  viewer = new Viewer('w', { audio: 1, video: 1, ontracks: () => undefined });
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['POST whep', 'connected']);
  log = [];
});
afterEach(() => {
  viewer.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('closing tells the server, unless it has ended the session itself', async () => {
  viewer.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['DELETE s1']);
  expect(made[0]?.closed).toBe(true);
});

test('the end of the webinar leaves nothing to tell', async () => {
  viewer.over();
  viewer.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual([]);
  expect(made[0]?.closed).toBe(true);
});

test('a goodbye of the server is answered by a new connection, and not by an end of the old one', async () => {
  made[0]?.goodbye();
  await vi.advanceTimersByTimeAsync(500);
  expect(log).toEqual(['POST whep', 'connected']);
  expect(made[0]?.closed).toBe(true);
});

test('a server that was started again is connected to at once', async () => {
  viewer.serverLost();
  viewer.serverBack(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['POST whep', 'connected']);
});

test('a connection that waits for its next try does not wait longer once the server is back', async () => {
  reachable = false;
  made[0]?.goodbye();
  await vi.advanceTimersByTimeAsync(20_000);
  viewer.serverLost();
  log = [];
  reachable = true;
  viewer.serverBack(false);
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['POST whep', 'connected']);
});

test('a connection younger than the break, or of the same server, is left alone', async () => {
  viewer.serverLost();
  viewer.serverBack(false);
  viewer.serverLost();
  made[0]?.goodbye();
  await vi.advanceTimersByTimeAsync(500);
  expect(log).toEqual(['POST whep', 'connected']);
  viewer.serverBack(true);
  await vi.advanceTimersByTimeAsync(5000);
  expect(made).toHaveLength(2);
});

test('a connection that breaks is kept, on another path', async () => {
  made[0]?.become('disconnected');
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['PATCH s1', 'connected']);
  expect(made[0]?.closed).toBe(false);
});

test('another network is told to the server before anything has failed', async () => {
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['PATCH s1', 'connected']);
});

test('what the server has forgotten is made anew at once', async () => {
  known = false;
  made[0]?.become('disconnected');
  await vi.advanceTimersByTimeAsync(500);
  expect(log).toEqual(['PATCH s1', 'DELETE s1', 'POST whep', 'connected']);
  expect(made[0]?.closed).toBe(true);
});

test('a break of ten seconds ends within a second of its end', async () => {
  reachable = false;
  made[0]?.become('disconnected');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(new Set(log)).toEqual(new Set(['PATCH s1']));
  log = [];
  reachable = true;
  await vi.advanceTimersByTimeAsync(1000);
  expect(log).toEqual(['PATCH s1', 'connected']);
  expect(made).toHaveLength(1);
});
