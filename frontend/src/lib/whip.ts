// Publishing over WHIP (RFC 9725): one sendonly peer connection a source group, mended by itself when it breaks.
import { Lifeline, onNetworkChange, type Restarted } from './ice';
import { encodings, LayerSwitch, preferred } from './layers';
import { roundTrip } from './quality';

export type Group = 'camera' | 'screen';
export type Kind = 'mic' | 'camera' | 'screen' | 'screen-audio';
export type Mutes = Partial<Record<Kind, boolean>>;

/** What a publication needs of the server. Calls throw what `Verdicts` can judge. */
export interface WhipServer {
  /** `muted`: what is muted before its first packet, so that nothing slips out until `mute` is called. */
  publish(group: Group, offer: string, muted: Kind[]): Promise<{ session: string; answer: string; relays: RTCIceServer[] }>;
  /** Begins a new ICE session on the connection that there is. */
  restart(session: string, fragment: string, signal: AbortSignal): Promise<Restarted>;
  mute(session: string, mutes: Mutes): Promise<void>;
  unpublish(session: string): Promise<void>;
}

/** How an error of the server is to be understood; what is neither is worth another try. */
export interface Verdicts {
  /** The session is no longer known. */
  gone(error: unknown): boolean;
  /** Asking again will not help. */
  final(error: unknown): boolean;
  /** A guest is let in once they have seen the question about a recording, which may be on its way to their screen. */
  unasked(error: unknown): boolean;
}

export type PublicationState = 'connecting' | 'live' | 'reconnecting' | 'replaced' | 'failed' | 'ended';

export interface PublicationOptions {
  group: Group;
  stream: MediaStream;
  server: WhipServer;
  verdicts: Verdicts;
  /** Sources that begin muted. */
  muted?: Mutes;
  /** Whether the stage shows a publication of this group by this person now; throws when that cannot be known. */
  onStage(): Promise<boolean>;
  onState(state: PublicationState, error?: unknown): void;
  /** For tests: how a connection is made and how time passes. */
  connection?: () => RTCPeerConnection;
  wait?: (ms: number) => Promise<void>;
}

/** How often who has not seen the question is sent again: for about a minute. */
const UNASKED_TRIES = 10;
/** How long mending waits for word of a server that cannot be reached before it asks by itself, ms. */
const WORD_MS = 4000;

/** kindOf names the source that a track of a group is. */
export function kindOf(group: Group, track: Pick<MediaStreamTrack, 'kind'>): Kind {
  if (group === 'screen') return track.kind === 'audio' ? 'screen-audio' : 'screen';
  return track.kind === 'audio' ? 'mic' : 'camera';
}

/** Publication keeps one source group on the stage until it is stopped, replaced or refused. */
export class Publication {
  readonly #o: PublicationOptions;
  readonly #wanted: Mutes;
  #pc: RTCPeerConnection | null = null;
  #session: string | null = null;
  /** Of the picture, from the offer on: a connection begins with all layers. */
  #layers: LayerSwitch | undefined;
  #state: PublicationState = 'connecting';
  #lifeline: Lifeline | undefined;
  /** Nothing but relays got through on this network. */
  #relays: RTCIceServer[] = [];
  readonly #deaf: () => void;
  #mending = false;
  /** The server was out of reach since this session began. */
  #doubted = false;
  /** The server has begun anew and knows nothing of the session. */
  #forgotten = false;
  #wake: () => void = () => undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: PublicationOptions) {
    this.#o = options;
    this.#wanted = { ...options.muted };
    this.#deaf = onNetworkChange(() => this.#lifeline?.doubt());
    for (const track of options.stream.getTracks()) {
      if (this.#wanted[kindOf(options.group, track)]) track.enabled = false;
    }
  }

  get state(): PublicationState {
    return this.#state;
  }

  /** start publishes; it returns once the server has answered, or throws what the server said. */
  async start(): Promise<void> {
    try {
      await this.#admit();
    } catch (error) {
      this.#drop();
      this.#enter('failed', error);
      throw error;
    }
  }

  /**
   * setMuted obeys at once in the direction of silence: a muted track is off before the server hears of it, and a
   * track comes on only after the server has agreed to forward it. Never replaceTrack(null): that freezes the
   * audio timestamps.
   */
  setMuted(kind: Kind, muted: boolean): Promise<void> {
    this.#wanted[kind] = muted;
    if (muted) this.#enable(kind, false);
    const step = this.#queue.then(() => this.#tell(kind, muted));
    this.#queue = step.catch(() => undefined);
    return step;
  }

  /** stats is what the browser counts of the connection; undefined while there is none. */
  async stats(): Promise<RTCStatsReport | undefined> {
    return this.#pc?.getStats();
  }

