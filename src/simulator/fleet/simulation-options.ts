/**
 * What one run of a fleet is told. Must not know who tells it.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Identification } from "../station/station-messages.ts";
import type { Mix, Profile } from "../station/profile.ts";
import type { Target } from "./targets.ts";

export const SCENARIOS = ["idle", "charging", "churn", "storm"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** A station of a fleet that is made of named ones. */
export interface CastMember extends Mix {
  stationId: string;
  labels: Record<string, string>;
  identification: Pick<Identification, "vendor" | "model">;
}

export interface SimulationOptions {
  stations: number;
  profiles: Profile[];
  protocols: Protocol[];
  scenario: Scenario;
  durationMs: number;
  targets: Target[];
  sharedKey: boolean;
  seed: number;
  connectsPerSecond: number;
  /** `fresh`: churn gives every round new stations. */
  names: "same" | "fresh";
  prefix: string;
  sessionMs: number;
  meterIntervalMs: number;
  allowRemote: boolean;
  /** A CSMS behind a bridge that decides for the stations, or `builtin`; `null`: the broker is on its own. */
  csms: string | null;
  /** Who they are, by number; left out: numbered ones, mixed of the profiles and protocols. */
  cast?: readonly CastMember[];
}
