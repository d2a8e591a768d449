// A viewer over WHEP, free of any framework: one peer connection that only receives, and which comes back by itself.
import { hopeless, offerSDP, Problem, request, restartSDP } from './api';
import { backoff } from './events';
import { Lifeline, onNetworkChange } from './ice';
import { Meter, type Reception } from './quality';
import type { Tie } from './room.svelte';

export interface ViewerOptions {
  /** Number of audio and of video m-lines: 3 and 4 for the audience, 10 and 10 on stage. */
  audio: number;
  video: number;
  /** The tracks of the slots changed: after each (re)connection, and once with empty lists when it is lost. */
  ontracks: (tracks: Tracks) => void;
  onstate?: (state: ViewerState) => void;
  /** What came in the last two seconds, if anything did. */
  onreception?: (r: Reception) => void;
  /** The server refuses for good, for example 403 after the seat was given up. Other errors are tried again. */
  onrefused?: (problem: Problem) => void;
}

export type ViewerState = 'connecting' | 'connected' | 'lost' | 'closed';

/** The n-th track is the one of slot n. */
export interface Tracks {
  audio: readonly MediaStreamTrack[];
  video: readonly MediaStreamTrack[];
}

const NONE: Tracks = { audio: [], video: [] };
const WINDOW_MS = 2000;

export class Viewer implements Tie {
  readonly #webinar: string;
  readonly #o: ViewerOptions;
  #pc: RTCPeerConnection | undefined;
  #session = '';
  #video: number;
  #lifeline: Lifeline | undefined;
  /** Nothing but relays got through on this network. */
  #relays: RTCIceServer[] = [];
  #attempt = 0;
  #generation = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stats: ReturnType<typeof setInterval> | undefined;
  #closed = false;
  readonly #deaf: () => void;
  /** The connection that was there when the server went out of reach. */
  #doubted: RTCPeerConnection | undefined;

  constructor(webinar: string, options: ViewerOptions) {
    this.#webinar = webinar;
    this.#o = options;
    this.#video = options.video;
    this.#deaf = onNetworkChange(() => this.#moved());
    addEventListener('pagehide', this.#hide);
    void this.#connect();
  }

  /**
   * Sound only, for a weak line: the session ends and a new one is made without any video slot, so the server
   * sends no picture at all.
   */
  setVideo(on: boolean): void {
    const video = on ? this.#o.video : 0;
    if (this.#closed || video === this.#video) return;
    this.#video = video;
    this.#restart();
  }

  close(): void {
    this.#closed = true;
    this.#drop();
    this.#deaf();
    removeEventListener('pagehide', this.#hide);
    this.#o.onstate?.('closed');
  }

  /** serverLost: the server cannot be reached, so nothing is sure until it can be. */
  serverLost(): void {
    this.#doubted = this.#pc;
  }

  /** serverBack connects at once what waits for it. `restarted`: the server knows nothing of what was before. */
  serverBack(restarted: boolean): void {
    const forgotten = restarted && this.#pc !== undefined && this.#pc === this.#doubted;
    this.#doubted = undefined;
    if (this.#closed) return;
    if (forgotten) this.#session = '';
    if (forgotten || this.#timer !== undefined) this.#restart();
    else if (this.#pc?.connectionState === 'disconnected') this.#lifeline?.doubt();
  }

  /** over: the server ends the session itself. */
  over(): void {
    this.#session = '';
  }

  #moved(): void {
    if (this.#lifeline) this.#lifeline.doubt();
    else this.#restart();
  }

  readonly #hide = (): void => void this.#endSession();

  #restart(): void {
    this.#attempt = 0;
    this.#drop();
    void this.#connect();
  }

  async #connect(): Promise<void> {
    const generation = ++this.#generation;
    this.#o.onstate?.('connecting');
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#pc = pc;
    const slots = (kind: 'audio' | 'video', n: number) =>
      Array.from({ length: n }, () => pc.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
    const tracks: Tracks = { audio: slots('audio', this.#o.audio), video: slots('video', this.#video) };
    pc.onconnectionstatechange = () => {
      if (pc !== this.#pc) return;
      if (pc.connectionState === 'connected') {
        this.#attempt = 0;
        this.#o.onstate?.('connected');
        this.#watch(pc);
      } else if (pc.connectionState === 'disconnected' || pc.connectionState === 'failed') {
        this.#o.onstate?.('lost');
        this.#lifeline?.doubt();
      }
    };
    try {
      // The server is ICE-lite: it ignores our candidates and learns our address from the checks, so none is gathered yet.
      const offer = await pc.createOffer();
      const { answer, location, relays } = await offerSDP('/api/webinars/{webinar}/whep', { params: { webinar: this.#webinar } }, offer.sdp ?? '');
      if (generation !== this.#generation) {
        if (location) void request(location, { method: 'DELETE' }).catch(() => undefined);
        return;
      }
      this.#session = location;
      if (this.#relays.length > 0) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: relays }); // fresh credentials
      await pc.setLocalDescription(offer);
      this.#listen(pc);
      await pc.setRemoteDescription({ type: 'answer', sdp: answer });
      if (generation !== this.#generation) return;
      this.#lifeline = this.#guard(pc, answer, location, relays);
      this.#o.ontracks(tracks);
    } catch (err) {
      if (generation !== this.#generation) return;
      if (err instanceof Problem && (err.status === 401 || err.status === 403 || err.status === 404 || err.status === 410)) {
        this.#drop();
        this.#o.onrefused?.(err);
        return;
      }
      this.#again();
    }
  }

  #guard(pc: RTCPeerConnection, answer: string, location: string, relays: RTCIceServer[]): Lifeline {
    return new Lifeline({
      pc, answer, relays, hopeless,
      relayed: this.#relays.length > 0,
      restart: (fragment, signal) => restartSDP(location, fragment, signal),
      onlost: () => pc === this.#pc && this.#again(),
      onrelayed: () => (this.#relays = relays),
    });
  }

  /** The server says goodbye with a DTLS alert: the session is over, and there is nothing to tell. */
  #listen(pc: RTCPeerConnection): void {
    const transport = pc.getReceivers()[0]?.transport;
    if (!transport) return;
    transport.onstatechange = () => {
      if (pc !== this.#pc || (transport.state !== 'closed' && transport.state !== 'failed')) return;
      if (transport.state === 'closed') this.#session = '';
      this.#again();
    };
  }

  #again(): void {
    this.#drop();
    if (this.#closed) return;
    this.#o.onstate?.('lost');
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#connect();
    }, backoff(this.#attempt++));
  }

  #drop(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearInterval(this.#stats);
    this.#lifeline?.close();
    this.#lifeline = undefined;
    const pc = this.#pc;
    this.#pc = undefined;
    if (!pc) return;
    this.#o.ontracks(NONE);
    // In this order: a closed connection ends the session by itself, and there would be nothing left to end.
    void this.#endSession().finally(() => pc.close());
  }

  async #endSession(): Promise<void> {
    const session = this.#session;
    this.#session = '';
    if (!session) return;
    await request(session, { method: 'DELETE', keepalive: true, signal: AbortSignal.timeout(3000) }).catch(() => undefined);
  }

  #watch(pc: RTCPeerConnection): void {
    clearInterval(this.#stats);
    const meter = new Meter();
    this.#stats = setInterval(() => {
      void pc.getStats().then((report) => {
        const window = meter.read(report.values());
        if (window && pc === this.#pc) this.#o.onreception?.(window);
      });
    }, WINDOW_MS);
  }
}
