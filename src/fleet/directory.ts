/**
 * The directory of all stations in D1: a copy, fed by the queue of transitions. Must not be asked for anything that
 * decides; a station's own object is the truth.
 */
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

/** One statement a batch, since D1 is one thread, and a row a station. A late or repeated transition never undoes a newer one. */
export async function applyTransitions(directory: D1Database, transitions: readonly Transition[]): Promise<void> {
  await directory
    .prepare(
      `INSERT INTO stations
       SELECT value ->> 'stationId', value ->> 'at', value ->> 'sequence', value ->> 'station' IS NULL,
         value ->> '$.station.registeredProfile', coalesce(value -> '$.station.labels', '{}'),
         coalesce(value ->> '$.station.online', 0), value ->> '$.station.protocol',
         value ->> '$.station.securityProfile', value ->> '$.station.vendor', value ->> '$.station.model',
         coalesce(value ->> '$.station.undelivered', 0)
       FROM json_each(?1) WHERE true
       ON CONFLICT (station_id) DO UPDATE SET
         at = excluded.at, sequence = excluded.sequence, deregistered = excluded.deregistered,
         registered_profile = excluded.registered_profile, labels = excluded.labels, online = excluded.online,
         protocol = excluded.protocol, security_profile = excluded.security_profile, vendor = excluded.vendor,
         model = excluded.model, undelivered = excluded.undelivered
       WHERE (excluded.at, excluded.sequence) >= (stations.at, stations.sequence)`,
    )
    .bind(JSON.stringify(newestOfEach(transitions)))
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
  query: DirectoryQuery,
): Promise<{ stations: DirectoryEntry[]; cursor: string | null }> {
  const bindings: (string | number)[] = [];
  const conditions = ["deregistered = 0"];
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
  for (const [name, value] of query.labels) {
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
    labels: JSON.parse(row.labels) as Record<string, string>,
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
}

export async function countStations(directory: D1Database): Promise<FleetCount[]> {
  const { results } = await directory
    .prepare(
      `SELECT registered_profile AS registeredProfile, online, protocol, security_profile AS securityProfile,
         count(*) AS stations
       FROM stations WHERE deregistered = 0 GROUP BY 1, 2, 3, 4`,
    )
    .all<Omit<FleetCount, "online"> & { online: number }>();
  return results.map((row) => ({ ...row, online: row.online === 1 }));
}

/** Ids, in order, of stations whose events some webhook does not take. */
export async function stationsUndelivered(directory: D1Database, after: string, limit: number): Promise<string[]> {
  const { results } = await directory
    .prepare(
      `SELECT station_id AS id FROM stations
       WHERE undelivered = 1 AND deregistered = 0 AND station_id > ? ORDER BY station_id LIMIT ?`,
    )
    .bind(after, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
