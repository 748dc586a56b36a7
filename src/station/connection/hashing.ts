/**
 * The comparing of passwords, which all objects of an isolate share. Must not know passwords or stations.
 */
import { Turnstile } from "./turnstile.ts";

/** Compared at once: two, so that one that is slow to start holds up nobody. */
const HASHING_AT_ONCE = 2;
/** And those that may wait for it: a fifth of a second's. */
const HASHING_WAITING_MAX = 64;

export const hashing = new Turnstile(HASHING_AT_ONCE, HASHING_WAITING_MAX);
