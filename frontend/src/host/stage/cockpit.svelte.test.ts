// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../lib/api';
import { Room } from '../../lib/room.svelte';
import { type MyConsent, recordings } from '../calls';
import { Cockpit } from './cockpit.svelte';
import { whipServer } from './server';

vi.mock('../../lib/whep', () => ({ Viewer: class { close() { /* nothing to do */ } } }));
vi.mock('./server', async (real) => ({ ...(await real<typeof import('./server')>()), whipServer: vi.fn() }));

class Connection {
  connectionState = 'new';
  onconnectionstatechange: (() => void) | null = null;
  addTransceiver = () => ({ sender: {}, setCodecPreferences: () => undefined });
  createOffer = async () => ({ type: 'offer', sdp: '' });
  setLocalDescription = async () => undefined;
  setRemoteDescription = async () => undefined;
  getSenders = () => [];
  getStats = async () => new Map();
  addEventListener = () => undefined;
  removeEventListener = () => undefined;
  close = () => undefined;
}
const notShown = new Problem(409, 'not-shown', 'The text has to be shown first.');

let cockpit: Cockpit;
/** What the server answers to what is sent. */
let publish: () => Promise<{ session: string; answer: string; relays: [] }>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('RTCPeerConnection', Connection);
  vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: [] }) });
  vi.mocked(whipServer).mockReturnValue({ publish: () => publish(), restart: vi.fn(), mute: vi.fn(), unpublish: vi.fn(async () => undefined) });
  vi.spyOn(recordings, 'notice').mockResolvedValue({ lang: 'en', hash: 'h', text: 'text' });
  vi.spyOn(recordings, 'answer').mockResolvedValue({ recording: 'r', state: 'shown', scopes: [], publish: false } satisfies MyConsent);
  const room = new Room('w');
  room.me = { id: 'g', role: 'guest', name: 'Gwen', invited: false };
  room.recording = { id: 'r', state: 'announced' } as Room['recording'];
  cockpit = new Cockpit(room);
});
afterEach(() => {
  cockpit.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const stream = () => {
  const mic = { kind: 'audio', enabled: true, stop: () => undefined, getSettings: () => ({}) };
  return { getTracks: () => [mic], getAudioTracks: () => [mic], getVideoTracks: () => [] } as unknown as MediaStream;
};

test('a guest who comes as a recording is announced is asked, and let in as soon as the question was seen', async () => {
  publish = vi.fn().mockRejectedValueOnce(notShown).mockResolvedValue({ session: 's', answer: '', relays: [] });
  const entered = cockpit.enter(stream());
  await vi.advanceTimersByTimeAsync(100);
  expect([cockpit.camera, cockpit.consent.asking]).toEqual(['connecting', true]);
  await cockpit.consent.load('r', 'en');
  await cockpit.consent.confirmShown();
  await entered;
  expect(publish).toHaveBeenCalledTimes(2);
  expect(cockpit.trouble.problem).toBe('');
});

test('a guest who was not let in for want of the question is asked all the same, and others are not', async () => {
  publish = () => Promise.reject(notShown);
  const entered = cockpit.enter(stream());
  await vi.advanceTimersByTimeAsync(120_000);
  await entered;
  expect([cockpit.camera, cockpit.consent.asking]).toEqual(['failed', true]);
  cockpit.room.me = { id: 'g', role: 'speaker', name: 'Gwen', invited: false };
  expect(cockpit.consent.asking).toBe(false);
});
