import { OFFLINE, Problem } from '../../lib/api';
import { DeviceError, openScreen, stopStream } from '../../lib/devices';
import { Trouble } from '../../lib/errand.svelte';
import { Line, type Flow } from '../../lib/line';
import { type Quality, SendMeter, Verdict } from '../../lib/quality';
import type { Room, Tie } from '../../lib/room.svelte';
import { type Tracks, Viewer, type ViewerState } from '../../lib/whep';
import { type Group, type Kind, Publication, type PublicationState } from '../../lib/whip';
import { recordings, webinars } from '../calls';
import { pageClock } from './answer';
import { active, Consent } from './consent.svelte';
import { verdicts, whipServer } from './server';

export type Phase = 'joining' | 'failed' | 'attendee' | 'check' | 'stage' | 'left';

/** How long a new snapshot of the room may take, ms. */
const SNAPSHOT_MS = 5000;
/** How long the sources of another window may take to appear on the stage, ms. */
const SETTLE_MS = 2000;

/** How often what is sent is measured, ms. */
const UPLINK_MS = 2000;

/** Slots on stage: ten people, each with sound and one picture. */
const SLOTS = 10;

async function until(met: () => boolean, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (met()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return met();
}

function sends(state: PublicationState | 'off'): boolean {
  return state === 'connecting' || state === 'live' || state === 'reconnecting';
}

/** Cockpit is one person's place on the stage: what they send, what they see, and what they have agreed to. */
export class Cockpit {
  readonly room: Room;
  readonly consent: Consent;
  phase = $state<Phase>('joining');
  readonly trouble = new Trouble();
  /** The status with which the server refused the seat; 0: it has not. */
  refusal = $state(0);

  /** Own camera and microphone. */
  stream = $state.raw<MediaStream | null>(null);
  screen = $state.raw<MediaStream | null>(null);
  camera = $state<PublicationState | 'off'>('off');
  sharing = $state<PublicationState | 'off'>('off');
  micMuted = $state(false);
  cameraOff = $state(false);
  /** Which of microphone and camera wait for the server. */
  readonly pending = $state({ mic: false, camera: false });

  tracks = $state.raw<Tracks>({ audio: [], video: [] });
  watching = $state<ViewerState>('connecting');
  /** What comes from the others. */
  flow = $state<Flow>('good');
  /** There was a connection already. */
  watched = $state(false);
  /** How what this person sends arrives. */
  uplink = $state<Quality>('good');

  #publications: Partial<Record<Group, Publication>> = {};
  #viewer: Viewer | undefined;
  #line = new Line();
  #uplink: ReturnType<typeof setInterval> | undefined;
  /** How often the server has begun anew. */
  #restarts = 0;

  constructor(room: Room) {
    this.room = room;
    this.room.tie({
      serverLost: () => this.#each((tie) => tie.serverLost()),
      serverBack: (restarted) => {
        if (restarted) this.#restarts++;
        this.#each((tie) => tie.serverBack(restarted));
      },
      over: () => this.#viewer?.over(),
    });
    this.consent = new Consent(this.room, () => this.#roundTrip(), () => this.asked, () => {
      this.#publications.camera?.asked();
      this.#publications.screen?.asked();
    });
  }

  /** Whether anything of this person goes to the stage from here. */
  get onStage(): boolean {
    return sends(this.camera) || sends(this.sharing);
  }

  /** Whether a recording asks this person: who sends something, and a guest who was not let in, which may be for want of the question. */
  get asked(): boolean {
    return this.onStage || (this.room.me?.role === 'guest' && this.stream !== null && this.camera === 'failed');
  }

  /** Another window has taken the place, or the server refuses: what the controls here say would not be true. */
  get aside(): boolean {
    return this.camera === 'replaced' || this.camera === 'failed';
  }

  get hasMicrophone(): boolean {
    return (this.stream?.getAudioTracks().length ?? 0) > 0;
  }

  get hasCamera(): boolean {
    return (this.stream?.getVideoTracks().length ?? 0) > 0;
  }

  /** join takes the seat: with the secret of a personal link, or with the cookie of an earlier visit. */
  async join(ticket: string): Promise<void> {
    this.phase = 'joining';
    this.trouble.clear();
    this.refusal = 0;
    try {
      const me = await webinars.join(this.room.id, ticket ? { ticket } : {});
      this.room.me = me;
      this.phase = me.role === 'host' || me.role === 'speaker' ? 'check' : 'attendee';
      if (this.phase === 'check') this.room.open();
    } catch (error) {
      this.phase = 'failed';
      this.trouble.fail(error);
      if (error instanceof Problem) this.refusal = error.status;
    }
  }

  /** enter goes backstage, or onto the stage if the webinar is live already. */
  async enter(stream: MediaStream | null): Promise<void> {
    this.stream = stream;
    this.phase = 'stage';
    this.#watch();
    this.#measure();
    if (stream && stream.getTracks().length > 0) await this.#publish('camera', stream);
  }

  /** takeOver publishes here again after another window had taken the place, or after a failure. */
  async takeOver(): Promise<void> {
    await this.#publications.camera?.stop();
    if (this.stream) await this.#publish('camera', this.stream);
  }

  async setMuted(kind: 'mic' | 'camera', muted: boolean): Promise<void> {
    const before = kind === 'mic' ? this.micMuted : this.cameraOff;
    const show = (value: boolean): void => {
      if (kind === 'mic') this.micMuted = value;
      else this.cameraOff = value;
    };
    // Silence is shown at once, sound only when it is true.
    if (muted) show(true);
    this.pending[kind] = true;
    this.trouble.clear();
    try {
      await this.#publications.camera?.setMuted(kind, muted);
      show(muted);
    } catch (error) {
      show(muted ? true : before);
      this.trouble.fail(error);
    } finally {
      this.pending[kind] = false;
    }
  }

  /** setLayers stops encoding what nobody watches of a picture from here, and begins again. */
  async setLayers(kind: Kind, rids: readonly string[]): Promise<void> {
    await this.#publications[kind === 'screen' ? 'screen' : 'camera']?.setLayers(kind, rids);
  }

  async share(): Promise<void> {
    this.trouble.clear();
    let screen: MediaStream | null;
    try {
      screen = await openScreen();
    } catch (error) {
      this.#deviceProblem(error);
      return;
    }
    if (!screen) return;
    this.screen = screen;
    // The browser has its own button that ends sharing; it must end here, too.
    for (const track of screen.getVideoTracks()) track.addEventListener('ended', () => void this.unshare(), { once: true });
    await this.#publish('screen', screen);
  }

  async unshare(): Promise<void> {
    const publication = this.#publications.screen;
    delete this.#publications.screen;
    stopStream(this.screen);
    this.screen = null;
    this.sharing = 'off';
    await publication?.stop();
  }

  /** beat tells the server that this person is still there and sees the state of the recording. */
  async beat(): Promise<void> {
    if (!active(this.room.recording) || !this.onStage) return;
    const rtt = await this.#roundTrip().catch(() => undefined);
    await recordings.beat(this.room.id, { epoch_ms: pageClock(), ...(rtt === undefined ? {} : { rtt_ms: rtt }) }).catch(() => undefined);
  }

  /** A guest of the stage, who leaves it in another way: back among the attendees. */
  back: (() => Promise<void>) | undefined;

  /** leave ends what this person sends and gives up the seat; a host's seat is their account's and stays. */
  async leave(): Promise<void> {
    if (this.back) return this.back();
    this.stop();
    this.phase = 'left';
    if (this.room.me?.role !== 'host') await webinars.leave(this.room.id).catch(() => undefined);
  }

  /** stop lets go of everything, the stream of events too. */
  stop(tell = true): void {
    this.release(tell);
    this.room.close();
  }

  /** release lets go of every device and media connection. `tell`: the server has not ended them itself. */
  release(tell = true): void {
    stopStream(this.stream);
    stopStream(this.screen);
    for (const group of ['camera', 'screen'] as const) void this.#publications[group]?.stop(tell);
    this.#publications = {};
    this.stream = this.screen = null;
    this.camera = this.sharing = 'off';
    clearInterval(this.#uplink);
    if (!tell) this.#viewer?.over();
    this.#viewer?.close();
    this.#viewer = undefined;
    this.tracks = { audio: [], video: [] };
  }

  deviceProblem = $state<DeviceError | undefined>();

  #deviceProblem(error: unknown): void {
    if (error instanceof DeviceError) this.deviceProblem = error;
    else this.trouble.fail(error);
  }

  #watch(): void {
    this.#viewer ??= new Viewer(this.room.id, {
      audio: SLOTS,
      video: SLOTS,
      ontracks: (tracks) => {
        this.tracks = tracks;
      },
      onstate: (state) => {
        this.watching = state;
        if (state !== 'connected') return;
        this.watched = true;
        this.#line = new Line();
        this.flow = this.#line.flow;
      },
      onreception: (reception) => {
        this.flow = this.#line.add(reception, [], performance.now());
      },
      onrefused: (problem) => {
        this.trouble.fail(problem);
      },
    });
  }

  /** Asks now and then how what is sent arrives. Another connection is measured anew. */
  #measure(): void {
    clearInterval(this.#uplink);
    let [of, meter, verdict] = [undefined as Publication | undefined, new SendMeter(), new Verdict()];
    this.#uplink = setInterval(() => {
      const now = this.#publications.camera ?? this.#publications.screen;
      if (now !== of) [of, meter, verdict, this.uplink] = [now, new SendMeter(), new Verdict(), 'good'];
      void now?.stats().then((report) => {
        const window = report && meter.read(report.values());
        if (window && now === of) this.uplink = verdict.add(window);
      }).catch(() => undefined); // the connection has just gone
    }, UPLINK_MS);
  }

  #each(act: (tie: Pick<Tie, 'serverLost' | 'serverBack'>) => void): void {
    for (const tie of [this.#publications.camera, this.#publications.screen, this.#viewer]) if (tie) act(tie);
  }

  async #publish(group: Group, stream: MediaStream): Promise<void> {
    const set = (state: PublicationState | 'off'): void => {
      if (group === 'camera') this.camera = state;
      else this.sharing = state;
    };
    const publication = new Publication({
      group,
      stream,
      server: whipServer(this.room.id),
      verdicts,
      muted: group === 'camera' ? { mic: this.micMuted, camera: this.cameraOff } : {},
      onStage: () => this.#isOnStage(group),
      onState: (state, error) => {
        if (this.#publications[group] !== publication) return;
        set(state);
        if (error) this.trouble.fail(error);
        if (group === 'screen' && (state === 'replaced' || state === 'failed')) void this.unshare();
      },
    });
    this.#publications[group] = publication;
    set('connecting');
    this.trouble.clear();
    try {
      await publication.start();
    } catch (error) {
      // The state has said so already; a refusal of the server is a sentence, anything else is our own fault.
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** A stream of events that broke unnoticed would still show this person: ask for the stage anew, then look. */
  async #isOnStage(group: Group): Promise<boolean> {
    const restarts = this.#restarts;
    let fresh = false;
    const deaf = this.room.follow((e) => (fresh ||= e.name === 'snapshot'));
    this.room.renew();
    const kinds: Kind[] = group === 'camera' ? ['camera', 'mic'] : ['screen', 'screen-audio'];
    const there = (): boolean => this.room.person(this.room.me?.id ?? '')?.sources.some((s) => kinds.includes(s.kind)) ?? false;
    await until(() => fresh, SNAPSHOT_MS);
    deaf();
    if (!fresh) throw new Problem(0, OFFLINE, '');
    await until(() => there() || this.#restarts !== restarts, SETTLE_MS);
    return there();
  }

  async #roundTrip(): Promise<number | undefined> {
    return (this.#publications.camera ?? this.#publications.screen)?.roundTrip();
  }
}
