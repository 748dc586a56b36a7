/**
 * The figures that /metrics has, written to Workers Analytics Engine where it is bound. Must not know what they say.
 */
import type { Env } from "../../env.ts";
import { log } from "../../log.ts";
import type { Metric } from "./metric.ts";
import { readMetrics } from "./read-metrics.ts";

/** [Workers Analytics Engine: Limits] Points of one invocation. */
const POINTS_MAX = 250;

/** By the clock, as a scrape would be: every five minutes a few hundred points, whatever the fleet does. */
export async function writePoints(env: Env, now: number): Promise<void> {
  const dataset = env.METRICS;
  if (dataset === undefined) return;
  const points = (await readMetrics(env, now)).flatMap(pointsOf);
  if (points.length > POINTS_MAX)
    log("warn", "not all figures were written to METRICS", { written: POINTS_MAX, of: points.length });
  for (const point of points.slice(0, POINTS_MAX)) dataset.writeDataPoint(point);
}

/** Blobs: the name, then the labels' values. Doubles: the value; of a histogram how many, their seconds, and each bucket with those below. */
export function pointsOf(metric: Metric): AnalyticsEngineDataPoint[] {
  const { name } = metric;
  const point = (labels: Readonly<Record<string, string>>, doubles: number[]) => ({
    indexes: [name],
    blobs: [name, ...Object.values(labels)],
    doubles,
  });
  if (metric.type !== "histogram") return metric.samples.map(({ labels, value }) => point(labels, [value]));
  return metric.samples.map(({ labels, buckets, sumSeconds }) => {
    const reached = cumulative(buckets);
    return point(labels, [reached.at(-1) ?? 0, sumSeconds, ...reached]);
  });
}

/** Each bucket with all that are below it. */
export function cumulative(buckets: readonly number[]): number[] {
  let sum = 0;
  return buckets.map((count) => {
    sum += count;
    return sum;
  });
}
