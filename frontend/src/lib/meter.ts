// The microphone's level and a verdict in words. A verdict is never good without signal.

export type Verdict = 'waiting' | 'heard' | 'quiet' | 'loud' | 'silent';

/** Levels as root mean square of samples in −1…1: about −60, −38 and −4.4 dBFS. */
const NOISE = 0.001;
const SPEECH = 0.0126;
const CLIPPING = 0.6;
/** After this long without any signal the microphone counts as silent, ms. */
export const SILENCE_MS = 5000;
/** What was heard stays true for the pauses between words, ms. */
const HOLD_MS = 2500;

/** Judge turns levels into a verdict; it has no clock of its own. */
export class Judge {
  #signal: number;
  #speech = -Infinity;
  #loud = -Infinity;
  #any = false;

  constructor(now: number) {
    this.#signal = now;
  }

  push(level: number, now: number): Verdict {
    if (level >= NOISE) {
      this.#signal = now;
      this.#any = true;
    }
    if (level >= SPEECH) this.#speech = now;
    if (level >= CLIPPING) this.#loud = now;
    if (now - this.#signal >= SILENCE_MS) return 'silent';
    if (now - this.#loud < 1000) return 'loud';
    if (now - this.#speech < HOLD_MS) return 'heard';
    return this.#any ? 'quiet' : 'waiting';
  }
}

/** rms is the root mean square of samples, 0…1. */
export function rms(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** gauge maps a level to 0…1 on a scale of decibels, as ears and meters do: −60 dBFS is 0, −6 dBFS is 1. */
export function gauge(level: number): number {
  if (level <= 0) return 0;
  const db = 20 * Math.log10(level);
  return Math.min(1, Math.max(0, (db + 60) / 54));
}

export interface Reading {
  level: number;
  verdict: Verdict;
}

/** watchLevel reads a stream's sound ten times a second until the returned function is called. */
export function watchLevel(stream: MediaStream, report: (reading: Reading) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const judge = new Judge(performance.now());
  const timer = setInterval(() => {
    // A context that starts suspended (no click yet) would look like silence.
    if (context.state === 'suspended') void context.resume();
    analyser.getFloatTimeDomainData(samples);
    const level = rms(samples);
    report({ level: gauge(level), verdict: judge.push(level, performance.now()) });
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
