// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { type Kind, kindOf, type Mutes, Publication, type PublicationState, type WhipServer } from './whip';

interface Track { kind: 'audio' | 'video'; enabled: boolean; contentHint: string; stop: () => void; getSettings: () => object }

interface Layer { rid?: string; active: boolean }

class Connection {
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  transport = { state: 'connected', onstatechange: null as (() => void) | null };
  closed = false;
  async createOffer(): Promise<object> { return { type: 'offer', sdp: 'a=ice-ufrag:mine' }; }
  /** Which layers of the picture are on. */
  layers: Layer[] = [];
  addTransceiver(track: Track, init: { sendEncodings: { rid?: string }[] }): object {
    const sender = {
      getParameters: () => ({ encodings: this.layers.map((e) => ({ ...e })) }),
      setParameters: async (p: { encodings: Layer[] }) => { this.layers = p.encodings; },
    };
    if (track.kind === 'video') this.layers = init.sendEncodings.map((e) => ({ ...e, active: true }));
    return { sender, setCodecPreferences: () => undefined };
  }
  on(): string { return this.layers.filter((e) => e.active).map((e) => e.rid).join(''); }
  async setLocalDescription(): Promise<void> { /* nothing to do */ }
  async setRemoteDescription(): Promise<void> { /* nothing to do */ }
  addEventListener(): void { /* tests look for themselves */ }
  removeEventListener(): void { /* as above */ }
  getSenders(): object[] { return [{ transport: this.transport }]; }
  close(): void { this.closed = true; }
  become(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  goodbye(): void {
    this.transport.state = 'closed';
    this.transport.onstatechange?.();
  }
}

const gone = new Error('gone');
const refused = new Error('refused');
const unasked = new Error('unasked');
let log: string[];
let states: PublicationState[];
let made: Connection[];
let mic: Track;
let camera: Track;
/** Whether ICE can be restarted. */
let path: boolean;
let answer: (call: string) => Promise<void>;

function track(kind: Track['kind']): Track {
  let on = true;
  return {
    kind, contentHint: '', stop: () => undefined, getSettings: () => ({ width: 1280, height: 720 }),
    get enabled() { return on; },
    set enabled(value: boolean) { on = value; log.push(`${kind} ${value ? 'on' : 'off'}`); },
  };
}

function publication(options: { muted?: Mutes; onStage?: () => Promise<boolean>; wait?: () => Promise<void> } = {}): Publication {
  let session = 0;
  const server: WhipServer = {
    async publish(_group, _offer, muted: Kind[]) {
      log.push(`publish ${muted.join()}`);
      await answer('publish');
      return { session: `s${++session}`, answer: 'answer', relays: [] };
    },
    async restart(id) {
      if (!path) throw gone;
      log.push(`restart ${id}`);
      return { fragment: 'a=ice-ufrag:theirs', relays: [] };
    },
    async mute(id, mutes) {
      log.push(`mute ${id} ${JSON.stringify(mutes)}`);
      await answer('mute');
      log.push('mute answered');
    },
    async unpublish(id) { log.push(`unpublish ${id}`); },
  };
  return new Publication({
    group: 'camera',
    stream: { getTracks: () => [mic, camera] } as unknown as MediaStream,
    server,
    verdicts: { gone: (e) => e === gone, final: (e) => e === refused || e === unasked, unasked: (e) => e === unasked },
    ...(options.muted ? { muted: options.muted } : {}),
    onStage: options.onStage ?? (async () => false),
    onState: (s) => states.push(s),
    connection: () => {
      const c = new Connection();
      made.push(c);
      return c as unknown as RTCPeerConnection;
    },
    wait: options.wait ?? (async () => undefined),
  });
}

beforeEach(() => {
  log = [];
  states = [];
  made = [];
  path = false;
  answer = async () => undefined;
  mic = track('audio');
  camera = track('video');
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: [] }) });
});

test('muting silences first and tells the server then', async () => {
  const p = publication();
  await p.start();
  log = [];
  await p.setMuted('mic', true);
  expect(log).toEqual(['audio off', 'mute s1 {"mic":true}', 'mute answered']);
});

test('unmuting tells the server first and lets sound out then', async () => {
  const p = publication({ muted: { mic: true } });
  await p.start();
  log = [];
  await p.setMuted('mic', false);
  expect(log).toEqual(['mute s1 {"mic":false}', 'mute answered', 'audio on']);
});

