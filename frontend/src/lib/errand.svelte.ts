// What a person asks of the server, one thing at a time, and what went wrong with it in words.
import { sentence } from './problem';

/** Trouble is what went wrong last, if anything. */
export class Trouble {
  /** As it was thrown; undefined also for what the page itself has against something. */
  error = $state.raw<unknown>();
  #words = $state.raw<(() => string) | undefined>();

  /** The sentence, in the language of the page; empty: nothing is wrong. */
  get problem(): string {
    return this.#words?.() ?? '';
  }

  /** Tells of what was thrown. */
  fail(error: unknown): void {
    this.error = error;
    this.#words = () => sentence(error);
  }

  /** Tells of what the page itself has against something, before anything is sent. */
  refuse(words: () => string): void {
    this.error = undefined;
    this.#words = words;
  }

  clear(): void {
    this.error = this.#words = undefined;
  }
}

/** Errand goes to the server and back. Until it is back, no other one sets out. */
export class Errand extends Trouble {
  busy = $state(false);

  /** Does `what`, unless it is under way. Answers whether it was done. */
  async run(what: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.clear();
    try {
      await what();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
