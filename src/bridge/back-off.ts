/**
 * How long a socket waits before it is opened again. Must not know which.
 */

/** ms; doubled each time, the upper half random, so that a fleet does not come back in step. */
const BASE_MS = 500;
const MAX_MS = 60_000;

/** @param random 0 ≤ random < 1 */
export const backOffMs = (failures: number, random: number): number =>
  Math.min(BASE_MS * 2 ** Math.min(failures, 10), MAX_MS) * (0.5 + random / 2);
