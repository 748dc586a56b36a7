/**
 * What is told apart in a soak: a cohort of connections and how its stations are named, each with a server of its own, so
 * that memory that grows has one possible cause. Must not know processes, nor how a connection is made.
 */
import type { Protocol } from "../../src/ocpp/protocol.ts";

export const COHORTS = ["plain", "tls", "mtls"] as const;
export type Cohort = (typeof COHORTS)[number];
export const NAMES = ["same", "fresh"] as const;
export type Names = (typeof NAMES)[number];

export interface Arm {
  /** `mtls same`, `floor mtls same`. */
  name: string;
  cohort: Cohort;
  names: Names;
  kind: "kerbside" | "floor" | "target";
}

/** How the connections of an arm are made, as the process that makes them is told. */
export interface ChurnSpec {
  arm: Arm;
  protocol: Protocol;
  concurrency: number;
  /** Each lane goes through so many stations of its own, so that none is there twice at once. */
  stationsALane: number;
  /** A station with a certificate of its own has it renewed, and comes back by the new one. */
  renews: boolean;
  seed: number;
  /** The name of a station is put behind it. */
  url: string;
  /** Where to register stations. `null`: nobody asks. */
  api: string | null;
  /** Whose bridge carries the stations to a CSMS, so that nobody else answers; `null`: there is none. */
  run: string | null;
  /** A Kerbside's folder. */
  dir: string | null;
  /** Paths of PEM files. */
  ca: string | null;
  clientCert: string | null;
  clientKey: string | null;
}

export function armsOf(cohorts: readonly Cohort[], names: readonly Names[], kinds: readonly Arm["kind"][]): Arm[] {
  return kinds.flatMap((kind) =>
    cohorts.flatMap((cohort) =>
      names.map((each) => ({
        ...{ cohort, names: each, kind },
        name: `${kind === "floor" ? "floor " : ""}${cohort} ${each}`,
      })),
    ),
  );
}
