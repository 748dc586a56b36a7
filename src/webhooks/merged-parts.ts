/**
 * What several directories, each with a part of the fleet, say of one webhook, as one answer. Must not know where they are.
 */
import type { ReplayView, StuckPage, WebhookDeliveries } from "./webhook-views.ts";

/** @param path of the request */
export function mergeOfWebhook(path: string, bodies: readonly unknown[]): unknown {
  const [pathname = "", query] = path.split("?");
  if (pathname.endsWith("/replay")) return mergeReplays(bodies as Replay[]);
  if (pathname.endsWith("/deliveries")) return mergeDeliveries(bodies as Deliveries[]);
  return mergeStuck(bodies as StuckPage[], Number(new URLSearchParams(query).get("limit") ?? PAGE_DEFAULT));
}

/** [src/http/routes/webhooks.ts] What is no legal limit has been refused by every part. */
const PAGE_DEFAULT = 20;

interface Replay {
  webhook: string;
  replay: ReplayView | null;
}
type Deliveries = { webhook: string } & WebhookDeliveries;

/** It is over where it is over everywhere. */
function mergeReplays(all: readonly Replay[]): Replay {
  const { webhook } = all[0] as Replay;
  const known = all.flatMap(({ replay }) => replay ?? []);
  const [first] = known;
  if (first === undefined) return { webhook, replay: null };
  const ends = known.flatMap(({ finishedAt }) => finishedAt ?? []).sort();
  const sum = (of: "asked" | "toAsk") => known.reduce((total, { stations }) => total + stations[of], 0);
  return {
    webhook,
    replay: {
      ...first,
      finishedAt: ends.length < known.length ? null : (ends.at(-1) ?? null),
      stations: { asked: sum("asked"), toAsk: sum("toAsk") },
    },
  };
}

function mergeDeliveries(all: readonly Deliveries[]): Deliveries {
  const { webhook } = all[0] as Deliveries;
  const added = (of: "outcomes" | "withinSeconds") => {
    const sums: Record<string, number> = {};
    for (const [name, count] of all.flatMap((each) => Object.entries(each[of]))) sums[name] = (sums[name] ?? 0) + count;
    return sums;
  };
  const totalSeconds = all.reduce((sum, each) => sum + each.totalSeconds, 0);
  return { webhook, outcomes: added("outcomes"), withinSeconds: added("withinSeconds"), totalSeconds };
}

/** Each is in the order of ids, and its cursor says how far was looked: behind that nothing of another counts. */
function mergeStuck(pages: readonly StuckPage[], limit: number): StuckPage {
  const isBefore = (one: string, other: string) => one < other;
  const ends = pages.flatMap(({ cursor }) => cursor ?? []);
  const end = ends.reduce<string | null>((low, each) => (low === null || isBefore(each, low) ? each : low), null);
  const all = pages
    .flatMap(({ stations }) => stations)
    .filter(({ stationId }) => end === null || !isBefore(end, stationId))
    .sort((one, other) => (isBefore(one.stationId, other.stationId) ? -1 : 1));
  const stations = all.slice(0, limit);
  return { stations, cursor: all.length > limit ? (stations.at(-1)?.stationId ?? null) : end };
}
