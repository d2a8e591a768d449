import { type DeviceFault, DeviceError, type Devices, listDevices, onDeviceChange, openDevices, stopStream, type Wanted } from '../../lib/devices';
import { keep, recall } from '../../lib/storage';

const KEPT = { camera: 'plenum.camera', microphone: 'plenum.microphone' } as const;

/** DeviceChoice is the camera and the microphone before the stage: open here, sent nowhere. */
export class DeviceChoice {
  stream = $state.raw<MediaStream | null>(null);
  devices = $state.raw<Devices>({ cameras: [], microphones: [] });
  camera = $state(recall(KEPT.camera) ?? '');
  microphone = $state(recall(KEPT.microphone) ?? '');
  faults = $state.raw<{ all?: DeviceFault; camera?: DeviceFault; microphone?: DeviceFault }>({});
  busy = $state(false);
  /** What is to be on from the start. */
  mic = $state(true);
  cam = $state(true);
  #taken = false;
  #unlisten: (() => void) | undefined;

  get hasMic(): boolean {
    return (this.stream?.getAudioTracks().length ?? 0) > 0;
  }

  get hasCamera(): boolean {
    return (this.stream?.getVideoTracks().length ?? 0) > 0;
  }

  /** The browser's question comes after a click, and nowhere else. */
  async open(wanted: Wanted = { camera: this.camera, microphone: this.microphone }): Promise<void> {
    if (this.busy) return;
    this.#unlisten ??= onDeviceChange(() => void this.#refresh());
    this.busy = true;
    this.faults = {};
    stopStream(this.stream);
    this.stream = null;
    try {
      const opened = await openDevices(wanted);
      if (this.#taken) {
        stopStream(opened.stream); // the page has gone on meanwhile
        return;
      }
      this.stream = opened.stream;
      this.faults = { ...(opened.camera ? { camera: opened.camera } : {}), ...(opened.microphone ? { microphone: opened.microphone } : {}) };
      const id = (kind: 'audio' | 'video') => opened.stream.getTracks().find((x) => x.kind === kind)?.getSettings().deviceId ?? '';
      this.camera = id('video') || this.camera;
      this.microphone = id('audio') || this.microphone;
      await this.#refresh();
    } catch (error) {
      const fault = error instanceof DeviceError ? error.fault : 'unknown';
      // A device that was chosen last time may have been unplugged: then the browser's own choice.
      if (fault === 'missing' && (wanted.camera || wanted.microphone)) {
        this.busy = false;
        await this.open({});
        return;
      }
      this.faults = { all: fault };
    } finally {
      this.busy = false;
    }
  }

  choose(): Promise<void> {
    keep(KEPT.camera, this.camera);
    keep(KEPT.microphone, this.microphone);
    return this.open();
  }

  /** Gives the stream away; it is no longer closed from here. */
  take(): MediaStream | null {
    const stream = this.stream;
    this.#over();
    return stream;
  }

  /** Lets go of the devices, unless they were taken: a component that goes still reads the stream that it had. */
  close(): void {
    if (this.#taken) return;
    stopStream(this.stream);
    this.#over();
  }

  #over(): void {
    this.#taken = true;
    this.#unlisten?.();
    this.stream = null;
  }

  async #refresh(): Promise<void> {
    this.devices = await listDevices().catch(() => ({ cameras: [], microphones: [] }));
  }
}
