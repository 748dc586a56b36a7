/**
 * Looks again for a while: a new host has no certificate for its first minutes. Must not know what is looked at.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Finding } from "./check.ts";

/** Looks, with the waits between them two minutes. */
const ATTEMPTS_MAX = 12;
/** ms between two looks. */
const BETWEEN_MS = 10_000;

export async function patiently(look: () => Promise<Finding[]>, say: (line: string) => void): Promise<Finding[]> {
  for (let attempt = 1; ; attempt++) {
    const findings = await look();
    if (attempt === ATTEMPTS_MAX || findings.every(({ verdict }) => verdict !== "bad")) return findings;
    if (attempt === 1)
      say(
        `test: not all is well yet; a new host takes some minutes (looked at every ${BETWEEN_MS / 1000} s, for 2 min)`,
      );
    await delay(BETWEEN_MS);
  }
}
