// How much of a track is sent: a camera in up to three sizes at once (simulcast), each only while somebody watches it.
import type { Group } from './whip';

/** Width and height of the picture that a track gives, pixels; absent while the browser does not know. */
export type Size = Pick<MediaTrackSettings, 'width' | 'height'>;

/**
 * The layers of a camera, smallest first, in bits per second: 180, 360 and 720 lines of a 720p camera. The server knows
 * them by these names (rid) and chooses one for each viewer.
 */
const CAMERA = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000, maxFramerate: 30 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000, maxFramerate: 30 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_800_000, maxFramerate: 30 },
];
/**
 * A screen has one layer: at half its size nobody can read it, a still slide costs next to nothing, and a second encoder
 * of a large picture is what weak machines have no room for.
 */
const SCREEN = { maxBitrate: 2_500_000, maxFramerate: 30 };
const AUDIO: Record<Group, RTCRtpEncodingParameters> = {
  camera: { maxBitrate: 48_000 },
  screen: { maxBitrate: 96_000 },
};
/**
 * How many layers a camera of so many pixels has. Chromium sends no more than these, and of more that it is asked for it
 * leaves out the best.
 */
const ROOM: readonly [pixels: number, layers: number][] = [
  [960 * 540, 3],
  [480 * 270, 2],
  [0, 1],
];

/** preferred puts the wanted codec first and keeps what belongs to it (retransmission); redundancy is left out. */
export function preferred<T extends { mimeType: string }>(codecs: readonly T[], mime: string): T[] {
  const is = (c: T, ...names: string[]): boolean => names.includes(c.mimeType.toLowerCase());
  const first = codecs.filter((c) => is(c, mime.toLowerCase()));
  const rest = codecs.filter((c) => !is(c, mime.toLowerCase(), 'audio/red', 'video/red', 'video/ulpfec', 'video/flexfec-03'));
  return first.length === 0 ? [] : [...first, ...rest];
}

/** encodings says in which sizes and at which rates a track is sent. A single one has no name: it is no simulcast. */
export function encodings(group: Group, kind: string, size: Size): RTCRtpEncodingParameters[] {
  if (kind === 'audio') return [{ ...AUDIO[group] }];
  if (group === 'screen') return [{ ...SCREEN }];
  const pixels = (size.width ?? 0) * (size.height ?? 0) || Infinity;
  const [, most] = ROOM.find(([least]) => pixels >= least) ?? [0, 1];
  const layers = CAMERA.slice(-most);
  if (layers.length > 1) return layers.map((l) => ({ ...l }));
  return layers.map(({ maxBitrate, maxFramerate }) => ({ maxBitrate, maxFramerate }));
}

/** LayerSwitch turns the layers of one sender on and off, one change after the other. */
export class LayerSwitch {
  readonly #sender: Pick<RTCRtpSender, 'getParameters' | 'setParameters'>;
  #queue: Promise<void> = Promise.resolve();

  constructor(sender: Pick<RTCRtpSender, 'getParameters' | 'setParameters'>) {
    this.#sender = sender;
  }

  /**
   * watch sends the named layers and no others; it never fails. A switch that the browser refuses is lost: the layer
   * is then sent for nothing, or asked for again by the next call.
   */
  watch(rids: readonly string[]): Promise<void> {
    this.#queue = this.#queue.then(() => this.#set(rids)).catch(() => undefined);
    return this.#queue;
  }

  async #set(rids: readonly string[]): Promise<void> {
    const parameters = this.#sender.getParameters();
    let changed = false;
    for (const e of parameters.encodings ?? []) {
      // What has no name is the only layer and stays.
      if (e.rid === undefined || e.rid === '') continue;
      const active = rids.includes(e.rid);
      changed ||= e.active !== active;
      e.active = active;
    }
    if (changed) await this.#sender.setParameters(parameters);
  }
}
