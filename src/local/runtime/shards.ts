/**
 * Which workerd a request is for, where several share the stations. Must not know ports, processes or answers.
 */

/**
 * `one`: that workerd alone. The rest is the fleet's: `shared` is done by the first, and the others are told; `each` is done
 * by every one of them, a `list` of stations, a `sum` of figures a `total` of the fleet and its `series`, and what is known of a `webhook` are put together from all.
 */
export type Route =
  | { kind: "one"; shard: number }
  | { kind: "shared" | "each" | "list" | "sum" | "total" | "series" | "webhook" };

const FIRST: Route = { kind: "one", shard: 0 };

export function routeOf(method: string, path: string, shards: number): Route {
  if (shards === 1) return FIRST;
  const pathname = path.split("?", 1)[0] as string;
  if (pathname === "/v1/stations/summary" && method === "GET") return { kind: "total" };
  const station = /^\/(?:ocpp\/{1,2}|v1\/stations\/)([^/]+)/.exec(pathname)?.[1];
  if (station !== undefined) return { kind: "one", shard: shardOf(decoded(station), shards) };
  if (pathname === "/healthz") return { kind: "each" };
  if (/^\/v1\/(?:stations|newcomers|audit|problems|search)$/.test(pathname) && method === "GET")
    return { kind: "list" };
  if (pathname === "/v1/series" && method === "GET") return { kind: "series" };
  if (pathname === "/metrics" && method === "GET") return { kind: "sum" };
  if (/^\/v1\/webhooks\/[^/]+\/(?:replay|deliveries|stuck)$/.test(pathname) && method === "GET")
    return { kind: "webhook" };
  // Each has queues and a directory of its own to replay from. The list of webhooks is the first one's.
  if (/^\/v1\/webhooks\/[^/]+\/replay$/.test(pathname)) return { kind: "each" };
  // Each knows its own stations' connections; the list is the same in all.
  if (/^\/v1\/(?:revocations|crls)(?:\/|$)/.test(pathname) && method !== "GET") return { kind: "each" };
  if (/^\/v1\/webhooks(?:\/|$)/.test(pathname) && method !== "GET") return { kind: "shared" };
  return FIRST;
}

/** What the first asks of another: a statement of its directory, or something of a station that is its own. */
export type FleetQuestion =
  | { shard: number; sql: string; values: unknown[] }
  | { shard: number; stationId: string; method: string; parameters: unknown[] };

/** FNV-1a: the same station is always in the same place. */
export function shardOf(stationId: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(stationId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % shards;
}

/** The Charging Station that a path of the API means as a whole; `null`: none. */
export function stationOf(path: string): string | null {
  const segment = /^\/v1\/stations\/([^/?]+)(?:\?|$)/.exec(path)?.[1];
  return segment === undefined ? null : decoded(segment);
}

/** What is no legal text is refused by whoever gets it. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
