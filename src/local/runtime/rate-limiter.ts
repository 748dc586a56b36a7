/**
 * Cloudflare's rate limiting binding as the local edge has it: counters in memory, in windows of the clock. Miniflare's own
 * keeps each count as a row behind two more Workers, dearer than all else of a connection. Must not know what it limits.
 */

/** A type, since only those pass for JSON. */
export type RateLimiterOptions = {
  /** Calls a window for each key. */
  limit: number;
  periodSeconds: number;
};

/** Keys of one window; beyond them the oldest are forgotten, as the edge makes no exact count either. */
const KEYS_MAX = 100_000;

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #now: () => number;
  readonly #counts = new Map<string, number>();
  #window = Number.NaN;

  constructor(options: RateLimiterOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  async limit({ key }: { key: string }): Promise<{ success: boolean }> {
    const { limit, periodSeconds } = this.#options;
    const window = Math.floor(this.#now() / (periodSeconds * 1_000));
    if (window !== this.#window) this.#counts.clear();
    this.#window = window;
    const count = this.#counts.get(key) ?? 0;
    if (count >= limit) return { success: false };
    this.#counts.set(key, count + 1);
    if (this.#counts.size > KEYS_MAX) this.#counts.delete(this.#counts.keys().next().value as string);
    return { success: true };
  }
}
