// Connection quality in three words, out of WebRTC statistics. A word changes only when two of three windows agree.

export type Quality = 'good' | 'fair' | 'poor';

/** One window of statistics. */
export interface Window {
  /** Packets lost in it, 0..1. */
  loss: number;
  /** Round trip in seconds, undefined if not measured. */
  rtt: number | undefined;
}

/** good: loss < 2 %, RTT < 250 ms; fair: < 6 %, < 600 ms. */
export function judge(w: Window): Quality {
  const rtt = w.rtt ?? 0;
  if (w.loss < 0.02 && rtt < 0.25) return 'good';
  if (w.loss < 0.06 && rtt < 0.6) return 'fair';
  return 'poor';
}

/** Hysteresis: the word that two of the last three windows share; without such a majority it stays. */
export class Verdict {
  word: Quality = 'good';
  #last: Quality[] = [];

  add(w: Window): Quality {
    this.#last = [...this.#last, judge(w)].slice(-3);
    for (const q of ['poor', 'fair', 'good'] as const) {
      if (this.#last.filter((x) => x === q).length >= 2) this.word = q;
    }
    return this.word;
  }
}

interface Inbound {
  packetsLost?: number;
  packetsReceived?: number;
  currentRoundTripTime?: number;
  nominated?: boolean;
  kind?: string;
}

/** Makes windows out of successive reports of one receiving RTCPeerConnection. */
export class Meter {
  #lost = 0;
  #received = 0;

  /** The window since the last call; undefined when nothing was received in it. */
  read(report: Iterable<{ type: string }>): Window | undefined {
    let lost = 0;
    let received = 0;
    let rtt: number | undefined;
    for (const entry of report) {
      const s = entry as Inbound & { type: string };
      if (s.type === 'inbound-rtp') {
        lost += s.packetsLost ?? 0;
        received += s.packetsReceived ?? 0;
      } else if (s.type === 'candidate-pair' && s.nominated && s.currentRoundTripTime !== undefined) {
        rtt = s.currentRoundTripTime;
      }
    }
    const newLost = Math.max(0, lost - this.#lost);
    const newReceived = received - this.#received;
    this.#lost = lost;
    this.#received = received;
    if (newReceived <= 0) return undefined;
    return { loss: newLost / (newLost + newReceived), rtt };
  }
}
