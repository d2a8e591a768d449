// The vote of this browser in one poll: cast it, survive a lost answer, prove it after closing.
import { api, OFFLINE, Problem, type Schema } from '../lib/api';
import { newVote, storedVote, storeVote, type StoredVote, voteKey } from '../lib/receipt';
import type { Room } from '../lib/room.svelte';
import type { Answer } from '../polls/kinds';

export type CastResult = 'counted' | 'already' | 'unsure' | 'closed' | 'failed';

export class Ballot {
  readonly #room: Room;
  readonly #poll: string;
  /** What this browser cast, or tried to; a vote without `storedAt` is not known to have arrived. */
  vote = $state.raw<StoredVote | undefined>();
  busy = $state(false);
  error = $state.raw<unknown>();
  /** After closing: whether the receipt is in the published list, and how many are. */
  proof = $state.raw<{ found: boolean; of: number } | undefined>();

  constructor(room: Room, poll: string) {
    this.#room = room;
    this.#poll = poll;
    this.vote = storedVote(poll);
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

  async cast(answer: Answer, player?: Schema<'Player'>): Promise<CastResult> {
    this.busy = true;
    this.error = undefined;
    const again = this.unsure;
    try {
      const vote = again && this.vote ? this.vote : await newVote(answer);
      storeVote(this.#poll, vote); // before it is sent: an answer that gets lost must not lose the secret
      this.vote = vote;
      const res = await api('post', '/api/webinars/{webinar}/polls/{poll}/votes', {
        params: { webinar: this.#room.id, poll: this.#poll },
        body: { answer: vote.answer, receipt: vote.receipt, ...(player && { player }) },
      });
      this.#set({ ...vote, storedAt: res.stored_at });
      this.#room.markVoted(this.#poll);
      return 'counted';
    } catch (err) {
      return this.#failed(err, again);
    } finally {
      this.busy = false;
    }
  }

  /** Looks for the own receipt in the list that is published after closing. */
  async check(): Promise<void> {
    const vote = this.vote;
    if (!vote) return;
    this.busy = true;
    this.error = undefined;
    try {
      const all = await api('get', '/api/webinars/{webinar}/polls/{poll}/receipts', { params: { webinar: this.#room.id, poll: this.#poll } });
      this.proof = { found: all.includes(vote.receipt), of: all.length };
    } catch (err) {
      this.error = err;
    } finally {
      this.busy = false;
    }
  }

  #failed(err: unknown, again: boolean): CastResult {
    if (err instanceof Problem && err.code === 'already-voted') {
      // The first ballot of ours that was lost on its way, or one from elsewhere: then ours is not in the box.
      if (!again) this.#set(undefined);
      this.#room.markVoted(this.#poll);
      return 'already';
    }
    if (err instanceof Problem && err.code === OFFLINE) return 'unsure';
    if (err instanceof Problem && err.status >= 500) return 'unsure';
    if (!again) this.#set(undefined);
    this.error = err;
    return err instanceof Problem && err.status === 409 ? 'closed' : 'failed';
  }

  #set(vote: StoredVote | undefined): void {
    this.vote = vote;
    storeVote(this.#poll, vote ?? null);
  }
}
