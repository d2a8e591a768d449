// The vote of this browser in one poll: cast it, and survive a lost answer.
import { api, OFFLINE, Problem, type Schema } from '../lib/api';
import { newVote, stamp, storedVote, storeVote, type StoredVote, voteKey } from '../lib/receipt';
import type { Poll, Room } from '../lib/room.svelte';
import type { Answer } from '../polls/kinds';
import type { Paper } from '../polls/promise/paper';

export type CastResult = 'counted' | 'already' | 'unsure' | 'closed' | 'failed';

export class Ballot {
  readonly #room: Room;
  readonly #poll: string;
  readonly #secrecy: Poll['secrecy'];
  /** Of a secret poll. */
  #paper: Paper | undefined;
  /** What this browser cast, or tried to; a vote without `storedAt` is not known to have arrived. */
  vote = $state.raw<StoredVote | undefined>();
  busy = $state(false);
  error = $state.raw<unknown>();
  /** A counted answer is being changed. */
  changing = $state(false);

  constructor(room: Room, poll: Poll) {
    this.#room = room;
    this.#poll = poll.id;
    this.#secrecy = poll.secrecy;
    this.vote = storedVote(poll.id);
    this.changing = this.vote?.replaces !== undefined;
  }

  /** Sent, but no answer came: the same ballot must be sent again and no other. */
  get unsure(): boolean {
    return this.vote !== undefined && this.vote.storedAt === undefined;
  }

  /** Another tab of this browser has voted. Answers the function that stops listening. */
  listen(): () => void {
    const onstorage = (e: StorageEvent): void => {
      if (e.key !== voteKey(this.#poll)) return;
      this.vote = storedVote(this.#poll);
      if (this.vote?.storedAt) this.#room.markVoted(this.#poll);
    };
    addEventListener('storage', onstorage);
    return () => removeEventListener('storage', onstorage);
  }

  /** Fetches the ballot paper of a secret poll, long before it is used. Throws what the server has against it. */
  async paper(): Promise<void> {
    if (this.#secrecy !== 'secret' || this.vote) return;
    const { fetchPaper } = await import('../polls/promise/paper');
    this.#paper = await fetchPaper(this.#room.id, this.#poll);
  }

  async cast(answer: Answer, player?: Schema<'Player'>): Promise<CastResult> {
    this.busy = true;
    this.error = undefined;
    const again = this.unsure;
    try {
      const vote = again && this.vote ? this.vote : await this.#next(answer);
      storeVote(this.#poll, vote); // before it is sent: an answer that gets lost must not lose the secret
      this.vote = vote;
      const res = await this.#send(vote, player);
      this.#set({ secret: vote.secret, receipt: vote.receipt, answer: vote.answer, storedAt: res.stored_at });
      this.changing = false;
      this.#room.markVoted(this.#poll);
      return 'counted';
    } catch (err) {
      return this.#failed(err, again);
    } finally {
      this.busy = false;
    }
  }

  async #next(answer: Answer): Promise<StoredVote> {
    if (this.#secrecy === 'secret') {
      const { secret, receipt } = await this.#held();
      return { secret, receipt, answer };
    }
    const vote = await newVote(answer);
    return this.changing && this.vote ? { ...vote, replaces: this.vote } : vote;
  }

  async #send({ answer, receipt, replaces }: StoredVote, player?: Schema<'Player'>): Promise<{ stored_at: string }> {
    const params = { webinar: this.#room.id, poll: this.#poll };
    if (replaces) return api('put', '/api/webinars/{webinar}/polls/{poll}/votes', { params, body: { secret: replaces.secret, answer, receipt } });
    if (this.#secrecy !== 'secret') return api('post', '/api/webinars/{webinar}/polls/{poll}/votes', { params, body: { answer, receipt, ...(player && { player }) } });
    const { castPaper } = await import('../polls/promise/paper');
    return castPaper(this.#room.id, this.#poll, answer, await this.#held());
  }

  /** The paper, which is here already unless this browser forgets what it is told to keep. */
  async #held(): Promise<Paper> {
    const { fetchPaper, heldPaper } = await import('../polls/promise/paper');
    this.#paper ??= heldPaper(this.#poll) ?? (await fetchPaper(this.#room.id, this.#poll));
    return this.#paper;
  }

  #failed(err: unknown, again: boolean): CastResult {
    if (err instanceof Problem && err.code === 'already-voted') {
      // The first ballot of ours that was lost on its way, or one from elsewhere: then ours is not in the box.
      if (this.#secrecy === 'secret' && this.vote) this.#set({ ...this.vote, storedAt: stamp(this.#room.now()) }); // the paper is ours alone
      else if (!again) this.#set(undefined);
      this.#room.markVoted(this.#poll);
      return 'already';
    }
    if (err instanceof Problem && err.code === OFFLINE) return 'unsure';
    if (err instanceof Problem && err.status >= 500) return 'unsure';
    if (this.vote?.replaces) {
      this.#set(this.vote.replaces); // refused: the earlier answer stands
      this.changing = false;
    } else if (this.#void(err) || !again) this.#set(undefined);
    this.error = err;
    return err instanceof Problem && err.status === 409 ? 'closed' : 'failed';
  }

  /** The paper was of an opening that was undone: another one is fetched. */
  #void(err: unknown): boolean {
    if (!(err instanceof Problem && err.code === 'bad-token')) return false;
    this.#paper = undefined;
    return true;
  }

  #set(vote: StoredVote | undefined): void {
    this.vote = vote;
    storeVote(this.#poll, vote ?? null);
  }
}
