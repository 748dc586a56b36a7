/**
 * Which webhooks have had their chance of the last events of one registration, for those that wait to send them the next one's.
 * Must not know events, or how they are sent.
 */

export class LastWords {
  /** By `cursorKey`; `null`: it is not known yet who is to have them. */
  #open: Set<string> | null = null;
  /** `null`: it is not over. */
  #end: { hadChance: boolean } | null = null;
  readonly #waiting = new Map<string, PromiseWithResolvers<boolean>>();

  /** For these, and nobody else. */
  areFor(keys: readonly string[]): void {
    this.#open = new Set(keys);
    this.#wake();
  }

  endFor(key: string): void {
    this.#open?.delete(key);
    this.#wake();
  }

  /** @param hadChance `false`: nobody had, and they are to be tried again */
  end(hadChance: boolean): void {
    this.#end = { hadChance };
    this.#wake();
  }

  /** Resolves when it is over for one of them: whether it had its chance. */
  overFor(key: string): Promise<boolean> {
    const waiting = this.#waiting.get(key) ?? Promise.withResolvers<boolean>();
    this.#waiting.set(key, waiting);
    this.#wake();
    return waiting.promise;
  }

  #wake(): void {
    for (const [key, { resolve }] of this.#waiting) {
      const isThrough = this.#open?.has(key) === false;
      if (!isThrough && this.#end === null) continue;
      this.#waiting.delete(key);
      resolve(isThrough || this.#end?.hadChance === true);
    }
  }
}
