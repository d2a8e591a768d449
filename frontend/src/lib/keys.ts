/** newKey makes an idempotency key: 128 random bits in hex. (crypto.randomUUID is missing on plain http.) */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}

/** KeyFor gives the same key for the same content, so that sending a form again is sending it once. */
export class KeyFor {
  #content = '';
  #key = '';

  of(content: unknown): string {
    const text = JSON.stringify(content);
    if (text !== this.#content || this.#key === '') {
      this.#content = text;
      this.#key = newKey();
    }
    return this.#key;
  }
}
