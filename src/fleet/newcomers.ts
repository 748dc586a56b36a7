/**
 * The list of newcomers in D1: identities that knocked and that nobody registered, as the Workers in front tell of them. Must not
 * wake or make an object, and takes none of it for proven.
 */
import { parseJson } from "../json.ts";
import type { PresentedCertificate } from "../security/presented-certificate.ts";
import type { Newcomer } from "./door-report.ts";

export interface NewcomerEntry {
  stationId: string;
  firstSeen: string;
  lastSeen: string;
  count: number;
  remoteAddress: string | null;
  protocols: string[];
  transport: string;
  certificate: PresentedCertificate | null;
  reason: string;
}

export interface NewcomerQuery {
  limit: number;
  /** `cursor` of the page before. */
  cursor: string | null;
  /** Only identities that begin with it. */
  prefix: string | null;
}

/** Identities in the list. */
const NEWCOMERS_MAX = 1_000;

/** What the last one that was turned away showed. */
const LATEST = ["source", "remote_address", "protocols", "transport", "certificate", "reason"]
  .map(
    (column) => `${column} = iif(excluded.last_seen >= newcomers.last_seen, excluded.${column}, newcomers.${column})`,
  )
  .join(", ");

/** One that was registered meanwhile is none. A row an identity, however often it is told of. */
export const addNewcomers = (directory: D1Database, newcomers: readonly Newcomer[]): D1PreparedStatement =>
  directory
    .prepare(
      `INSERT INTO newcomers (station_id, source, first_seen, last_seen, count, remote_address, protocols, transport, certificate, reason)
       SELECT value ->> 'stationId', value ->> 'source', value ->> 'firstAt', value ->> 'lastAt', value ->> 'count',
         value ->> 'remoteAddress', value -> 'protocols', value ->> 'transport', value -> 'certificate', value ->> 'reason'
       FROM json_each(?1)
       WHERE NOT EXISTS (SELECT 1 FROM stations WHERE stations.station_id = value ->> 'stationId')
       ORDER BY value ->> 'lastAt'
       ON CONFLICT (station_id) DO UPDATE SET
         ${LATEST},
         first_seen = min(newcomers.first_seen, excluded.first_seen),
         last_seen = max(newcomers.last_seen, excluded.last_seen), count = newcomers.count + excluded.count`,
    )
    .bind(JSON.stringify(newcomers));

/**
 * The oldest of whoever has most go first: each source keeps its newest, then its second newest, and so on until the list is full.
 * With one source that is the oldest of all; with one that sends many names they take no other's place.
 */
export const trimNewcomers = (directory: D1Database): D1PreparedStatement =>
  directory
    .prepare(
      `DELETE FROM newcomers WHERE (SELECT count(*) FROM newcomers) > ?1 AND station_id IN (
         SELECT station_id FROM (
           SELECT station_id, last_seen,
             row_number() OVER (PARTITION BY source ORDER BY last_seen DESC, station_id) AS place
           FROM newcomers)
         ORDER BY place, last_seen DESC, station_id LIMIT -1 OFFSET ?1)`,
    )
    .bind(NEWCOMERS_MAX);

interface Row {
  station_id: string;
  first_seen: number;
  last_seen: number;
  count: number;
  remote_address: string | null;
  protocols: string;
  transport: string;
  certificate: string | null;
  reason: string;
}

/** The newest first. What an older release registered may still have its row. */
export async function listNewcomers(
  directory: D1Database,
  { limit, cursor, prefix }: NewcomerQuery,
): Promise<{ newcomers: NewcomerEntry[]; cursor: string | null }> {
  const { at, id } = cursor === null ? { at: Number.MAX_SAFE_INTEGER, id: "" } : placeOf(cursor);
  const { results } = await directory
    .prepare(
      `SELECT * FROM newcomers
       WHERE (last_seen < ?1 OR (last_seen = ?1 AND station_id > ?2)) AND substr(station_id, 1, length(?3)) = ?3
         AND NOT EXISTS (SELECT 1 FROM stations WHERE stations.station_id = newcomers.station_id)
       ORDER BY last_seen DESC, station_id LIMIT ?4`,
    )
    .bind(at, id, prefix ?? "", limit + 1)
    .all<Row>();
  const newcomers = results.slice(0, limit).map(toEntry);
  const last = newcomers.at(-1);
  return { newcomers, cursor: results.length > limit && last !== undefined ? cursorOf(last) : null };
}

/** An identity holds no slash. */
const cursorOf = ({ lastSeen, stationId }: NewcomerEntry): string => `${lastSeen}/${stationId}`;

function placeOf(cursor: string): { at: number; id: string } {
  const [lastSeen = "", id = ""] = cursor.split("/");
  return { at: Date.parse(lastSeen) || 0, id };
}

const toEntry = (row: Row): NewcomerEntry => ({
  stationId: row.station_id,
  firstSeen: new Date(row.first_seen).toISOString(),
  lastSeen: new Date(row.last_seen).toISOString(),
  count: row.count,
  remoteAddress: row.remote_address,
  protocols: parseJson<string[]>(row.protocols),
  transport: row.transport,
  certificate: row.certificate === null ? null : parseJson<PresentedCertificate | null>(row.certificate),
  reason: row.reason,
});

/** Once it is registered it is none. */
export const dropNewcomer = (directory: D1Database, stationId: string): D1PreparedStatement =>
  directory.prepare("DELETE FROM newcomers WHERE station_id = ?1").bind(stationId);
