import { Problem } from '../../lib/api';
import { Trouble } from '../../lib/errand.svelte';
import type { Lang } from '../../lib/i18n';
import type { Recording, Room } from '../../lib/room.svelte';
import { type MyConsent, type Notice, recordings } from '../calls';
import { newKey } from '../../lib/keys';
import { type Act, sendAnswer, type Scope } from './answer';

/** active says whether a recording still asks for consent. */
export function active(recording: Recording | undefined): recording is Recording {
  return recording?.state === 'announced' || recording?.state === 'recording' || recording?.state === 'paused';
}

/** Consent is one person's own answer to the recording of this room. Nobody answers for another. */
export class Consent {
  readonly #room: Room;
  readonly #roundTrip: () => Promise<number | undefined>;
  readonly #asked: () => boolean;
  readonly #onshown: () => void;
  notice = $state.raw<Notice | undefined>();
  /** Hash of the text that the server knows to have been on the screen. */
  #shown = $state('');
  busy = $state<Act | undefined>();
  readonly trouble = new Trouble();
  /** Closed without an answer: the recording that it was closed for. */
  #closedFor = $state('');
  #reopened = $state(false);

  /**
   * `asked`: only who sends something is asked; everybody may change or withdraw an answer. `onshown`: the server knows
   * that the question was seen.
   */
  constructor(room: Room, roundTrip: () => Promise<number | undefined>, asked: () => boolean, onshown: () => void) {
    this.#room = room;
    this.#roundTrip = roundTrip;
    this.#asked = asked;
    this.#onshown = onshown;
  }

  get mine(): MyConsent | undefined {
    const mine = this.#room.myConsent;
    return mine && mine.recording === this.#room.recording?.id ? mine : undefined;
  }

  get state(): MyConsent['state'] {
    return this.mine?.state ?? 'none';
  }

  /** Whether the question belongs on the screen. */
  get asking(): boolean {
    const recording = this.#room.recording;
    if (!active(recording)) return false;
    if (this.#reopened) return true;
    return this.#asked() && (this.state === 'none' || this.state === 'shown') && this.#closedFor !== recording.id;
  }

  /** The server knows that this very text was on the screen; before that no answer counts, and it forgets when a grant ends. */
  get shown(): boolean {
    return this.notice !== undefined && this.notice.hash === this.#shown && this.state !== 'none';
  }

  /** A recording or a language is new: fetch the text that was frozen for it. */
  async load(recording: string, lang: Lang): Promise<void> {
    const wanted = `${recording} ${lang}`;
    if (this.notice && this.#wanted === wanted) return;
    this.#wanted = wanted;
    this.#shown = '';
    this.notice = undefined;
    this.trouble.clear();
    try {
      const notice = await recordings.notice(this.#room.id, recording, lang);
      if (this.#wanted === wanted) this.notice = notice;
    } catch (error) {
      if (this.#wanted !== wanted) return;
      this.#wanted = '';
      this.trouble.fail(error);
    }
  }
  /** The text that was asked for last: one in another language may still be on its way. */
  #wanted = '';

  /**
   * The text stands on the screen: the server must know before it takes an answer. Who changes an earlier answer sees
   * the text again, and that too is told.
   */
  async confirmShown(): Promise<void> {
    const hash = this.notice?.hash ?? '';
    if (!(await this.#send('shown', {}))) return;
    this.#shown = hash;
    this.#onshown();
  }

  grant(click: number, scopes: readonly Scope[] | undefined, publish: boolean): Promise<boolean> {
    return this.#answer('grant', { click, publish, ...(scopes ? { scopes } : {}) });
  }

  refuse(click: number): Promise<boolean> {
    return this.#answer('refuse', { click });
  }

  /** withdraw works always: where the text is not here yet, it is fetched first, for its hash. */
  async withdraw(click: number, lang: Lang): Promise<boolean> {
    const recording = this.#room.recording;
    if (recording && !this.notice) await this.load(recording.id, lang);
    return this.#answer('withdraw', { click });
  }

  /** Closed, Escape: no answer, and no answer is a no. The control on the page stays. */
  close(): void {
    this.#reopened = false;
    this.#closedFor = this.#room.recording?.id ?? '';
    this.trouble.clear();
  }

  /** The text comes to the screen once more, and that is told, too. */
  again(): void {
    this.#shown = '';
    this.trouble.clear();
  }

  reopen(): void {
    this.#shown = '';
    this.#reopened = true;
  }

  async #answer(act: Act, more: { click: number; scopes?: readonly Scope[]; publish?: boolean }): Promise<boolean> {
    const done = await this.#send(act, more);
    if (done) {
      this.#reopened = false;
      this.#closedFor = ''; // a grant that ends is asked for anew
    }
    return done;
  }

  async #send(act: Act, more: { click?: number; scopes?: readonly Scope[]; publish?: boolean }): Promise<boolean> {
    const recording = this.#room.recording;
    const notice = this.notice;
    if (!recording || !notice || this.busy) return false;
    this.busy = act;
    this.trouble.clear();
    const before = this.#room.myConsent;
    try {
      const mine = await sendAnswer({
        act,
        notice,
        key: newKey(),
        roundTrip: this.#roundTrip,
        send: (body) => recordings.answer(this.#room.id, recording.id, body),
        ...more,
      });
      // The stream tells of it, too, and knows what was said in another tab meanwhile; while it is away the answer counts.
      if (this.#room.myConsent === before) this.#room.setMyConsent(mine);
      return true;
    } catch (error) {
      // The text was answered to elsewhere meanwhile: it is told once more that it is on the screen.
      if (error instanceof Problem && error.code === 'not-shown') this.#shown = '';
      this.trouble.fail(error);
      return false;
    } finally {
      this.busy = undefined;
    }
  }
}
