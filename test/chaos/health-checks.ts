/**
 * What the processes promise while the edge is meant to be up, and in the calm. Must not know how it was measured.
 */
import type { Check, Violation } from "./checks.ts";
import type { Ledgers } from "./ledger.ts";

/** Of one core, in every second of the calm: what has nothing to do and spins, on a machine that others use as well. */
export const SPINNING = 0.5;
/** Seconds that must be sampled to call it so. */
const SAMPLES_MIN = 3;

export const healthChecks: readonly Check[] = [
  { title: "looks at /healthz that were not answered in time", find: unhealthy },
  { title: "processes that spin without load", find: spinning },
  { title: "second starters let in, first starts that came to nothing", find: badStarts },
];

function unhealthy({ health, interruptions, bounds }: Ledgers): Violation[] {
  return health
    .filter(({ tookMs, status }) => status !== 200 || tookMs > bounds.healthMs)
    .filter(({ at, tookMs }) => !interruptions.some(({ from, until }) => from <= at + tookMs && until >= at))
    .map((sample) => ({
      stationId: "-",
      what: `${sample.status ?? "no answer"} after ${sample.tookMs} ms`,
      evidence: sample,
    }));
}

function spinning({ idle }: Ledgers): Violation[] {
  return idle
    .filter(({ shares }) => shares.length >= SAMPLES_MIN && shares.every((share) => share > SPINNING))
    .map((process) => ({ stationId: "-", what: `${process.name} spins`, evidence: process }));
}

function badStarts({ starts }: Ledgers): Violation[] {
  return starts.map((what) => ({ stationId: "-", what, evidence: null }));
}
