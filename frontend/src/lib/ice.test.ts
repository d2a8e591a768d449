import { expect, test, vi } from 'vitest';
import { fragmentOf, Lifeline, type Restarted, withICE } from './ice';
import { relaysOf } from './relays';

const OFFER = [
  'v=0', 'a=group:BUNDLE 0 1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=ice-ufrag:mine', 'a=ice-pwd:secret', 'a=fingerprint:sha-256 AA', 'a=mid:0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=ice-ufrag:mine', 'a=ice-pwd:secret', 'a=mid:1', '',
].join('\r\n');
const ANSWER = 'v=0\r\nm=audio 9\r\na=ice-ufrag:old\r\na=ice-pwd:oldpwd\r\na=candidate:1 old\r\na=end-of-candidates\r\nm=video 9\r\na=ice-ufrag:old\r\na=ice-pwd:oldpwd\r\n';
const FRAGMENT = 'm=audio 9\r\na=ice-ufrag:new\r\na=ice-pwd:newpwd\r\na=candidate:1 new\r\na=candidate:2 new\r\na=end-of-candidates\r\n';
const gone = new Error('gone');
const RELAYS = [{ urls: 'turn:h:3478', username: 'u', credential: 'c' }];

class Connection {
  connectionState = 'connected';
  set: string[] = [];
  servers: RTCIceServer[] | undefined;
  #heard = new Set<() => void>();
  async createOffer(): Promise<object> { return { type: 'offer', sdp: OFFER }; }
  async setLocalDescription(): Promise<void> { this.set.push('offer'); }
  async setRemoteDescription(d: { sdp: string }): Promise<void> { this.set.push(d.sdp); }
  getConfiguration(): object { return {}; }
  setConfiguration(c: RTCConfiguration): void { this.servers = c.iceServers; }
  addEventListener(_: string, f: () => void): void { this.#heard.add(f); }
  removeEventListener(_: string, f: () => void): void { this.#heard.delete(f); }
  become(state: string): void {
    this.connectionState = state;
    for (const f of this.#heard) f();
  }
}

function lifeline(pc: Connection, options: { relays?: RTCIceServer[]; restart?: (fragment: string) => Promise<Restarted>; wait?: () => Promise<void> } = {}) {
  const restart = vi.fn(options.restart ?? (async () => ({ fragment: FRAGMENT, relays: [] })));
  const onlost = vi.fn();
  const line = new Lifeline({
    pc: pc as unknown as RTCPeerConnection, answer: ANSWER, relays: options.relays ?? [], restart, onlost,
    hopeless: (e) => e === gone, wait: options.wait ?? (() => new Promise((resolve) => setTimeout(resolve))),
  });
  return { line, restart, onlost };
}

test('a fragment has the credentials of the line that carries the bundle, and no more', () => {
  expect(fragmentOf(OFFER)).toBe('a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:mine\r\na=ice-pwd:secret\r\na=mid:0\r\n');
});

test('an answer takes over another ICE session in every line', () => {
  expect(withICE(ANSWER, FRAGMENT)).toBe(
    'v=0\r\nm=audio 9\r\na=ice-ufrag:new\r\na=ice-pwd:newpwd\r\na=candidate:1 new\r\na=candidate:2 new\r\na=end-of-candidates\r\nm=video 9\r\na=ice-ufrag:new\r\na=ice-pwd:newpwd\r\n',
  );
});

test('relays are read out of a Link header', () => {
  const header = '<turn:h:3478?transport=udp>; rel="ice-server"; username="1:a,b"; credential="c;=="; credential-type="password", <https://h/>; rel="help", <turns:h:5349>; rel="ice-server"; username="u"; credential="p"';
  expect(relaysOf(header)).toEqual([
    { urls: 'turn:h:3478?transport=udp', username: '1:a,b', credential: 'c;==' },
    { urls: 'turns:h:5349', username: 'u', credential: 'p' },
  ]);
  expect(relaysOf(null)).toEqual([]);
});

test('the old ICE session is left alone until the server has agreed', async () => {
  const pc = new Connection();
  let agree: (r: Restarted) => void = () => undefined;
  const { line, onlost } = lifeline(pc, { restart: () => new Promise((resolve) => (agree = resolve)), wait: () => new Promise(() => undefined) });
  line.doubt();
  await vi.waitFor(() => expect(agree).toBeDefined());
  await new Promise((resolve) => setTimeout(resolve));
  expect(pc.set).toEqual([]);
  agree({ fragment: FRAGMENT, relays: [] });
  await vi.waitFor(() => expect(pc.set).toEqual(['offer', withICE(ANSWER, FRAGMENT)]));
  expect(onlost).not.toHaveBeenCalled();
});

test('an answer that does not come is asked for again, a refusal is the end', async () => {
  const pc = new Connection();
  let n = 0;
  const { line, restart, onlost } = lifeline(pc, { restart: async () => Promise.reject(++n < 4 ? new TypeError('offline') : gone) });
  line.doubt();
  await vi.waitFor(() => expect(onlost).toHaveBeenCalledTimes(1));
  expect(restart).toHaveBeenCalledTimes(4);
  expect(new Set(restart.mock.calls.map(([fragment]) => fragment))).toHaveLength(1);
  line.doubt();
  await new Promise((resolve) => setTimeout(resolve));
  expect(restart).toHaveBeenCalledTimes(4);
});

test('a question that hangs does not keep the next one waiting, and the first answer counts', async () => {
  const pc = new Connection();
  const answers: ((r: Restarted) => void)[] = [];
  const rounds: (() => void)[] = [];
  const { line, restart } = lifeline(pc, {
    restart: () => new Promise((resolve) => answers.push(resolve)),
    wait: () => new Promise((resolve) => rounds.push(resolve)),
  });
  line.doubt();
  await vi.waitFor(() => expect(restart).toHaveBeenCalledTimes(1));
  rounds.at(-1)?.();
  await vi.waitFor(() => expect(restart).toHaveBeenCalledTimes(2));
  answers[1]?.({ fragment: FRAGMENT, relays: [] });
  await vi.waitFor(() => expect(pc.set).toEqual(['offer', withICE(ANSWER, FRAGMENT)]));
  answers[0]?.({ fragment: FRAGMENT, relays: [] });
  await new Promise((resolve) => setTimeout(resolve));
  expect(pc.set).toHaveLength(2);
  expect(restart).toHaveBeenCalledTimes(2);
});

test('who never gets through goes through the relays, with fresh credentials', async () => {
  const pc = new Connection();
  pc.connectionState = 'connecting';
  const fresh = [{ urls: 'turn:h:3478', username: 'later', credential: 'd' }];
  let waits = 0;
  const wait = async (): Promise<void> => (waits++ === 0 ? undefined : new Promise(() => undefined));
  const { onlost } = lifeline(pc, { relays: RELAYS, restart: async () => ({ fragment: FRAGMENT, relays: fresh }), wait });
  await vi.waitFor(() => expect(pc.servers).toEqual(fresh));
  pc.become('connected');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(onlost).not.toHaveBeenCalled();
});

test('a path that is lost for good is tried directly, then through the relays, then given up', async () => {
  const pc = new Connection();
  const { line, restart, onlost } = lifeline(pc, { relays: RELAYS });
  await new Promise((resolve) => setTimeout(resolve));
  pc.become('disconnected');
  line.doubt();
  await vi.waitFor(() => expect(onlost).toHaveBeenCalledTimes(1));
  expect(restart).toHaveBeenCalledTimes(2);
  expect(pc.servers).toEqual(RELAYS);
});

test('without relays a connection that never comes is given up', async () => {
  const pc = new Connection();
  pc.connectionState = 'connecting';
  const { restart, onlost } = lifeline(pc);
  await vi.waitFor(() => expect(onlost).toHaveBeenCalledTimes(1));
  expect(restart).not.toHaveBeenCalled();
});
