/**
 * How one webhook takes what it is sent: deliveries by outcome, and how long they took, from the fleet's counters. Must not know who
 * counted.
 */
import { countersOf, readCounters } from "../fleet/metrics/counters.ts";
import { FAMILIES, readSeries } from "../fleet/metrics/families.ts";
import type { WebhookDeliveries } from "./webhook-views.ts";

export async function readDeliveries(directory: D1Database, webhook: string): Promise<WebhookDeliveries> {
  const { results } = await readCounters(directory).all<{ sums: string }>();
  return deliveriesOf(countersOf(results), webhook);
}

export function deliveriesOf(counters: Readonly<Record<string, number>>, webhook: string): WebhookDeliveries {
  const { buckets } = FAMILIES.x;
  const outcomes: Record<string, number> = {};
  const each = Array.from({ length: buckets.length + 1 }, () => 0);
  let totalMs = 0;
  for (const [series, value] of Object.entries(counters)) {
    const read = readSeries(series);
    if (read === null || read.values[0] !== webhook) continue;
    const { letter, values, part } = read;
    if (letter === "w") outcomes[values[1] ?? ""] = (outcomes[values[1] ?? ""] ?? 0) + value;
    if (letter !== "x") continue;
    if (part === "sum") totalMs += value;
    else if (part !== null) each[part] = (each[part] ?? 0) + value;
  }
  let sum = 0;
  const reached = each.map((count, index) => {
    sum += count;
    return [index === buckets.length ? "+Inf" : String(buckets[index]), sum] as const;
  });
  return { outcomes, withinSeconds: Object.fromEntries(reached), totalSeconds: totalMs / 1000 };
}
