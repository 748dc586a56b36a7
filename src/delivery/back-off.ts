/**
 * How long to wait before what failed is tried again: doubled each time, jittered over its upper half. Must not know what failed.
 */

/** More would only overflow: every wait is at its longest long before. */
const DOUBLINGS_MAX = 30;

/**
 * In the unit of the base and the longest.
 * @param failures before this one
 * @param random 0 ≤ random < 1
 */
export function backOff(failures: number, base: number, longest: number, random: number): number {
  return Math.min(base * 2 ** Math.min(failures, DOUBLINGS_MAX), longest) * (0.5 + random / 2);
}
