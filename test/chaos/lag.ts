/**
 * How late this very thread is: what it measures of others is longer by that. Must not know what is measured.
 */
const TICK_MS = 20;

export class Lag {
  #lateMs = 0;
  #last = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** ms so far, always rising: the difference of two is how late it was between them. */
  get soFarMs(): number {
    this.#tick();
    return this.#lateMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.#lateMs += Math.max(now - this.#last - TICK_MS, 0);
    this.#last = now;
  }
}
