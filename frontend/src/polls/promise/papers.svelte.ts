// The ballot papers of a member in a secret vote: one for each vote that is in their hands, fetched when it opens.
import { Problem, type Schema } from '../../lib/api';
import type { Poll } from '../../lib/room.svelte';
import type { For, Paper } from './paper';
import { t } from '../words';
import { refusal } from './refusal';

export class Papers {
  readonly #webinar: string;
  readonly #poll: Poll;
  /** By member: the paper, or why there is none. */
  all = $state.raw<Record<string, Paper | { refused: string }>>({});
  fetching = $state(false);

  constructor(webinar: string, poll: Poll) {
    this.#webinar = webinar;
    this.#poll = poll;
  }

  /** The paper of a member; undefined while there is none. */
  of(member: string): Paper | undefined {
    const paper = this.all[member];
    return paper && 'token' in paper ? paper : undefined;
  }

  /** Why a member has no paper; empty: they have, or it is on its way. */
  refused(member: string): string {
    const paper = this.all[member];
    return paper && 'refused' in paper ? paper.refused : '';
  }

  /** Fetches what is missing for members, one after the other. Never throws: see `refused`. */
  async fetch(members: readonly Schema<'Member'>[]): Promise<void> {
    const missing = members.filter((m) => !this.of(m.id));
    if (this.fetching || missing.length === 0) return;
    this.fetching = true;
    const { fetchPaper } = await import('./paper');
    for (const m of missing) {
      const got = await fetchPaper(this.#webinar, this.#poll.id, this.#for(m)).catch((error: unknown) => ({ refused: refusal(error) }));
      this.all = { ...this.all, [m.id]: got };
    }
    this.fetching = false;
  }

  /** Casts the vote of a member with the paper of that receipt. Throws a Problem, `bad-token` where that is void or gone. */
  async cast(member: Schema<'Member'>, answer: Schema<'Answer'>, receipt: string): Promise<Schema<'VoteReceipt'>> {
    const { castPaper, heldPaper, VOID } = await import('./paper');
    const paper = [this.of(member.id), heldPaper(this.#poll.id, member.id)].find((p) => p?.receipt === receipt);
    if (!paper) throw new Problem(0, VOID, t('paper_gone'));
    return castPaper(this.#webinar, this.#poll.id, answer, paper, this.#for(member));
  }

  /** Forgets a paper that is void, so that the next `fetch` brings another one. */
  drop(member: string) {
    this.all = Object.fromEntries(Object.entries(this.all).filter(([m]) => m !== member));
  }

  #for(m: Schema<'Member'>): For {
    return { id: m.id, weight: this.#poll.motion?.heads ? 1 : m.weight };
  }
}