test('a mute that overtakes an unmute wins', async () => {
  const p = publication({ muted: { mic: true } });
  await p.start();
  const on = p.setMuted('mic', false);
  const off = p.setMuted('mic', true);
  await Promise.all([on, off]);
  expect(mic.enabled).toBe(false);
  expect(log.filter((l) => l.startsWith('mute s1'))).toEqual(['mute s1 {"mic":false}', 'mute s1 {"mic":true}']);
});

test('what the server does not confirm stays silent', async () => {
  const p = publication({ muted: { mic: true } });
  await p.start();
  answer = async () => Promise.reject(new Error('503'));
  await expect(p.setMuted('mic', false)).rejects.toThrow('503');
  expect(mic.enabled).toBe(false);
});

test('what is muted from the start is off before the offer, and the offer says so', async () => {
  const p = publication({ muted: { mic: true, camera: false } });
  await p.start();
  expect(log.slice(0, 2)).toEqual(['audio off', 'publish mic']);
  expect(mic.enabled).toBe(false);
  expect(camera.enabled).toBe(true);
});

test('a lost connection is published again with what is muted', async () => {
  const p = publication();
  await p.start();
  made[0]?.become('connected');
  await p.setMuted('camera', true);
  made[0]?.become('failed');
  await vi.waitFor(() => expect(made).toHaveLength(2));
  await vi.waitFor(() => expect(log).toContain('publish camera'));
  made[1]?.become('connected');
  expect(states).toEqual(['live', 'reconnecting', 'live']);
  expect(made[0]?.closed).toBe(true);
});

test('a broken path is replaced by another, on the same connection', async () => {
  const p = publication();
  await p.start();
  made[0]?.become('connected');
  path = true;
  log = [];
  made[0]?.become('disconnected');
  await vi.waitFor(() => expect(log).toEqual(['restart s1']));
  made[0]?.become('connected');
  expect(states).toEqual(['live', 'reconnecting', 'live']);
  expect(made).toHaveLength(1);
  await p.stop();
});

test('a goodbye of the server with somebody else in the place is another window', async () => {
  const p = publication({ onStage: async () => true });
  await p.start();
  made[0]?.become('connected');
  answer = async (call) => (call === 'mute' ? Promise.reject(gone) : undefined);
  made[0]?.goodbye();
  await vi.waitFor(() => expect(p.state).toBe('replaced'));
  expect(made).toHaveLength(1);
});

test('a goodbye without anybody in the place is a restart of the server', async () => {
  const p = publication({ onStage: async () => false });
  await p.start();
  made[0]?.become('connected');
  answer = async (call) => (call === 'mute' ? Promise.reject(gone) : undefined);
  made[0]?.goodbye();
  await vi.waitFor(() => expect(made).toHaveLength(2));
  expect(states).not.toContain('replaced');
});

const never = (): Promise<void> => new Promise(() => undefined);

test('a server that was started again is published to at once, without asking for what it cannot know', async () => {
  const p = publication({ wait: never, onStage: async () => true });
  await p.start();
  made[0]?.become('connected');
  p.serverLost();
  log = [];
  p.serverBack(true);
  await vi.waitFor(() => expect(made).toHaveLength(2));
  await vi.waitFor(() => {
    made[1]?.become('connected');
    expect(p.state).toBe('live');
  });
  expect(log.filter((l) => l.startsWith('mute'))).toEqual([]);
  expect(made[0]?.closed).toBe(true);
});

test('tries that wait for a server wake when it is back', async () => {
  const p = publication({ wait: never });
  await p.start();
  made[0]?.become('connected');
  answer = async () => Promise.reject(new Error('unreachable'));
  made[0]?.goodbye();
  await vi.waitFor(() => expect(log).toContain('mute s1 {"mic":false,"camera":false}'));
  p.serverLost();
  answer = async () => undefined;
  await new Promise((resolve) => setTimeout(resolve));
  expect(made).toHaveLength(1);
  p.serverBack(true);
  await vi.waitFor(() => expect(made).toHaveLength(2));
  expect(states).not.toContain('replaced');
});

