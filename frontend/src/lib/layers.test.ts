import { describe, expect, it } from 'vitest';
import { encodings, LayerSwitch, preferred } from './layers';

const rids = (width?: number, height?: number): (string | undefined)[] =>
  encodings('camera', 'video', { ...(width ? { width } : {}), ...(height ? { height } : {}) }).map((e) => e.rid);

describe('encodings', () => {
  it('sends a camera in three sizes, smallest first', () => {
    expect(encodings('camera', 'video', { width: 1280, height: 720 })).toEqual([
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000, maxFramerate: 30 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000, maxFramerate: 30 },
      { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_800_000, maxFramerate: 30 },
    ]);
    expect(rids(720, 1280)).toEqual(['q', 'h', 'f']);
    expect(rids()).toEqual(['q', 'h', 'f']);
  });
  it('sends a small camera in fewer sizes, and the smallest plainly', () => {
    expect(rids(960, 540)).toEqual(['q', 'h', 'f']);
    expect(rids(640, 360)).toEqual(['h', 'f']);
    expect(rids(270, 480)).toEqual(['h', 'f']);
    expect(encodings('camera', 'video', { width: 320, height: 240 })).toEqual([{ maxBitrate: 1_800_000, maxFramerate: 30 }]);
  });
  it('sends a screen and sound once', () => {
    expect(encodings('screen', 'video', { width: 1920, height: 1080 })).toEqual([{ maxBitrate: 2_500_000, maxFramerate: 30 }]);
    expect(encodings('camera', 'audio', {})).toEqual([{ maxBitrate: 48_000 }]);
    expect(encodings('screen', 'audio', {})).toEqual([{ maxBitrate: 96_000 }]);
  });
});

/** A sender that takes parameters as browsers do: only those of the last getParameters, one call at a time. */
class Sender {
  state = { transactionId: '0', codecs: ['vp8'], encodings: [{ rid: 'q', active: true, maxBitrate: 1 }, { rid: 'h', active: true, maxBitrate: 2 }, { rid: 'f', active: true, maxBitrate: 3 }] };
  calls: string[] = [];
  busy = false;
  refuse = false;

  getParameters(): RTCRtpSendParameters {
    return structuredClone(this.state) as unknown as RTCRtpSendParameters;
  }
  async setParameters(p: RTCRtpSendParameters): Promise<void> {
    if (this.busy || p.transactionId !== this.state.transactionId) throw new Error('InvalidStateError');
    if (this.refuse) throw new Error('OperationError');
    this.busy = true;
    await Promise.resolve();
    this.busy = false;
    this.state = { ...structuredClone(p as unknown as typeof this.state), transactionId: `${Number(this.state.transactionId) + 1}` };
    this.calls.push(this.on());
  }
  on(): string {
    return this.state.encodings.filter((e) => e.active).map((e) => e.rid).join('');
  }
}

describe('layer switch', () => {
  it('sends what is watched and leaves everything else as it was', async () => {
    const s = new Sender();
    await new LayerSwitch(s).watch(['q', 'f']);
    expect(s.state).toEqual({ transactionId: '1', codecs: ['vp8'], encodings: [{ rid: 'q', active: true, maxBitrate: 1 }, { rid: 'h', active: false, maxBitrate: 2 }, { rid: 'f', active: true, maxBitrate: 3 }] });
  });
  it('makes one change after the other, and none without need', async () => {
    const s = new Sender();
    const layers = new LayerSwitch(s);
    await Promise.all([layers.watch(['q']), layers.watch(['q']), layers.watch([]), layers.watch(['q', 'h', 'f'])]);
    expect(s.calls).toEqual(['q', '', 'qhf']);
  });
  it('goes on after a refusal', async () => {
    const s = new Sender();
    const layers = new LayerSwitch(s);
    s.refuse = true;
    await layers.watch(['q']);
    s.refuse = false;
    await layers.watch(['h']);
    expect(s.on()).toBe('h');
  });
  it('leaves a single layer alone', async () => {
    const s = new Sender();
    s.state.encodings = [{ active: true, maxBitrate: 1 } as never];
    await new LayerSwitch(s).watch([]);
    expect(s.calls).toEqual([]);
  });
});

describe('preferred', () => {
  it('puts the wanted codec first, keeps retransmission and leaves out redundancy', () => {
    const names = ['video/H264', 'video/rtx', 'video/VP8', 'video/red', 'video/ulpfec'].map((mimeType) => ({ mimeType }));
    expect(preferred(names, 'video/VP8').map((c) => c.mimeType)).toEqual(['video/VP8', 'video/H264', 'video/rtx']);
    expect(preferred([{ mimeType: 'video/H264' }], 'video/VP8')).toEqual([]);
  });
});
