/**
 * Which webhooks have had their chance of the last events of one registration, for those that wait to send them the next one's.
 * Must not know events, or how they are sent.
 */

export class LastWords {
  /** By `cursorKey`; `null`: it is not known yet who is to have them. */
  #open: Set<string> | null = null;
  #isOver = false;
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  /** For these, and nobody else. */
  areFor(keys: readonly string[]): void {
    this.#open = new Set(keys);
    this.#wake();
  }

  endFor(key: string): void {
    this.#open?.delete(key);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  isOverFor(key: string): boolean {
    return this.#isOver || this.#open?.has(key) === false;
  }

  overFor(key: string): Promise<void> {
    if (this.isOverFor(key)) return Promise.resolve();
    const waiting = this.#waiting.get(key) ?? Promise.withResolvers<void>();
    this.#waiting.set(key, waiting);
    return waiting.promise;
  }

  #wake(): void {
    for (const [key, { resolve }] of this.#waiting) {
      if (!this.isOverFor(key)) continue;
      this.#waiting.delete(key);
      resolve();
    }
  }
}
