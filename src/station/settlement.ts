/**
 * What is left to do once a handler is through: deliver what is new, and see that the object wakes for what is due later.
 * Must not know what was handled.
 */
import { log, messageOf } from "../log.ts";
import type { StationContext } from "./context.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Delivery } from "./delivery.ts";

/** ms after which a delivery that is not over is looked after by the alarm: it costs a row. */
const SLOW_AFTER_MS = 2_500;

export class Settlement {
  readonly #context: StationContext;
  readonly #delivery: Delivery;
  readonly #deadlines: Deadlines;
  readonly #background: (work: Promise<void>) => void;
  #draining = 0;
  #slow: ReturnType<typeof setTimeout> | null = null;

  constructor(
    context: StationContext,
    delivery: Delivery,
    deadlines: Deadlines,
    background: (work: Promise<void>) => void,
  ) {
    this.#context = context;
    this.#delivery = delivery;
    this.#deadlines = deadlines;
    this.#background = background;
  }

  /** For who waits for an answer: a slow webhook is no concern of a station's upgrade or a backend's request. */
  meanwhile(): void {
    // Each promise that the runtime is given costs memory until the next collection of garbage.
    if (this.#isUnsettled) this.#background(this.now());
  }

  /** Never throws. */
  async now(): Promise<void> {
    try {
      if (!this.#isUnsettled) return;
      if (this.#deadlines.isNearer) await this.#deadlines.arm(null);
      await this.#drain();
      const retryAt = this.#delivery.troubleRetryAt;
      if (retryAt !== null || this.#deadlines.isNearer) await this.#deadlines.arm(retryAt);
    } catch (error) {
      this.#unarmed(error);
    }
  }

  get #isUnsettled(): boolean {
    if (this.#context.incarnation === null) return false;
    return this.#deadlines.isNearer || this.#delivery.hasWork;
  }

  /** A process that dies while receivers are slow leaves nobody who would try again: then, and only then, an alarm will. */
  async #drain(): Promise<void> {
    this.#draining++;
    this.#slow ??= setTimeout(() => {
      this.#slow = null;
      this.#deadlines.lookAtOutbox(this.#context.now());
      if (this.#deadlines.isNearer) this.#deadlines.arm(null).catch((error: unknown) => this.#unarmed(error));
    }, SLOW_AFTER_MS);
    try {
      await this.#delivery.drain();
    } finally {
      if (--this.#draining === 0 && this.#slow !== null) {
        clearTimeout(this.#slow);
        this.#slow = null;
      }
    }
  }

  #unarmed(error: unknown): void {
    log("error", "the alarm could not be set", { stationId: this.#context.id, reason: messageOf(error) });
  }
}
