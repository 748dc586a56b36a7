/**
 * When a socket may be opened: so many a second, in their order. Must not know sockets.
 */

export class ConnectPace {
  readonly #intervalMs: number;
  readonly #off: AbortSignal;
  #nextAt = 0;

  constructor(perSecond: number, off: AbortSignal) {
    this.#intervalMs = 1_000 / perSecond;
    this.#off = off;
  }

  /** `false`: called off. */
  turn(): Promise<boolean> {
    if (this.#off.aborted) return Promise.resolve(false);
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#intervalMs;
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(true), at - now);
      const off = () => done(false);
      const done = (isOn: boolean) => {
        clearTimeout(timer);
        this.#off.removeEventListener("abort", off);
        resolve(isOn);
      };
      this.#off.addEventListener("abort", off);
    });
  }
}
