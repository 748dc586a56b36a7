/**
 * `npm run bench -- chart FILE [IMAGE]`: the chart of docs/measurements.md out of a run's JSON. Must not know how a run is made.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BarSeries, barChart } from "../support/chart.ts";
import type { Kind } from "./arm.ts";
import { baseOf, ratioOf, type Series } from "./comparison.ts";
import type { Spread } from "./figures.ts";
import { type MeasureName, measureOf } from "./measures.ts";
import type { Run } from "./peers.ts";

const IMAGE = join(import.meta.dirname, "../../docs/images/bench.svg");
const SHOWN: [MeasureName, string][] = [
  ["rss-hibernated", "memory a\nhibernated station"],
  ["upgrades", "time an\nupgrade"],
  ["heartbeat-cpu", "CPU a\nHeartbeat"],
  ["status-cpu", "CPU a Status-\nNotification"],
  ["warm-p99", "command p99,\nwarm"],
  ["hibernated-p99", "command p99,\nhibernated"],
  ["storm-all", "storm,\nall back"],
];
const KINDS: Kind[] = ["kerbside", "ocpp-rpc", "ws"];

export async function chart([file, image = IMAGE]: readonly string[]): Promise<void> {
  if (file === undefined) throw new Error("Usage: npm run bench -- chart FILE [IMAGE]");
  writeFileSync(image, chartOf(JSON.parse(readFileSync(file, "utf8")) as Run));
}

export function chartOf({ series: all, at, machine, versions }: Run): string {
  const shown = SHOWN.filter(([measure]) => all.some((each) => each.measure === measure));
  const series: BarSeries[] = KINDS.map((kind) => {
    const costs = shown.map(([measure]) => costOf(all, measure, kind));
    return {
      name: kind,
      values: costs.map((cost) => cost && Number(cost.median.toFixed(3))),
      intervals: costs.map((cost) => cost && ([cost.low, cost.high] as const)),
    };
  });
  return barChart({
    title: "What Kerbside costs, in multiples of the platform's floor",
    subtitle:
      "1 is a bare hibernating object that only answers (StatusNotification: and keeps one row). Lower is better. " +
      `workerd ${versions.workerd}, ${machine.cores} cores, tmpfs, ${at.slice(0, 10)}`,
    xLabel: "",
    yLabel: "times the floor",
    categories: shown.map(([, title]) => title),
    series,
    heightPx: 420,
  });
}

/** The ratio to the floor with more always worse; `null`: it was not measured. */
function costOf(all: readonly Series[], measure: MeasureName, kind: Kind): Spread | null {
  const { better, floor } = measureOf(measure);
  const series = all.find(
    (each) => each.measure === measure && each.kind === kind && (each.storage === "tmpfs" || each.storage === "none"),
  );
  const base = series && baseOf(all, { ...series, storage: "tmpfs" }, floor);
  if (base === undefined) return null;
  const { median, low, high } = ratioOf(series as Series, base);
  return better === "lower" ? { median, low, high } : { median: 1 / median, low: 1 / high, high: 1 / low };
}
