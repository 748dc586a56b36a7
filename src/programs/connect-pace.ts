/**
 * When a socket may be opened: so many a second, in the order in which they ask. Must not know sockets.
 */
import { pause } from "./pause.ts";

export class ConnectPace {
  readonly #intervalMs: number;
  #nextAt = 0;

  constructor(perSecond: number) {
    this.#intervalMs = 1_000 / perSecond;
  }

  /** `false`: called off. */
  turn(off: AbortSignal): Promise<boolean> {
    if (off.aborted) return Promise.resolve(false);
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#intervalMs;
    return pause(at - now, off);
  }
}
