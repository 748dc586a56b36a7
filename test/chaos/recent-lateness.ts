/**
 * Whether this thread was late a moment ago, so that what it was asked may be over. Must not know what it was asked.
 */
import { Lag } from "./lag.ts";

/** ms: longer ago than that it says nothing of what is answered now. */
const RECENT_MS = 2_000;
/** ms between two notes. */
const NOTE_EVERY_MS = 200;
/** ms: a sender waits twice as long for an answer at least. */
const LATE_MS = 500;

export class RecentLateness {
  readonly #lag = new Lag();
  readonly #notes: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#note(), NOTE_EVERY_MS);
    this.#timer.unref();
  }

  wasLate(): boolean {
    const now = this.#lag.soFarMs;
    return now - (this.#notes[0] ?? now) >= LATE_MS;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#lag.stop();
  }

  #note(): void {
    this.#notes.push(this.#lag.soFarMs);
    if (this.#notes.length > RECENT_MS / NOTE_EVERY_MS) this.#notes.shift();
  }
}
