// One pair of live regions a page: `say` for screen readers only, `toast` for everybody.

class Live {
  polite = $state('');
  assertive = $state('');
  toasts = $state.raw<{ id: number; text: string; kind: 'info' | 'bad' }[]>([]);
  #next = 1;

  /** Speaks a sentence politely; the same sentence again is spoken again. */
  say(text: string): void {
    this.polite = text === this.polite ? `${text}\u00a0` : text;
  }

  /** Interrupts. For the start and stop of a recording, and nothing lesser. */
  shout(text: string): void {
    this.assertive = text === this.assertive ? `${text}\u00a0` : text;
  }

  /** A sentence on the screen and for screen readers. It goes after 7 s, or by its button; nothing depends on it. */
  toast(text: string, kind: 'info' | 'bad' = 'info'): void {
    const id = this.#next++;
    this.toasts = [...this.toasts.slice(-2), { id, text, kind }];
    this.say(text);
    setTimeout(() => this.dismiss(id), 7000);
  }

  dismiss(id: number): void {
    this.toasts = this.toasts.filter((x) => x.id !== id);
  }
}

export const live = new Live();
