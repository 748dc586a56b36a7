/**
 * How long a station waits before it connects again: doubling, random, bounded. Must not know why it was disconnected.
 */
import type { Random } from "./random.ts";

/** [2.x P4 §5.3] In milliseconds where the standard's variables hold seconds: a test fleet is not to wait for minutes. */
export interface BackOff {
  /** RetryBackOffWaitMinimum */
  minimumMs: number;
  /** RetryBackOffRandomRange */
  randomRangeMs: number;
  /** RetryBackOffRepeatTimes: doublings, after which the wait stays. */
  repeatTimes: number;
}

export const STATION_BACK_OFF: BackOff = { minimumMs: 500, randomRangeMs: 500, repeatTimes: 6 };

/** @param attempt 0 for the first wait after a connection was lost or refused */
export function backOffMs({ minimumMs, randomRangeMs, repeatTimes }: BackOff, attempt: number, random: Random): number {
  return minimumMs * 2 ** Math.min(attempt, repeatTimes) + random.between(0, randomRangeMs);
}
