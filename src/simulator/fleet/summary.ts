/**
 * The end of a run in figures: what was asked, what was measured, what the limits were. Must not know stations or terminals.
 */
import type { BridgedFigures } from "./bridging.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import type { Percentiles } from "./latencies.ts";
import { Latencies } from "./latencies.ts";
import type { Mix } from "../station/profile.ts";
import type { FleetStatistics, GroupStatistics } from "./statistics.ts";

/** What platform.md's measurements and the machine allow, beside what was used of it. */
export interface Limits {
  fileDescriptors: number | null;
  fileDescriptorsUsed: number | null;
  rssMb: number;
  rssMbBefore: number;
  connectsAtOnce: number;
  connectsPerSecond: number;
  registrationsAtOnce: number;
  stationsPerLocalEdge: number;
}

export interface Figures {
  connectMs: Percentiles;
  callMs: Percentiles;
  boots: number;
  heartbeats: number;
  meterValues: number;
  sessions: number;
  sessionsRefused: number;
  energyWh: number;
  /** CALLs cut off by the simulator itself. */
  interrupted: number;
  connectFailures: Record<string, number>;
  callFailures: Record<string, number>;
  drops: Record<string, number>;
  commands: Record<string, number>;
  missing: Record<string, number>;
}

export interface Summary extends Figures {
  type: "summary";
  passed: boolean;
  scenario: string;
  seed: number;
  seconds: number;
  interruptedBySignal: boolean;
  stations: number;
  /** Stations that were in at the end; in churn all but those that missed a round. */
  in: number;
  rounds: number;
  recoveryMs: Percentiles;
  connectsPerSecond: number;
  certificates: { issued: number; perSecond: number; sharedKey: boolean };
  groups: (Mix & { stations: number } & Figures)[];
  limits: Limits;
  /** What the bridges to the CSMS counted; `null`: there were none. */
  bridge: BridgedFigures | null;
}

export interface Ending {
  seconds: number;
  interruptedBySignal: boolean;
  limits: Limits;
  bridge: BridgedFigures | null;
}

const COUNTS = [
  "boots",
  "heartbeats",
  "meterValues",
  "sessions",
  "sessionsRefused",
  "energyWh",
  "interrupted",
] as const;
const TALLIES = ["connectFailures", "callFailures", "drops", "commands", "missing"] as const;

export function summarise(options: SimulationOptions, statistics: FleetStatistics, ending: Ending): Summary {
  const { groups, certificates, certificatesMs, rounds, recoveries } = statistics;
  const figures = figuresOf(groups);
  const missing = sumOf(figures.missing);
  return {
    type: "summary",
    // Only if every station got in and no CALL failed.
    passed: missing === 0 && sumOf(figures.callFailures) === 0 && figures.boots > 0,
    scenario: options.scenario,
    seed: options.seed,
    seconds: ending.seconds,
    interruptedBySignal: ending.interruptedBySignal,
    stations: options.stations,
    in: Math.max(0, options.stations - missing),
    rounds,
    recoveryMs: recoveries.percentiles(),
    connectsPerSecond: Math.round((figures.connectMs.count / Math.max(ending.seconds, 0.001)) * 10) / 10,
    certificates: {
      issued: certificates,
      perSecond: certificatesMs === 0 ? 0 : Math.round((certificates / certificatesMs) * 1_000),
      sharedKey: options.sharedKey,
    },
    ...figures,
    groups: groups.map((group) => ({
      ...{ profile: group.profile, protocol: group.protocol, stations: group.stations },
      ...figuresOf([group]),
    })),
    ...{ limits: ending.limits, bridge: ending.bridge },
  };
}

function figuresOf(groups: readonly GroupStatistics[]): Figures {
  const connects = new Latencies();
  const calls = new Latencies();
  for (const group of groups) {
    connects.merge(group.connects);
    calls.merge(group.calls);
  }
  const counts = COUNTS.map((name) => [name, groups.reduce((sum, group) => sum + group[name], 0)]);
  const tallies = TALLIES.map((name) => {
    const merged: Record<string, number> = {};
    for (const group of groups) {
      for (const [reason, count] of Object.entries(group[name].toObject()))
        merged[reason] = (merged[reason] ?? 0) + count;
    }
    return [name, merged];
  });
  const rest = Object.fromEntries([...counts, ...tallies]) as Omit<Figures, "connectMs" | "callMs">;
  return { connectMs: connects.percentiles(), callMs: calls.percentiles(), ...rest };
}

export const sumOf = (tally: Record<string, number>): number =>
  Object.values(tally).reduce((sum, count) => sum + count, 0);
