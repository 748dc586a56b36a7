/**
 * The audit's table: appended to, read page by page and newest first, its old end cut off. Must not know who writes it, nor HTTP.
 */
import { parseJson } from "../json.ts";
import { labelsWithin, type Reach } from "../security/fleet-part.ts";
import type { AuditDetail, AuditEntry } from "./audit-entry.ts";
import { auditCursor, type AuditPlace } from "./audit-place.ts";

/** Entries read for one page where it is not known how many of them it is made of: then a page may have fewer than was asked for. */
const SCAN = 1_000;
/** Entries deleted at once. With one look in five minutes it is 43 million a month. */
const PRUNE_MAX = 5_000;
const DAY_MS = 86_400_000;

export interface AuditQuery {
  before: AuditPlace | null;
  after: AuditPlace | null;
  actor: string | null;
  stationId: string | null;
  limit: number;
}

export interface AuditView extends AuditDetail {
  id: string;
  at: string;
  actor: string;
  kind: string;
  stationId: string | null;
}

interface Row {
  actor: string;
  at: number;
  id: string;
  kind: string;
  station_id: string | null;
  detail: string;
  inside: number;
}

/** There are a few dozen: one look for each. */
const ACTORS = `actors(name) AS (
  SELECT min(actor) FROM audit
  UNION ALL SELECT (SELECT min(actor) FROM audit WHERE actor > name) FROM actors WHERE name IS NOT NULL)`;
const WITHIN = "(at, id) < (?1, ?2) AND (at, id) > (?3, ?4)";
const NEWEST = "ORDER BY at DESC, id DESC LIMIT ?5";
/** Each by an index, from where the page begins. */
const SOURCES = {
  station: `SELECT * FROM audit WHERE station_id = ?6 AND ${WITHIN} ${NEWEST}`,
  actor: `SELECT * FROM audit WHERE actor = ?7 AND ${WITHIN} ${NEWEST}`,
  all: `SELECT audit.* FROM actors JOIN audit ON audit.actor = actors.name AND (audit.at, audit.id) IN
    (SELECT at, id FROM audit AS own WHERE own.actor = actors.name AND ${WITHIN} ${NEWEST}) ${NEWEST}`,
};

/** One statement for all of them. What is written already stays as it is. */
export const insertEntries = (directory: D1Database, entries: readonly AuditEntry[]): D1PreparedStatement =>
  directory
    .prepare(
      `INSERT OR IGNORE INTO audit (actor, at, id, kind, station_id, detail)
       SELECT value ->> 'actor', value ->> 'at', value ->> 'id', value ->> 'kind', value ->> 'stationId', value -> 'detail'
       FROM json_each(?1)`,
    )
    .bind(JSON.stringify(entries));

export async function listAudit(
  directory: D1Database,
  reach: Reach,
  { before, after, actor, stationId, limit }: AuditQuery,
): Promise<{ entries: AuditView[]; cursor: string | null }> {
  const source = stationId !== null ? "station" : actor !== null ? "actor" : "all";
  const scanned = reach !== "all" || (stationId !== null && actor !== null) ? SCAN : limit + 1;
  const prefix = reach !== "all" && "prefix" in reach ? reach.prefix : null;
  const { results } = await directory
    .prepare(
      `WITH RECURSIVE ${ACTORS}, scanned AS (${SOURCES[source]})
       SELECT *, (?7 IS NULL OR actor = ?7)
         AND (?8 IS NULL OR substr(station_id, 1, length(?8)) = ?8)
         AND (?9 = '[]' OR EXISTS (SELECT 1 FROM stations WHERE stations.station_id = scanned.station_id AND NOT EXISTS (
           SELECT 1 FROM json_each(?9) AS wanted WHERE NOT EXISTS (
             SELECT 1 FROM json_each(stations.labels) AS has
             WHERE has.key = wanted.value ->> 0 AND has.value = wanted.value ->> 1)))) AS inside
       FROM scanned ORDER BY at DESC, id DESC`,
    )
    .bind(
      ...[before?.at ?? Number.MAX_SAFE_INTEGER, before?.id ?? "", after?.at ?? -1, after?.id ?? ""],
      ...[scanned, stationId, actor, prefix, JSON.stringify(labelsWithin(reach))],
    )
    .all<Row>();
  const inside = results.filter((row) => row.inside === 1);
  const page = inside.slice(0, limit);
  const isCut = inside.length > limit;
  const last = isCut ? page.at(-1) : results.length === scanned ? results.at(-1) : undefined;
  return { entries: page.map(viewOf), cursor: last === undefined ? null : auditCursor(last) };
}

const viewOf = ({ id, at, actor, kind, station_id: stationId, detail }: Row): AuditView => ({
  ...{ id, at: new Date(at).toISOString(), actor, kind, stationId },
  ...parseJson<AuditDetail>(detail),
});

/** @throws where the directory cannot be reached */
export async function pruneAudit(directory: D1Database, days: number, now: number): Promise<number> {
  const { meta } = await directory
    .prepare(
      `WITH RECURSIVE ${ACTORS}
       DELETE FROM audit WHERE (actor, at, id) IN (
         SELECT audit.actor, audit.at, audit.id FROM actors JOIN audit ON audit.actor = actors.name AND audit.at < ?1 LIMIT ?2)`,
    )
    .bind(now - days * DAY_MS, PRUNE_MAX)
    .run();
  return meta.changes;
}
