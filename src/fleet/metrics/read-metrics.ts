/**
 * All that is known of the fleet in figures, at one moment. Must not know who asks.
 */
import type { Env } from "../../env.ts";
import { countersOf, readCounters } from "./counters.ts";
import { countedMetrics } from "./counted-metrics.ts";
import { readGauges } from "./gauges.ts";
import type { Metric } from "./metric.ts";

export async function readMetrics(env: Env, now: number): Promise<Metric[]> {
  const [gauges, { results }] = await Promise.all([
    readGauges(env, now),
    readCounters(env.DIRECTORY).all<{ sums: string }>(),
  ]);
  return [...gauges, ...countedMetrics(countersOf(results))];
}
