// Cameras, microphones and screens: what there is, and what went wrong in words a page can translate.

export type DeviceFault = 'denied' | 'missing' | 'busy' | 'insecure' | 'unknown';

/** DeviceError says why a camera, microphone or screen could not be opened. */
export class DeviceError extends Error {
  readonly fault: DeviceFault;

  constructor(fault: DeviceFault) {
    super(fault);
    this.name = 'DeviceError';
    this.fault = fault;
  }
}

interface Choice {
  id: string;
  label: string;
}

export interface Devices {
  cameras: Choice[];
  microphones: Choice[];
}

/** A device's id; absent: the browser's default; null: not wanted. */
export interface Wanted {
  camera?: string | null | undefined;
  microphone?: string | null | undefined;
}

/** What was opened; a part that could not be opened is null and its fault says why. */
export interface Opened {
  stream: MediaStream;
  camera: DeviceFault | null;
  microphone: DeviceFault | null;
}

/** faultOf names the cause behind an error of getUserMedia or getDisplayMedia (Media Capture and Streams, 10.2). */
export function faultOf(error: unknown): DeviceFault {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'unknown';
  }
}

function mediaDevices(): MediaDevices {
  // Browsers hide mediaDevices from pages that are neither https nor localhost.
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (!devices) throw new DeviceError('insecure');
  return devices;
}

/** choices sorts what the browser lists; devices without a name (no permission yet) get none. */
export function choices(infos: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]): Devices {
  const pick = (kind: MediaDeviceKind): Choice[] => {
    const seen = new Set<string>();
    return infos
      .filter((d) => d.kind === kind && d.deviceId !== '' && !seen.has(d.deviceId) && seen.add(d.deviceId))
      .map((d) => ({ id: d.deviceId, label: d.label }));
  };
  return { cameras: pick('videoinput'), microphones: pick('audioinput') };
}

export async function listDevices(): Promise<Devices> {
  return choices(await mediaDevices().enumerateDevices());
}

/** onDeviceChange calls back when something is plugged in or out, and returns how to stop that. */
export function onDeviceChange(callback: () => void): () => void {
  const devices = (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
  if (!devices) return () => undefined;
  devices.addEventListener('devicechange', callback);
  return () => {
    devices.removeEventListener('devicechange', callback);
  };
}

function cameraConstraints(id?: string): MediaTrackConstraints {
  return {
    width: { ideal: 1280 },
    height: { ideal: 720 },
    frameRate: { ideal: 30, max: 30 },
    ...(id ? { deviceId: { exact: id } } : {}),
  };
}

function microphoneConstraints(id?: string): MediaTrackConstraints {
  return {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ...(id ? { deviceId: { exact: id } } : {}),
  };
}

type Ask = (constraints: MediaStreamConstraints) => Promise<MediaStream>;

/**
 * openDevices asks for camera and microphone together (one prompt). Where one of the two is missing or taken it
 * tries each alone, so that somebody without a camera can still speak. A refused permission is not asked again.
 */
export async function openDevices(wanted: Wanted, ask?: Ask): Promise<Opened> {
  const open = ask ?? ((c: MediaStreamConstraints) => mediaDevices().getUserMedia(c));
  const video = wanted.camera === null ? false : cameraConstraints(wanted.camera);
  const audio = wanted.microphone === null ? false : microphoneConstraints(wanted.microphone);
  try {
    return { stream: await open({ audio, video }), camera: null, microphone: null };
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    const fault = faultOf(error);
    if (fault === 'denied' || !audio || !video) throw new DeviceError(fault);
  }
  const microphone = await openOne(open, { audio });
  const camera = await openOne(open, { video });
  if (!(microphone instanceof DeviceError)) {
    if (camera instanceof DeviceError) return { stream: microphone, camera: camera.fault, microphone: null };
    for (const track of camera.getTracks()) microphone.addTrack(track);
    return { stream: microphone, camera: null, microphone: null };
  }
  if (camera instanceof DeviceError) throw microphone;
  return { stream: camera, camera: null, microphone: microphone.fault };
}

async function openOne(open: Ask, constraints: MediaStreamConstraints): Promise<MediaStream | DeviceError> {
  try {
    return await open(constraints);
  } catch (error) {
    return new DeviceError(faultOf(error));
  }
}

/** openScreen asks for a screen, window or tab with its sound; null: the person changed their mind. */
export async function openScreen(): Promise<MediaStream | null> {
  try {
    return await mediaDevices().getDisplayMedia({
      video: { frameRate: { ideal: 15, max: 30 } },
      // Tab audio is music and speech of others: none of the voice processing may touch it.
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    const fault = faultOf(error);
    if (fault === 'denied') return null;
    throw new DeviceError(fault);
  }
}

export function stopStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
