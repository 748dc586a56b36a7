/**
 * The directory of all stations in D1: a copy, fed by the queue of transitions and listed from. Must not make or take away a
 * station's row; its own object is the truth.
 */
import { parseJson } from "../json.ts";
import { horizonOf, REFUSALS_AFTER } from "./station-refusals.ts";
import { labelsWithin, type Reach } from "../security/fleet-part.ts";
import { newestOfEach, type Transition } from "./transition.ts";

export interface DirectoryEntry {
  stationId: string;
  /** As registered. */
  securityProfile: number;
  labels: Record<string, string>;
  online: boolean;
  connection: { protocol: string; securityProfile: number } | null;
  vendor: string | null;
  model: string | null;
}

export interface DirectoryQuery {
  online: boolean | null;
  protocol: string | null;
  securityProfile: number | null;
  vendor: string | null;
  model: string | null;
  labels: [name: string, value: string][];
  /** Part of a station's id. */
  query: string | null;
  limit: number;
  /** The last station id of the page before. */
  cursor: string | null;
}

/**
 * One statement a batch, since D1 is one thread, and a row a station. A late or repeated transition never undoes a newer one, and
 * none makes a row: a registration does, and what was deregistered stays away. A row of an older release has no incarnation yet.
 */
export async function applyTransitions(
  directory: D1Database,
  transitions: readonly Transition[],
  now: number = Date.now(),
): Promise<void> {
  await directory
    .prepare(
      `UPDATE stations SET
         at = told.value ->> 'at', incarnation = coalesce(told.value ->> 'incarnation', stations.incarnation),
         sequence = told.value ->> 'sequence', revision = coalesce(told.value ->> 'revision', 0),
         registered_profile = told.value ->> '$.station.registeredProfile',
         labels = told.value -> '$.station.labels', online = told.value ->> '$.station.online',
         protocol = told.value ->> '$.station.protocol', security_profile = told.value ->> '$.station.securityProfile',
         vendor = told.value ->> '$.station.vendor', model = told.value ->> '$.station.model',
         undelivered = told.value ->> '$.station.undelivered',
         dead_letters = coalesce(told.value ->> '$.station.deadLetters', 0),
         ${REFUSALS_AFTER}
       FROM json_each(?1) AS told
       WHERE station_id = told.value ->> 'stationId'
         AND stations.incarnation IN ('', coalesce(told.value ->> 'incarnation', ''))
         AND (told.value ->> 'sequence', coalesce(told.value ->> 'revision', 0)) >= (stations.sequence, stations.revision)`,
    )
    .bind(JSON.stringify(newestOfEach(transitions.filter(({ station }) => station !== null))), horizonOf(now))
    .run();
}

interface Row {
  station_id: string;
  registered_profile: number;
  labels: string;
  online: number;
  protocol: string | null;
  security_profile: number | null;
  vendor: string | null;
  model: string | null;
}

export async function listStations(
  directory: D1Database,
  reach: Reach,
  query: DirectoryQuery,
): Promise<{ stations: DirectoryEntry[]; cursor: string | null }> {
  const bindings: (string | number)[] = [];
  const conditions = ["true"];
  const where = (condition: string, ...values: (string | number)[]) => {
    conditions.push(condition);
    bindings.push(...values);
  };
  if (query.online !== null) where("online = ?", query.online ? 1 : 0);
  if (query.protocol !== null) where("protocol = ?", query.protocol);
  if (query.securityProfile !== null) where("registered_profile = ?", query.securityProfile);
  if (query.vendor !== null) where("vendor = ?", query.vendor);
  if (query.model !== null) where("model = ?", query.model);
  if (query.query !== null) where("instr(lower(station_id), lower(?)) > 0", query.query);
  if (query.cursor !== null) where("station_id > ?", query.cursor);
  // Not by LIKE or GLOB, whose signs an identity may have; no identity has a character behind "|".
  if (reach !== "all" && "prefix" in reach)
    where("station_id >= ? AND station_id < ?", reach.prefix, `${reach.prefix}\x7f`);
  for (const [name, value] of [...labelsWithin(reach), ...query.labels]) {
    where("EXISTS (SELECT 1 FROM json_each(labels) WHERE key = ? AND value = ?)", name, value);
  }
  const { results } = await directory
    .prepare(`SELECT * FROM stations WHERE ${conditions.join(" AND ")} ORDER BY station_id LIMIT ?`)
    .bind(...bindings, query.limit + 1)
    .all<Row>();
  const page = results.slice(0, query.limit);
  const cursor = results.length > query.limit ? (page.at(-1)?.station_id ?? null) : null;
  return { stations: page.map(toEntry), cursor };
}

function toEntry(row: Row): DirectoryEntry {
  const { protocol, security_profile: securityProfile } = row;
  return {
    stationId: row.station_id,
    securityProfile: row.registered_profile,
    labels: parseJson<Record<string, string>>(row.labels),
    online: row.online === 1,
    connection: protocol === null || securityProfile === null ? null : { protocol, securityProfile },
    vendor: row.vendor,
    model: row.model,
  };
}

export interface FleetCount {
  registeredProfile: number;
  online: boolean;
  protocol: string | null;
  securityProfile: number | null;
  stations: number;
  /** Of them those some webhook of which does not take its events, or was not given some. */
  undelivered: number;
  deadLetters: number;
}

export async function countStations(directory: D1Database): Promise<FleetCount[]> {
  const { results } = await directory
    .prepare(
      `SELECT registered_profile AS registeredProfile, online, protocol, security_profile AS securityProfile,
         count(*) AS stations, sum(undelivered) AS undelivered, sum(dead_letters) AS deadLetters
       FROM stations GROUP BY 1, 2, 3, 4`,
    )
    .all<Omit<FleetCount, "online"> & { online: number }>();
  return results.map((row) => ({ ...row, online: row.online === 1 }));
}

/** Whether it answers at all: then what it does not take is at fault itself. */
export async function isReachable(directory: D1Database): Promise<boolean> {
  try {
    await directory.prepare("SELECT 1 AS one").first();
    return true;
  } catch {
    return false;
  }
}

/** Ids, in order, of stations whose events some webhook does not take, of those that are connected, or of all. */
export async function stationsToWake(
  directory: D1Database,
  among: "undelivered" | "online" | "all",
  after: string,
  limit: number,
): Promise<string[]> {
  const { results } = await directory
    .prepare(
      `SELECT station_id AS id FROM stations WHERE ${among === "all" ? "true" : `${among} = 1`} AND station_id > ? ORDER BY station_id LIMIT ?`,
    )
    .bind(after, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