  /** setLayers sends the layers of a picture that the server names, and no others. */
  async setLayers(kind: Kind, rids: readonly string[]): Promise<void> {
    if (kind === this.#o.group) await this.#layers?.watch(rids);
  }

  /** roundTrip is the media path's round trip in ms as the browser measured it. */
  async roundTrip(): Promise<number | undefined> {
    const report = await this.stats();
    if (!report) return undefined;
    const all: Record<string, unknown>[] = [];
    report.forEach((s: Record<string, unknown>) => all.push(s));
    return roundTrip(all);
  }

  /**
   * stop ends the publication and tells the server, unless the server has ended it itself. The server hears of it
   * first and then the connection closes; the caller has stopped the tracks, so nothing goes out meanwhile.
   */
  async stop(tell = true): Promise<void> {
    if (this.#state === 'ended') return;
    const session = this.#session;
    const pc = this.#release();
    this.#deaf();
    this.#enter('ended');
    this.#wake();
    if (session && tell) await this.#o.server.unpublish(session).catch(() => undefined);
    pc?.close();
  }

  /** serverLost: the server cannot be reached, so nothing is sure until it can be. */
  serverLost(): void {
    this.#doubted = true;
  }

  /** serverBack finds out at once what ICE would take ten seconds to see. `restarted`: see Tie. */
  serverBack(restarted: boolean): void {
    const doubted = this.#doubted;
    this.#doubted = false;
    if (this.#mending) {
      this.#forgotten ||= restarted;
      this.#wake();
    } else if (doubted && this.#session) {
      this.#forgotten = restarted;
      void (restarted ? this.#mend() : this.#check(this.#session));
    }
  }

  /** asked: the question about the recording was seen, and what waits for that waits no longer. */
  asked(): void {
    this.#wake();
  }

  async #check(session: string): Promise<void> {
    const gone = await this.#o.server.mute(session, this.#mutes()).then(() => false, (error) => this.#o.verdicts.gone(error));
    if (gone && this.#session === session) void this.#mend();
  }

  /** admit connects, and waits while the question has not been seen. */
  async #admit(): Promise<void> {
    for (let round = 0; this.#alive(); round++) {
      try {
        return await this.#connect();
      } catch (error) {
        if (!this.#o.verdicts.unasked(error) || round >= UNASKED_TRIES) throw error;
        this.#drop();
        await this.#pause(backoff(round));
      }
    }
  }

  async #connect(): Promise<void> {
    this.#drop();
    const pc = (this.#o.connection ?? connection)();
    this.#pc = pc;
    for (const track of this.#o.stream.getTracks()) this.#send(pc, track);
    const offer = await pc.createOffer();
    const muted = this.#muted();
    const { session, answer, relays } = await this.#o.server.publish(this.#o.group, offer.sdp ?? '', muted);
    // Somebody may have left while the server was answering.
    if (this.#pc !== pc) {
      await this.#o.server.unpublish(session).catch(() => undefined);
      return;
    }
    this.#session = session;
    this.#doubted = this.#forgotten = false;
    if (this.#relays.length > 0) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: relays });
    await pc.setLocalDescription(offer); // no sooner: the relays' credentials came with the answer
    this.#watch(pc);
    await pc.setRemoteDescription({ type: 'answer', sdp: answer });
    if (this.#pc === pc) this.#lifeline = this.#guard(pc, session, answer, relays);
    await this.#catchUp(session, muted);
  }

  #send(pc: RTCPeerConnection, track: MediaStreamTrack): void {
    const video = track.kind === 'video';
    const transceiver = pc.addTransceiver(track, {
      direction: 'sendonly',
      streams: [this.#o.stream],
      sendEncodings: encodings(this.#o.group, track.kind, track.getSettings()),
    });
    if (video) this.#layers = new LayerSwitch(transceiver.sender);
    if (this.#o.group === 'screen') track.contentHint = video ? 'detail' : 'music';
    const known = RTCRtpSender.getCapabilities(track.kind)?.codecs ?? [];
    const codecs = preferred(known, video ? 'video/VP8' : 'audio/opus');
    if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
  }

  #guard(pc: RTCPeerConnection, session: string, answer: string, relays: RTCIceServer[]): Lifeline {
    const { server, verdicts } = this.#o;
    return new Lifeline({
      pc, answer, relays,
      relayed: this.#relays.length > 0,
      restart: (fragment, signal) => server.restart(session, fragment, signal),
      hopeless: (error) => verdicts.gone(error) || verdicts.final(error),
      onlost: () => this.#pc === pc && void this.#mend(),
      onrelayed: () => (this.#relays = relays),
    });
  }

  #watch(pc: RTCPeerConnection): void {
    const lost = (): void => {
      if (this.#pc === pc) void this.#mend();
    };
    pc.onconnectionstatechange = () => {
      if (this.#pc !== pc) return;
      if (pc.connectionState === 'connected') this.#enter('live');
      else if (pc.connectionState === 'disconnected' || pc.connectionState === 'failed') {
        this.#enter('reconnecting');
        this.#lifeline?.doubt();
      }
    };
    // The server says goodbye with a DTLS alert; the connection's own state does not show that (WebRTC 1.0, 4.3.3).
    const transport = pc.getSenders()[0]?.transport;
    if (transport) {
      transport.onstatechange = () => {
        if (transport.state === 'closed' || transport.state === 'failed') lost();
      };
    }
  }

  /** mend finds out whether another window took over, and publishes anew if not. */
  async #mend(): Promise<void> {
    if (this.#mending || this.#state === 'ended') return;
    this.#mending = true;
    const old = this.#session;
    this.#drop();
    this.#enter('reconnecting');
    try {
      if (this.#doubted) await this.#pause(WORD_MS);
      for (let round = 0; this.#alive(); round++) {
        try {
          if (old && !this.#forgotten && (await this.#wasReplaced(old))) {
            this.#enter('replaced');
            return;
          }
          await this.#admit();
          return;
        } catch (error) {
          if (this.#o.verdicts.final(error)) {
            this.#drop();
            this.#enter('failed', error);
            return;
          }
          await this.#pause(backoff(round));
        }
      }
    } finally {
      this.#mending = false;
    }
  }

  async #wasReplaced(session: string): Promise<boolean> {
    try {
      await this.#o.server.mute(session, this.#mutes());
      return false;
    } catch (error) {
      if (!this.#o.verdicts.gone(error)) throw error;
    }
    return !this.#forgotten && (await this.#o.onStage()) && !this.#forgotten;
  }

  /** pause lasts until the server is back, but no longer than `ms`. */
  async #pause(ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => (this.#wake = resolve));
    await Promise.race([(this.#o.wait ?? pause)(ms), woken]);
  }

  async #tell(kind: Kind, muted: boolean): Promise<void> {
    const session = this.#session;
    if (session) {
      try {
        await this.#o.server.mute(session, { [kind]: muted });
      } catch (error) {
        if (!muted && !this.#wanted[kind]) this.#wanted[kind] = true;
        throw error;
      }
    }
    // Without a session the next one is told, and only then the track comes on.
    if (session && !muted && this.#wanted[kind] === false) this.#enable(kind, true);
  }

  /** catchUp tells the server what was changed while it was answering, and lets on what may be heard now. */
  async #catchUp(session: string, told: Kind[]): Promise<void> {
    const muted = this.#muted();
    if (muted.join() !== told.join()) await this.#o.server.mute(session, this.#mutes());
    for (const track of this.#o.stream.getTracks()) {
      if (this.#wanted[kindOf(this.#o.group, track)] !== true) track.enabled = true;
    }
  }

  #muted(): Kind[] {
    return Object.entries(this.#mutes()).flatMap(([kind, muted]) => (muted ? [kind as Kind] : []));
  }

  #mutes(): Mutes {
    const mutes: Mutes = {};
    for (const track of this.#o.stream.getTracks()) {
      const kind = kindOf(this.#o.group, track);
      mutes[kind] = this.#wanted[kind] === true;
    }
    return mutes;
  }

  #enable(kind: Kind, on: boolean): void {
    for (const track of this.#o.stream.getTracks()) {
      if (kindOf(this.#o.group, track) === kind) track.enabled = on;
    }
  }

  #alive(): boolean {
    return this.#state !== 'ended';
  }

  #drop(): void {
    this.#release()?.close();
  }

  /** release forgets the connection; nothing that it still says is heard. */
  #release(): RTCPeerConnection | null {
    this.#lifeline?.close();
    this.#lifeline = undefined;
    const pc = this.#pc;
    this.#pc = null;
    this.#session = null;
    this.#layers = undefined;
    if (pc) pc.onconnectionstatechange = null;
    return pc;
  }

  #enter(state: PublicationState, error?: unknown): void {
    if (this.#state === 'ended' || (this.#state === state && state !== 'failed')) return;
    this.#state = state;
    this.#o.onState(state, error);
  }
}

function connection(): RTCPeerConnection {
  // No STUN server: the answer names the server's own addresses, and relays come with it where they are needed.
  return new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
}

function backoff(round: number): number {
  return Math.min(8000, 500 * 2 ** round);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
