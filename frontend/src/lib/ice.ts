// What both directions of media do when the network changes or breaks: keep the connection and begin a new ICE session
// on it (RFC 9725, section 4.3.3). The server answers to wherever our checks come from, so DTLS and media just go on.

/** What the server answers to a restart: its side of the new ICE session, and relays with fresh credentials. */
export interface Restarted {
  fragment: string;
  relays: RTCIceServer[];
}

export interface LifelineOptions {
  pc: RTCPeerConnection;
  /** The answer that the connection was made with. */
  answer: string;
  /** Relays for a network that lets nothing else through (`Link` of the answer). They are only used when needed. */
  relays: RTCIceServer[];
  /** The relays are in use already. */
  relayed?: boolean;
  restart: (fragment: string, signal: AbortSignal) => Promise<Restarted>;
  /** Asking again will not help. */
  hopeless: (error: unknown) => boolean;
  /** The connection cannot be saved; heard once, and then no more. */
  onlost: () => void;
  /** Nothing else gets through on this network. */
  onrelayed?: () => void;
  /** For tests: how time passes. */
  wait?: (ms: number) => Promise<void>;
}

/** How long a new connection, or an old one on a new path, may take before the next thing is tried, ms. */
const SETTLE_MS = 4000;
/** How long one question to the server may take, and after how long the next one is asked meanwhile, ms. */
const ASK_MS = 3000;
const AGAIN_MS = 1000;
const PAUSE_MS = [200, 400, 800];
/** After so long without an answer the connection is given up, ms: the server has forgotten it by then. */
const HOPE_MS = 20_000;

/** fragmentOf cuts out of an offer what a restart tells the server. It needs no candidates of ours. */
export function fragmentOf(offer: string): string {
  const wanted = /^(a=group:BUNDLE|a=ice-ufrag:|a=ice-pwd:|a=mid:|m=)/;
  const lines: string[] = [];
  let media = 0;
  for (const line of offer.split(/\r?\n/)) {
    if (line.startsWith('m=') && ++media > 1) break; // the first line carries the bundle
    if (wanted.test(line)) lines.push(line);
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** withICE is the same answer for the ICE session of a fragment. */
export function withICE(answer: string, fragment: string): string {
  const theirs = fragment.split(/\r?\n/);
  const find = (prefix: string): string => theirs.find((l) => l.startsWith(prefix)) ?? '';
  const candidates = theirs.filter((l) => l.startsWith('a=candidate:'));
  const lines = answer.split(/\r?\n/).flatMap((line) => {
    if (line.startsWith('a=ice-ufrag:')) return [find('a=ice-ufrag:')];
    if (line.startsWith('a=ice-pwd:')) return [find('a=ice-pwd:')];
    if (line.startsWith('a=candidate:')) return [];
    return line.startsWith('a=end-of-candidates') ? [...candidates, line] : [line];
  });
  return lines.join('\r\n');
}

/** Lifeline keeps one connection on its feet. */
export class Lifeline {
  readonly #o: LifelineOptions;
  #answer: string;
  #relays: RTCIceServer[];
  #relayed: boolean;
  #mending = false;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(options: LifelineOptions) {
    this.#o = options;
    this.#answer = options.answer;
    this.#relays = options.relays;
    this.#relayed = options.relayed ?? false;
    void this.#begin();
  }

  /** doubt: the connection may be broken, or the network is another one. Again: no change, but asks at once. */
  doubt(): void {
    if (this.#mending) this.#wake();
    else if (!this.#closed) void this.#mend(true);
  }

  /** close: nothing is asked and nothing heard any more. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async #begin(): Promise<void> {
    if (!(await this.#settles()) && !this.#mending) await this.#mend(this.#relayed);
  }

  /** settles reports whether the connection came about in the time that it may take, or nobody cares any more. */
  async #settles(): Promise<boolean> {
    const { pc } = this.#o;
    let done: () => void = () => undefined;
    const up = new Promise<void>((resolve) => (done = resolve));
    const look = (): void => {
      if (pc.connectionState === 'connected') done();
    };
    pc.addEventListener('connectionstatechange', look);
    look();
    await Promise.race([up, (this.#o.wait ?? pause)(SETTLE_MS)]);
    pc.removeEventListener('connectionstatechange', look);
    return this.#closed || pc.connectionState === 'connected';
  }

  /** mend tries another path, if there may be one, and then the relays if they were not in use. */
  async #mend(direct: boolean): Promise<void> {
    this.#mending = true;
    try {
      let saved = direct ? await this.#restart() : false;
      if (saved === false && !this.#closed && !this.#relayed && this.#relays.length > 0) {
        this.#relayed = true;
        this.#o.onrelayed?.();
        saved = await this.#restart();
      }
      if (!saved && !this.#closed) this.#lose();
    } catch {
      // The connection itself refuses: it was closed, or a description does not fit.
      if (!this.#closed) this.#lose();
    } finally {
      this.#mending = false;
    }
  }

  #lose(): void {
    this.close();
    this.#o.onlost();
  }

  /** restart answers whether there is a path now; null: the server will not, or cannot be reached. */
  async #restart(): Promise<boolean | null> {
    const { pc } = this.#o;
    // Made, but not yet set: until the server has agreed the old ICE session goes on and may recover.
    const offer = await pc.createOffer({ iceRestart: true });
    const restarted = await this.#ask(fragmentOf(offer.sdp ?? ''));
    if (!restarted || this.#closed) return null;
    if (restarted.relays.length > 0) this.#relays = restarted.relays;
    if (this.#relayed) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: this.#relays });
    await pc.setLocalDescription(offer);
    this.#answer = withICE(this.#answer, restarted.fragment);
    await pc.setRemoteDescription({ type: 'answer', sdp: this.#answer });
    return this.#settles();
  }

  /**
   * ask asks until there is an answer. A question that hangs may be lost, with a network that is long back, so the next one
   * does not wait for its end: the same fragment twice is one restart, and the first answer counts.
   */
  async #ask(fragment: string): Promise<Restarted | undefined> {
    const until = Date.now() + HOPE_MS;
    const wait = this.#o.wait ?? pause;
    let answer: Restarted | undefined;
    let refused = false;
    for (let n = 0; Date.now() < until && !this.#closed && !answer && !refused; n++) {
      const asked = this.#o.restart(fragment, AbortSignal.timeout(ASK_MS)).then(
        (r) => void (answer ??= r),
        (error: unknown) => {
          refused ||= this.#o.hopeless(error);
          return refused ? undefined : wait(PAUSE_MS[Math.min(n, PAUSE_MS.length - 1)] ?? 800);
        },
      );
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      await Promise.race([asked, woken, wait(AGAIN_MS)]);
    }
    return answer;
  }
}

/**
 * onNetworkChange hears when this machine is on another network: what was connected may be cut off although nothing
 * has failed yet. The answer ends that.
 */
export function onNetworkChange(heard: () => void): () => void {
  // Only some browsers tell the kind of network; its estimates change all the time and mean nothing here.
  const link = (navigator as Navigator & { connection?: EventTarget & { type?: string } }).connection;
  let kind = link?.type;
  const changed = (): void => {
    if (link?.type === kind) return;
    kind = link?.type;
    if (kind !== 'none') heard();
  };
  addEventListener('online', heard);
  link?.addEventListener('change', changed);
  return () => {
    removeEventListener('online', heard);
    link?.removeEventListener('change', changed);
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
