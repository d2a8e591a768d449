import { expect, test, vi } from 'vitest';
import { choices, DeviceError, faultOf, openDevices } from './devices';

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

function stream(...kinds: string[]): MediaStream {
  const tracks = kinds.map((kind) => ({ kind }));
  return { getTracks: () => tracks, addTrack: (t: { kind: string }) => tracks.push(t) } as unknown as MediaStream;
}

test('faults have names that a page can put into words', () => {
  expect(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'TypeError'].map((n) => faultOf(named(n)))).toEqual(['denied', 'missing', 'busy', 'unknown']);
});

test('devices are listed once each, and those without an id not at all', () => {
  const info = (kind: MediaDeviceKind, deviceId: string, label = '') => ({ kind, deviceId, label });
  expect(choices([info('audioinput', 'a', 'Mic'), info('audioinput', 'a', 'Mic'), info('videoinput', ''), info('audiooutput', 'x')])).toEqual({
    cameras: [],
    microphones: [{ id: 'a', label: 'Mic' }],
  });
});

test('camera and microphone are asked for in one question', async () => {
  const ask = vi.fn(async () => stream('audio', 'video'));
  const opened = await openDevices({}, ask);
  expect(ask).toHaveBeenCalledTimes(1);
  expect([opened.camera, opened.microphone]).toEqual([null, null]);
});

test('without a camera one can still speak', async () => {
  const ask = async (c: MediaStreamConstraints) => (c.video ? Promise.reject(named('NotFoundError')) : stream('audio'));
  const opened = await openDevices({}, ask);
  expect(opened.camera).toBe('missing');
  expect(opened.stream.getTracks().map((t) => t.kind)).toEqual(['audio']);
});

test('a refused permission is not asked again', async () => {
  const ask = vi.fn(async () => Promise.reject(named('NotAllowedError')));
  await expect(openDevices({}, ask)).rejects.toEqual(new DeviceError('denied'));
  expect(ask).toHaveBeenCalledTimes(1);
});

test('the microphone alone asks for no camera', async () => {
  const ask = vi.fn<(constraints: MediaStreamConstraints) => Promise<MediaStream>>(async () => stream('audio'));
  await openDevices({ camera: null }, ask);
  expect(ask.mock.calls[0]?.[0].video).toBe(false);
});
