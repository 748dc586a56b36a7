/**
 * Work that is dear for the whole isolate, a little of it at a time, with a queue that is bounded. Must not know what it is.
 */

export class Turnstile {
  readonly #atOnce: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(atOnce: number, waitingMax: number) {
    this.#atOnce = atOnce;
    this.#waitingMax = waitingMax;
  }

  /** `null`: too many wait already. */
  async pass<T>(work: () => Promise<T>): Promise<T | null> {
    if (this.#inside < this.#atOnce) this.#inside++;
    else if (this.#waiting.length >= this.#waitingMax) return null;
    // Its place comes from who leaves, without becoming free in between.
    else await new Promise<void>((enter) => this.#waiting.push(enter));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
