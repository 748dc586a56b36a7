/**
 * A list that one small object keeps for the fleet, as one isolate has it: asked for once at a time, at most 30 s old, and ever more
 * seldom while its home gives no answer. Must not know what is listed, how it is asked for, or the clock.
 */
import { backOff } from "../delivery/back-off.ts";

/** ms; how long a station object may act on an old list (design.md: at most 30 s). */
const FRESH_MS = 30_000;
/** Of it: so much less, at random, or isolates that began together would ask together for ever. */
const FRESH_JITTER = 0.5;
/** ms without an answer after which another may ask: whoever did may be gone. */
export const ASKED_MAX_MS = 10_000;
/** ms before a home that gave no answer is asked again, doubled each time; the upper half is random. */
const RETRY_BASE_MS = 2_000;
const RETRY_MAX_MS = 60_000;
/** Of one that said that it has too much to do: as if it had been asked in vain so often. */
const OVERLOADED_FAILURES = 3;
/** Orders to ask anew that are remembered; each comes once for every station. */
const ORDERS_MAX = 8;

/** Not asked, since the last answer is not long enough ago. */
export class NotAskedYet extends Error {
  constructor(retryAt: number) {
    super(`it gave no answer and is not asked before ${new Date(retryAt).toISOString()}`);
  }
}

interface Asking<List> {
  /** ms since the epoch */
  since: number;
  answer: Promise<List>;
}

export class CachedList<List> {
  readonly #random: () => number;
  #list: List | null = null;
  /** ms since the epoch between which the list counts as new. */
  #askedAt = 0;
  #freshUntil = 0;
  #asking: Asking<List> | null = null;
  #failures = 0;
  #retryAt = 0;
  #orders: string[] = [];

  /** @param random 0 ≤ random < 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** The list, if it is known and new enough. */
  known(now: number): List | null {
    // Younger than nothing: the clock was set back.
    return now >= this.#askedAt && now < this.#freshUntil ? this.#list : null;
  }

  /** The list; an old one while its home gives no answer. @throws where none is known */
  async get(ask: () => Promise<List>, now: number): Promise<List> {
    const known = this.known(now);
    if (known !== null) return known;
    if (this.#list !== null && this.#isResting(now)) return this.#list;
    try {
      return await this.#asked(ask, now);
    } catch (error) {
      // An old list delivers; none would hold up every station while one object moves.
      if (this.#list === null) throw error;
      return this.#list;
    }
  }

  #asked(ask: () => Promise<List>, now: number): Promise<List> {
    if (this.#asking !== null && Math.abs(now - this.#asking.since) < ASKED_MAX_MS) return this.#asking.answer;
    if (this.#isResting(now)) return Promise.reject(new NotAskedYet(this.#retryAt));
    const asking: Asking<List> = { since: now, answer: this.#ask(ask, now, () => this.#asking === asking) };
    this.#asking = asking;
    return asking.answer;
  }

  #isResting(now: number): boolean {
    // Further ahead than any wait can be: the clock was set back since.
    return now < this.#retryAt && this.#retryAt <= now + RETRY_MAX_MS;
  }

  /** @param isCurrent `false`: what was asked for is of before a change, or took too long */
  async #ask(ask: () => Promise<List>, now: number, isCurrent: () => boolean): Promise<List> {
    try {
      // In its own turn: a question that throws at once must find itself the current one.
      const list = await Promise.resolve().then(ask);
      if (isCurrent()) this.#answered(list, now);
      return list;
    } catch (error) {
      if (isCurrent()) this.#failed(error, now);
      throw error;
    }
  }

  #answered(list: List, now: number): void {
    this.#asking = null;
    this.#list = list;
    this.#askedAt = now;
    this.#freshUntil = now + FRESH_MS * (1 - FRESH_JITTER * this.#random());
    this.#failures = 0;
    this.#retryAt = 0;
  }

  #failed(error: unknown, now: number): void {
    this.#asking = null;
    const isOverloaded = (error as { overloaded?: unknown } | null)?.overloaded === true;
    this.#failures = Math.max(this.#failures + 1, isOverloaded ? OVERLOADED_FAILURES : 0);
    this.#retryAt = now + backOff(this.#failures, RETRY_BASE_MS, RETRY_MAX_MS, this.#random());
  }

  /**
   * It has changed: it is asked for anew, and what was asked before counts for nothing.
   * @param order the same for all who are told of one change: this isolate heeds it once
   */
  forget(order?: string): void {
    if (order !== undefined) {
      if (this.#orders.includes(order)) return;
      this.#orders = [...this.#orders.slice(1 - ORDERS_MAX), order];
    }
    this.#freshUntil = 0;
    this.#asking = null;
    this.#failures = 0;
    this.#retryAt = 0;
  }
}
