/**
 * Draws what changed at most so often, and not at all where nothing does. Must not know what is drawn.
 */

/** ms between two drawings: four a second, where five are the bound. */
export const BEAT_MS = 250;

export interface Timing {
  now(): number;
  /** @returns what calls it off */
  later(run: () => void, ms: number): () => void;
}

export const TIMING: Timing = {
  now: () => performance.now(),
  later(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export class Beat {
  readonly #draw: () => void;
  readonly #everyMs: number;
  readonly #timing: Timing;
  #last = Number.NEGATIVE_INFINITY;
  #callOff: (() => void) | null = null;

  constructor(draw: () => void, everyMs: number = BEAT_MS, timing: Timing = TIMING) {
    this.#draw = draw;
    this.#everyMs = everyMs;
    this.#timing = timing;
  }

  /** Something changed. */
  touch(): void {
    if (this.#callOff !== null) return;
    const waitMs = Math.max(0, this.#last + this.#everyMs - this.#timing.now());
    this.#callOff = this.#timing.later(() => {
      this.#callOff = null;
      this.#last = this.#timing.now();
      this.#draw();
    }, waitMs);
  }

  stop(): void {
    this.#callOff?.();
    this.#callOff = null;
  }
}
