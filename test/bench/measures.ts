/**
 * What the comparison shows: each measure with its unit, the floor it is held against, and the bound of the project.
 * Must not know how a measure is taken.
 */
import type { Kind } from "./arm.ts";

export interface Measure {
  title: string;
  unit: string;
  better: "lower" | "higher";
  /** Of the samples of a block and of all: the middle, or the slowest but for one in a hundred. */
  statistic: "median" | "p99";
  /** The floor that does as much: with a row where Kerbside must write one. */
  floor: Extract<Kind, "floor" | "floor-row">;
  /** What Kerbside's ratio to the floor must not miss; none: it is only shown. */
  bound?: number;
}

const lower = { better: "lower", statistic: "median", floor: "floor" } as const;
const latency = { ...lower, unit: "ms" } as const;
const perCall = { ...lower, unit: "µs" } as const;
const perSecond = { ...lower, unit: "/s", better: "higher" } as const;
const perStation = { ...lower, unit: "KB" } as const;
const withRow = { floor: "floor-row" } as const;

export const MEASURES = {
  "rss-active": { ...perStation, title: "RSS of the server a station, active" },
  "rss-hibernated": { ...perStation, title: "RSS of the server a station, hibernated", bound: 1.1 },
  "rss-hibernated-front": { ...perStation, title: "the same with the local front" },
  upgrades: { ...perSecond, title: "upgrades", bound: 0.8 },
  "upgrade-cpu": { ...perCall, title: "CPU of the server an upgrade" },
  "heartbeat-cpu": { ...perCall, title: "CPU of the server a Heartbeat", bound: 1.5 },
  "heartbeat-cpu-front": { ...perCall, title: "the same with the local front" },
  "heartbeat-rate": { ...perSecond, title: "Heartbeats" },
  "status-cpu": { ...perCall, ...withRow, title: "CPU of the server a StatusNotification", bound: 1.5 },
  "status-cpu-front": { ...perCall, ...withRow, title: "the same with the local front" },
  "status-rate": { ...perSecond, ...withRow, title: "StatusNotifications" },
  "warm-p50": { ...latency, title: "command, station warm, p50" },
  "warm-p99": { ...latency, title: "command, station warm, p99", statistic: "p99", bound: 1.5 },
  "hibernated-p50": { ...latency, title: "command, station hibernated, p50" },
  "hibernated-p99": { ...latency, title: "command, station hibernated, p99", statistic: "p99", bound: 1.5 },
  "storm-p50": { ...latency, title: "storm of reconnects, wait of a station, p50" },
  "storm-p99": { ...latency, title: "storm of reconnects, wait of a station, p99", statistic: "p99" },
  "storm-all": { ...latency, title: "storm of reconnects, until all are in" },
} as const satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;
export const measureOf = (name: MeasureName): Measure => MEASURES[name];
