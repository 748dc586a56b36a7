/**
 * The comparing of passwords, which all objects of an isolate share. Must not know passwords or stations.
 */
import { Turnstile } from "./turnstile.ts";

/** Compared at once: each holds up every station of the isolate for as long as it takes. */
const HASHING_AT_ONCE = 1;
/** And those that may wait for it: a fifth of a second's. */
const HASHING_WAITING_MAX = 64;
/** ms; a comparison takes a few. */
const HASHING_KEPT_MS = 1_000;

export const hashing = new Turnstile(
  { atOnce: HASHING_AT_ONCE, waitingMax: HASHING_WAITING_MAX, keptMs: HASHING_KEPT_MS },
  Date.now,
);
