/**
 * How long the fleet's series keeps samples, and how far apart. Must not know what is in one.
 */

/** ms of a step, and how long its samples are kept; a row each, written once and deleted once. */
export const MINUTES = { stepMs: 60_000, keptMs: 86_400_000 } as const;
export const HOURS = { stepMs: 3_600_000, keptMs: 31 * 86_400_000 } as const;
