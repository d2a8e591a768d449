// Connection quality in three words, out of WebRTC statistics. A word changes only when two of three windows agree.

export type Quality = 'good' | 'fair' | 'poor';

/** One window of statistics. */
export interface Window {
  /** Packets lost in it, 0..1. */
  loss: number;
  /** Round trip in seconds, undefined if not measured. */
  rtt: number | undefined;
}

/** What came of one picture in a window. */
export interface Picture {
  /** Packets received in it. */
  packets: number;
  /** Pixels, 0 before the first frame. */
  height: number;
}

/** One window of what a viewer receives. */
export interface Reception extends Window {
  /** By the id of the track; undefined where the browser does not tell them apart. */
  pictures: ReadonlyMap<string, Picture> | undefined;
}

/** good: loss < 2 %, RTT < 250 ms; fair: < 6 %, < 600 ms. */
export function judge(w: Window): Quality {
  const rtt = w.rtt ?? 0;
  if (w.loss < 0.02 && rtt < 0.25) return 'good';
  if (w.loss < 0.06 && rtt < 0.6) return 'fair';
  return 'poor';
}

/** Hysteresis: what two of the last three windows say. */
export class Majority<T> {
  #last: T[] = [];

  /** Answers undefined when no two of the last three agree. */
  add(value: T): T | undefined {
    this.#last = [...this.#last, value].slice(-3);
    return this.#last.find((x, i) => this.#last.indexOf(x, i + 1) >= 0);
  }
}

/** The word that two of the last three windows share; without such a majority it stays. */
export class Verdict {
  word: Quality = 'good';
  readonly #majority = new Majority<Quality>();

  add(w: Window): Quality {
    return (this.word = this.#majority.add(judge(w)) ?? this.word);
  }
}

interface Stats {
  type: string;
  id?: string;
  kind?: string;
  trackIdentifier?: string;
  packetsLost?: number;
  packetsReceived?: number;
  packetsSent?: number;
  frameHeight?: number;
  currentRoundTripTime?: number;
  roundTripTime?: number;
  nominated?: boolean;
  availableOutgoingBitrate?: number;
  qualityLimitationReason?: string;
}

/** Makes windows out of successive reports of one receiving RTCPeerConnection. */
export class Meter {
  #lost = 0;
  #received = 0;
  #pictures = new Map<string, number>();

  /** The window since the last call; undefined when nothing was received in it. */
  read(report: Iterable<{ type: string }>): Reception | undefined {
    let lost = 0;
    let received = 0;
    let rtt: number | undefined;
    let named = true;
    const pictures = new Map<string, Picture>();
    for (const entry of report) {
      const s = entry as Stats;
      if (s.type === 'inbound-rtp') {
        lost += s.packetsLost ?? 0;
        received += s.packetsReceived ?? 0;
        if (s.kind !== 'video') continue;
        if (s.trackIdentifier === undefined) named = false;
        else pictures.set(s.trackIdentifier, { packets: s.packetsReceived ?? 0, height: s.frameHeight ?? 0 });
      } else if (s.type === 'candidate-pair' && s.nominated && s.currentRoundTripTime !== undefined) {
        rtt = s.currentRoundTripTime;
      }
    }
    const newLost = Math.max(0, lost - this.#lost);
    const newReceived = received - this.#received;
    const before = this.#pictures;
    this.#lost = lost;
    this.#received = received;
    this.#pictures = new Map([...pictures].map(([id, p]) => [id, p.packets]));
    if (newReceived <= 0) return undefined;
    const since = new Map([...pictures].map(([id, p]) => [id, { ...p, packets: p.packets - (before.get(id) ?? 0) }]));
    return { loss: newLost / (newLost + newReceived), rtt, pictures: named ? since : undefined };
  }
}

/** Bits per second below which a picture is not worth much. */
const NARROW = 250_000;

/** Makes windows out of successive reports of one sending RTCPeerConnection, by what the server reports back. */
export class SendMeter {
  #lost = 0;
  #sent = 0;

  /** The window since the last call; undefined when nothing was sent in it. A line too narrow for a picture counts as lossy. */
  read(report: Iterable<{ type: string }>): Window | undefined {
    let lost = 0;
    let sent = 0;
    let rtt: number | undefined;
    let limited = false;
    let available = Infinity;
    for (const entry of report) {
      const s = entry as Stats;
      if (s.type === 'outbound-rtp') {
        sent += s.packetsSent ?? 0;
        limited ||= s.qualityLimitationReason === 'bandwidth';
      } else if (s.type === 'remote-inbound-rtp') {
        lost += s.packetsLost ?? 0;
        if (s.roundTripTime !== undefined) rtt = Math.max(rtt ?? 0, s.roundTripTime);
      } else if (s.type === 'candidate-pair' && s.nominated && s.availableOutgoingBitrate !== undefined) {
        available = s.availableOutgoingBitrate;
      }
    }
    const newLost = Math.max(0, lost - this.#lost);
    const newSent = sent - this.#sent;
    this.#lost = lost;
    this.#sent = sent;
    if (newSent <= 0) return undefined;
    return { loss: limited && available < NARROW ? 1 : Math.min(1, newLost / newSent), rtt };
  }
}

/** roundTrip reads the media path's round trip out of getStats, ms; undefined before the first measurement. */
export function roundTrip(stats: Iterable<Record<string, unknown>>): number | undefined {
  let seconds: number | undefined;
  for (const s of stats) {
    const value =
      s['type'] === 'candidate-pair' && s['state'] === 'succeeded'
        ? s['currentRoundTripTime']
        : s['type'] === 'remote-inbound-rtp'
          ? s['roundTripTime']
          : undefined;
    if (typeof value === 'number' && value >= 0) seconds = Math.max(seconds ?? 0, value);
  }
  return seconds === undefined ? undefined : seconds * 1000;
}
