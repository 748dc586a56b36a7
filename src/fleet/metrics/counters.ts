/**
 * The fleet's counters in D1: what was told is added to them, once. Must not know who counted, nor how they are shown.
 */
import { parseJson } from "../../json.ts";
import { type Counted, readSeries } from "./families.ts";

/** Series of a fleet, 60 bytes each; what is new beyond them is not kept. */
const KEPT_MAX = 2_000;
/** Tellings that are known again: with ten a second the last minute and a half. */
const RECENT_MAX = 1_000;

/** Of one row, whatever was told: a statement sees the row as it was. The known ids are asked for by name, or they were read anew for each. */
const ADD = `UPDATE metrics SET at = ?2,
  sums = (SELECT json_group_object(series, total) FROM (
    SELECT series, sum(counted) AS total FROM (
      SELECT key AS series, value AS counted, 0 AS is_new FROM json_each(metrics.sums)
      UNION ALL SELECT each.key, each.value, 1 FROM json_each(?1) AS told, json_each(told.value, '$.sums') AS each
        WHERE told.value ->> 'id' NOT IN (
          SELECT value FROM json_each((SELECT recent FROM metrics WHERE name = 'counters'))))
    GROUP BY series ORDER BY min(is_new), series LIMIT ${KEPT_MAX})),
  recent = (SELECT json_group_array(id) FROM (
    SELECT id FROM (
      SELECT value ->> 'id' AS id, 0 AS age, key AS place FROM json_each(?1)
      UNION ALL SELECT value, 1, key FROM json_each(metrics.recent))
    GROUP BY id ORDER BY min(age), min(place) LIMIT ${RECENT_MAX}))
  WHERE name = 'counters'`;

/** None where nothing of it is to be counted. */
export function addCounts(directory: D1Database, told: readonly Counted[], now: number): D1PreparedStatement[] {
  const once = new Map(told.map(({ id, sums }) => [id, { id, sums: known(sums) }]));
  if (once.size === 0) return [];
  return [directory.prepare(ADD).bind(JSON.stringify([...once.values()]), now)];
}

/** What another release counts is not kept under a name that nobody reads. */
const known = (sums: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(sums).filter(([series, count]) => count > 0 && count < 2 ** 53 && readSeries(series) !== null),
  );

const READ = "SELECT sums FROM metrics WHERE name = 'counters'";

export const readCounters = (directory: D1Database): D1PreparedStatement => directory.prepare(READ);

export const countersOf = (rows: readonly { sums: string }[]): Record<string, number> =>
  parseJson<Record<string, number>>(rows[0]?.sums ?? "{}");