test('while the server is out of reach nothing is asked', async () => {
  const p = publication({ wait: never });
  await p.start();
  p.serverLost();
  log = [];
  made[0]?.become('failed');
  await new Promise((resolve) => setTimeout(resolve));
  expect(log).toEqual([]);
  p.serverBack(true);
  await vi.waitFor(() => expect(made).toHaveLength(2));
});

test('after a broken network the session is asked for, and kept if it is still known', async () => {
  const p = publication();
  await p.start();
  made[0]?.become('connected');
  p.serverLost();
  p.serverBack(false);
  await vi.waitFor(() => expect(log).toContain('mute answered'));
  expect(made).toHaveLength(1);
  answer = async (call) => (call === 'mute' ? Promise.reject(gone) : undefined);
  p.serverLost();
  p.serverBack(false);
  await vi.waitFor(() => expect(made).toHaveLength(2));
});

test('a session younger than the break is left alone', async () => {
  const p = publication();
  await p.start();
  p.serverLost();
  made[0]?.become('failed');
  await vi.waitFor(() => {
    made[1]?.become('connected');
    expect(p.state).toBe('live');
  });
  log = [];
  p.serverBack(true);
  await new Promise((resolve) => setTimeout(resolve));
  expect(log).toEqual([]);
  expect(made).toHaveLength(2);
});

test('what the server refuses for good ends the tries', async () => {
  const p = publication();
  await p.start();
  answer = async (call) => (call === 'publish' ? Promise.reject(refused) : undefined);
  made[0]?.become('failed');
  await vi.waitFor(() => expect(p.state).toBe('failed'));
  expect(log.filter((l) => l.startsWith('publish'))).toHaveLength(2);
});

test('who has not seen the question waits, and is let in when they have', async () => {
  const p = publication({ wait: never });
  answer = async () => Promise.reject(unasked);
  const started = p.start();
  await vi.waitFor(() => expect(made[0]?.closed).toBe(true));
  answer = async () => undefined;
  p.asked();
  await started;
  made[1]?.become('connected');
  answer = async (call) => (call === 'publish' ? Promise.reject(unasked) : undefined);
  made[1]?.goodbye();
  await vi.waitFor(() => expect(made[2]?.closed).toBe(true));
  answer = async () => undefined;
  p.asked();
  await vi.waitFor(() => {
    made[3]?.become('connected');
    expect(p.state).toBe('live');
  });
  expect(states).toEqual(['live', 'reconnecting', 'live']);
});

test('the wait for the question to be seen ends, by itself or with the publication', async () => {
  answer = async () => Promise.reject(unasked);
  await expect(publication().start()).rejects.toBe(unasked);
  expect([states, made.length]).toEqual([['failed'], 11]);
  const p = publication({ wait: never });
  const started = p.start();
  await vi.waitFor(() => expect(made[11]?.closed).toBe(true));
  await p.stop();
  await started;
  expect(made).toHaveLength(12);
});

test('stopping while the server answers leaves nothing behind', async () => {
  const p = publication();
  let go: () => void = () => undefined;
  answer = (call) => (call === 'publish' ? new Promise((resolve) => (go = resolve)) : Promise.resolve());
  const started = p.start();
  await vi.waitFor(() => expect(log).toContain('publish '));
  await p.stop();
  go();
  await started;
  expect(log.at(-1)).toBe('unpublish s1');
  expect(made[0]?.closed).toBe(true);
  expect(p.state).toBe('ended');
});

test('tracks have names by their group', () => {
  expect([kindOf('camera', { kind: 'audio' }), kindOf('screen', { kind: 'audio' }), kindOf('screen', { kind: 'video' })]).toEqual(['mic', 'screen-audio', 'screen']);
});

test('the layers that nobody watches are not sent, and a new connection begins with all', async () => {
  const p = publication();
  await p.start();
  expect(made[0]?.on()).toBe('qhf');
  await p.setLayers('camera', ['q']);
  expect(made[0]?.on()).toBe('q');
  await p.setLayers('screen', ['f']);
  expect(made[0]?.on()).toBe('q');
  made[0]?.goodbye();
  await vi.waitFor(() => expect(made).toHaveLength(2));
  await vi.waitFor(() => expect(made[1]?.on()).toBe('qhf'));
  await p.setLayers('camera', ['h', 'f']);
  expect([made[0]?.on(), made[1]?.on()]).toEqual(['q', 'hf']);
});
