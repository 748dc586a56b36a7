/**
 * How long a socket waits before it is opened again. Must not know which.
 */
import { backOff } from "../delivery/back-off.ts";

/** ms before the second attempt, and at the longest. */
const BASE_MS = 500;
const MAX_MS = 60_000;

/** @param random 0 ≤ random < 1 */
export const backOffMs = (failures: number, random: number): number => backOff(failures, BASE_MS, MAX_MS, random);
