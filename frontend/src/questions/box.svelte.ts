// The questions of one webinar as this client knows them: the snapshot, the events over it, and what it asked itself.
import { OFFLINE, Problem } from '../lib/api';
import type { RoomEvent } from '../lib/events';
import { newKey } from '../lib/keys';
import type { Room } from '../lib/room.svelte';
import { type Move, questions, type Rules } from './calls';
import { forgetOld, keepOwn, keyOf, type Own, ownOf } from './keys';
import type { Question } from './order';

/** `unsure`: no answer came; the question is kept and sent again. */
export type AskResult = 'sent' | 'unsure' | 'failed';

export class Box {
  readonly #room: Room;
  rules = $state.raw<Rules>({ open: true, moderated: true, anonymous: true });
  list = $state.raw<Question[]>([]);
  loaded = $state(false);
  /** Asked here, and not known to have arrived. */
  unsent = $state.raw<Own[]>([]);
  error = $state.raw<unknown>();
  #own: Own[];
  /** Secrets of what is on its way. */
  #sending: readonly string[] = [];
  /** Questions whose vote is on its way. */
  #voting: readonly string[] = [];
  /** What came while the list was being fetched: it may be newer than that. */
  #early: RoomEvent[] | undefined;

  constructor(room: Room) {
    this.#room = room;
    forgetOld();
    this.#own = ownOf(room.id);
    this.#took(this.#own);
  }

