/**
 * Who may have a password compared: an address that fails often waits, but for the stations that have proven theirs from
 * it. Must not know passwords or requests.
 */
import { FailedAttempts } from "./attempts.ts";
import type { RefusalReason } from "./refusal.ts";

/** Wrong passwords of an address at once: a depot whose stations all lost theirs. */
const WRONG_BURST = 200;
/** Then one in 330 ms, which is a hundredth of a core. */
const WRONG_PER_SECOND = 3;
/** Pairs of station and address that are remembered, 150 bytes each. */
const PROVEN_MAX = 10_000;

export interface PasswordAttempt {
  /** @param now ms since the epoch */
  isRefused(now: number): boolean;
  /** Counts as a failure until it is decided, or all that come at once would be compared. `null`: there were too many. */
  decide<Decided extends { reason: RefusalReason | null }>(ask: () => Promise<Decided>): Promise<Decided | null>;
}

export class PasswordAttempts {
  readonly #now: () => number;
  readonly #failures = new FailedAttempts({ burst: WRONG_BURST, perSecond: WRONG_PER_SECOND });
  /** Station and address where a password was right: nobody behind the same NAT can lock them out. The oldest first. */
  readonly #proven = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  attempt(stationId: string, address: string): PasswordAttempt {
    const pair = `${stationId}|${address}`;
    const isRefused = (now: number) => !this.#proven.has(pair) && this.#failures.isExhausted(address, now);
    return {
      isRefused,
      decide: async (ask) => {
        if (isRefused(this.#now())) return null;
        const isProven = this.#proven.has(pair);
        if (!isProven) this.#failures.failed(address, this.#now());
        let isWrong = false;
        try {
          const decided = await ask();
          isWrong = decided.reason === "password-wrong";
          if (decided.reason === null) this.#remember(pair);
          return decided;
        } finally {
          if (!isProven && !isWrong) this.#failures.forgive(address, this.#now());
        }
      },
    };
  }

  #remember(pair: string): void {
    this.#proven.delete(pair);
    this.#proven.add(pair);
    if (this.#proven.size <= PROVEN_MAX) return;
    const [oldest] = this.#proven;
    if (oldest !== undefined) this.#proven.delete(oldest);
  }
}
