/**
 * What goes wrong at the fleet's door and on its lines, newest first: refused stations, newcomers by what they were refused for, and
 * what stations reported. From rows that are kept already, and so many of them. Must not know who told of them.
 */
import { parseJson } from "../../json.ts";
import { lackingLabels, type Reach } from "../../security/fleet-part.ts";
import type { SecurityEvent } from "./security-event.ts";
import type { FleetProblems, ProblemCase, ProblemGroup } from "./problem-views.ts";

/** Reports that are kept. */
const KEPT_MAX = 1_000;
/** Rows of refused stations that are looked at, the newest; of newcomers there are a thousand at most. */
const LOOKED_AT_MAX = 5_000;
/** Cases of one reason that are shown. */
const CASES = 10;

export const addSecurityEvents = (directory: D1Database, events: readonly SecurityEvent[]): D1PreparedStatement[] => [
  directory
    .prepare(
      `INSERT OR IGNORE INTO security_events
       SELECT value ->> 'at', value ->> 'stationId', value ->> 'kind', value -> 'detail' FROM json_each(?1)`,
    )
    .bind(JSON.stringify(events)),
  directory
    .prepare(
      "DELETE FROM security_events WHERE at < (SELECT at FROM security_events ORDER BY at DESC LIMIT 1 OFFSET ?1)",
    )
    .bind(KEPT_MAX - 1),
];

const REFUSED = `SELECT station_id AS stationId, labels, refused_reason AS reason, refused_count AS count, refused_since AS since,
    refused_at AS at FROM stations INDEXED BY stations_refused WHERE refused_at IS NOT NULL AND refused_count > 0
  ORDER BY refused_at DESC LIMIT ${LOOKED_AT_MAX}`;
const NEWCOMERS = `SELECT station_id AS stationId, reason, count, first_seen AS since, last_seen AS at FROM newcomers
  WHERE NOT EXISTS (SELECT 1 FROM stations WHERE stations.station_id = newcomers.station_id)
  ORDER BY last_seen DESC LIMIT ${LOOKED_AT_MAX}`;
const REPORTED = `SELECT e.at, e.station_id AS stationId, kind, detail, labels FROM security_events AS e
  LEFT JOIN stations USING (station_id) ORDER BY e.at DESC LIMIT ${KEPT_MAX}`;

interface Row {
  stationId: string;
  /** JSON; of a newcomer, and of a station that is gone, there are none. */
  labels?: string | null;
  at: number;
}
type RefusedRow = Row & { reason: string; count: number; since: number };
type ReportedRow = Row & { kind: string; detail: string };

/** @param limit of the reports */
export async function readProblems(directory: D1Database, reach: Reach, limit: number): Promise<FleetProblems> {
  const [refused, newcomers, reported] = await directory.batch(
    [REFUSED, NEWCOMERS, REPORTED].map((query) => directory.prepare(query)),
  );
  const within = <R extends Row>(rows: D1Result | undefined) =>
    ((rows?.results ?? []) as unknown as R[]).filter((row) => isWithin(reach, row));
  return {
    refusals: grouped(within<RefusedRow>(refused)),
    newcomers: grouped(within<RefusedRow>(newcomers)),
    securityEvents: within<ReportedRow>(reported)
      .slice(0, limit)
      .map(({ stationId, at, kind, detail }) => ({
        ...{ stationId, at: iso(at), kind },
        detail: parseJson<Record<string, string>>(detail),
      })),
  };
}

function isWithin(reach: Reach, { stationId, labels }: Row): boolean {
  if (reach === "all") return true;
  if ("prefix" in reach) return stationId.startsWith(reach.prefix);
  return labels != null && lackingLabels(reach, parseJson<Record<string, string>>(labels)).length === 0;
}

/** Rows come the newest first, and so do the groups. */
function grouped(rows: readonly RefusedRow[]): ProblemGroup[] {
  const groups = new Map<string, ProblemGroup>();
  for (const { stationId, reason, count, since, at } of rows) {
    const found: ProblemCase = { stationId, at: iso(at), count, since: iso(since) };
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, { reason, stations: 1, count, newest: [found] });
    else {
      group.stations++;
      group.count += count;
      if (group.newest.length < CASES) group.newest.push(found);
    }
  }
  return [...groups.values()];
}

const iso = (at: number): string => new Date(at).toISOString();