  /** Follows the room's events and fetches what was before them. The answer ends that. */
  follow(): () => void {
    const unfollow = this.#room.follow((e) => this.apply(e));
    const untie = this.#room.tie({ serverLost: () => undefined, serverBack: () => void this.resend(), over: () => undefined });
    const onstorage = (e: StorageEvent): void => {
      if (e.key === keyOf(this.#room.id)) this.#took(ownOf(this.#room.id)); // another tab asked
    };
    addEventListener('storage', onstorage);
    void this.#load();
    return () => {
      unfollow();
      untie();
      removeEventListener('storage', onstorage);
    };
  }

  /** Lays one event over the state. `mine` and `voted` of events are always false: what this seat did is kept. */
  apply(e: RoomEvent): void {
    this.#early?.push(e);
    switch (e.name) {
      case 'snapshot':
        this.#fill(e.data.questions.rules, e.data.questions.questions);
        void this.#fetchOwn();
        void this.resend();
        break;
      case 'question':
        this.#put(e.data, false);
        break;
      case 'question_gone':
        if (this.secretOf(e.data.id) === undefined) this.#drop(e.data.id);
        else void this.#fetchOwn(); // dismissed, or withdrawn in another tab
        break;
      case 'question_votes':
        this.list = this.list.map((q) => {
          const votes = e.data.votes[q.id];
          return votes === undefined || votes === q.votes ? q : { ...q, votes };
        });
        break;
      case 'question_rules':
        this.rules = e.data;
        break;
    }
  }

  secretOf(id: string): string | undefined {
    return this.#own.find((o) => o.id === id)?.secret;
  }

  /** Asks; an empty name is none. The question is kept here before it is sent, so that a lost answer loses nothing. */
  async ask(text: string, name: string): Promise<AskResult> {
    const own: Own = { secret: newKey(), draft: { text, name } };
    this.#keep([...this.#own, own]);
    const result = await this.#send(own);
    if (result === 'failed') this.#keep(this.#own.filter((o) => o.secret !== own.secret)); // the words are still in the form
    return result;
  }

  /** Sends what is not known to have arrived; the same secret again is the same question. */
  async resend(): Promise<void> {
    for (const own of this.unsent) if ((await this.#send(own)) !== 'sent') return;
  }

  /** Gives or takes back this seat's vote; shown at once, and undone when it was refused. */
  async vote(q: Question): Promise<void> {
    if (this.#voting.includes(q.id)) return;
    this.#voting = [...this.#voting, q.id];
    this.error = undefined;
    const up = !q.voted;
    this.#change(q.id, (now) => ({ ...now, voted: up, votes: Math.max(0, now.votes + (up ? 1 : -1)) }));
    try {
      const after = await questions.vote(this.#room.id, q.id, up);
      this.#change(q.id, (now) => ({ ...now, voted: after.voted, votes: after.votes }));
    } catch (err) {
      this.#change(q.id, (now) => ({ ...now, voted: q.voted, votes: Math.max(0, now.votes + (up ? -1 : 1)) }));
      this.error = err;
    } finally {
      this.#voting = this.#voting.filter((id) => id !== q.id);
    }
  }

  async edit(q: Question, text: string): Promise<void> {
    this.#put(await questions.edit(this.#room.id, q.id, text, this.secretOf(q.id)));
  }

  async withdraw(q: Question): Promise<void> {
    await questions.withdraw(this.#room.id, q.id, this.secretOf(q.id));
    this.#keep(this.#own.filter((o) => o.id !== q.id));
    this.#drop(q.id);
  }

  /** Gives up what was not sent. It may have arrived; then it is no longer this browser's. */
  discard(own: Own): void {
    this.#keep(this.#own.filter((o) => o !== own));
  }

  async move(q: Question, move: Move): Promise<void> {
    this.#put(await questions.move(this.#room.id, q.id, move));
  }

  async setRules(rules: Rules): Promise<void> {
    this.rules = await questions.rules(this.#room.id, rules);
  }

  async #send(own: Own): Promise<AskResult> {
    const draft = own.draft ?? { text: '', name: '' };
    this.error = undefined;
    this.#sending = [...this.#sending, own.secret];
    this.#took(this.#own);
    try {
      const q = await questions.ask(this.#room.id, { ...draft, secret: own.secret });
      this.#keep(this.#own.map((o) => (o.secret === own.secret ? { secret: o.secret, id: q.id } : o)));
      this.#put({ ...q, mine: true });
      return 'sent';
    } catch (err) {
      if (err instanceof Problem && (err.code === OFFLINE || err.status >= 500)) return 'unsure';
      this.error = err;
      return 'failed';
    } finally {
      this.#sending = this.#sending.filter((s) => s !== own.secret);
      this.#took(this.#own);
    }
  }

  async #load(): Promise<void> {
    this.#early = [];
    try {
      const { rules, questions: all } = await questions.list(this.#room.id);
      const early = this.#early;
      this.#early = undefined;
      this.#fill(rules, all);
      for (const e of early) this.apply(e);
      await this.#fetchOwn();
      await this.resend();
    } catch (err) {
      this.#early = undefined;
      this.error = err; // the next snapshot brings them
    }
  }

  #fill(rules: Rules, all: readonly Question[]): void {
    this.rules = rules;
    // What waits or was put aside is in no snapshot; asking for it by its secret comes next.
    const hidden = this.list.filter((q) => q.mine && !all.some((a) => a.id === q.id));
    this.list = [...all.map((q) => this.#merge(q, true)), ...hidden];
    this.loaded = true;
  }

  async #fetchOwn(): Promise<void> {
    const known = this.#own.filter((o) => o.id !== undefined);
    if (known.length === 0) return;
    const own = await questions.own(this.#room.id, known.map((o) => o.secret)).catch(() => undefined);
    if (!own) return;
    for (const q of own) this.#put(q);
    const gone = known.filter((o) => !own.some((q) => q.id === o.id));
    if (gone.length === 0) return;
    for (const o of gone) this.#drop(o.id!);
    this.#keep(this.#own.filter((o) => !gone.includes(o)));
  }

  /** `personal`: from an answer to this seat, so that `voted` is true of it. */
  #merge(q: Question, personal: boolean): Question {
    const old = this.list.find((o) => o.id === q.id);
    return { ...q, mine: q.mine || (old?.mine ?? false) || this.secretOf(q.id) !== undefined, voted: personal ? q.voted : (old?.voted ?? false) };
  }

  #put(q: Question, personal = true): void {
    const merged = this.#merge(q, personal);
    this.list = this.list.some((o) => o.id === q.id) ? this.list.map((o) => (o.id === q.id ? merged : o)) : [...this.list, merged];
  }

  #change(id: string, f: (q: Question) => Question): void {
    this.list = this.list.map((q) => (q.id === id ? f(q) : q));
  }

  #drop(id: string): void {
    this.list = this.list.filter((q) => q.id !== id);
  }

  #keep(own: Own[]): void {
    this.#took(own);
    keepOwn(this.#room.id, own);
  }

  #took(own: Own[]): void {
    this.#own = own;
    this.unsent = own.filter((o) => o.id === undefined && !this.#sending.includes(o.secret));
  }
}
