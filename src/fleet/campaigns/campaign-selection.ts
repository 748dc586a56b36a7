/**
 * Which stations a campaign is for: those that a filter of the list finds, or that are named, as far as its key reaches. Must not
 * know what they are sent.
 */
import type { Env } from "../../env.ts";
import { labelsWithin, type Reach } from "../../security/fleet-part.ts";
import { filtersOf, prefixFilter, type Sql, type StationFilters } from "../list-filters.ts";

/** Ids of one page. */
const PAGE = 5_000;

/** Where a fleet has several, a station is in one of them. */
const directoriesOf = ({ DIRECTORY, OTHER_DIRECTORIES = [] }: Env): readonly D1Database[] => [
  DIRECTORY,
  ...OTHER_DIRECTORIES,
];

const NO_FILTER: StationFilters = {
  ...{ online: null, protocol: null, securityProfile: null, vendor: null, model: null, labels: [], query: null },
  ...{ certificateExpiresBefore: null, offlineSince: null, undelivered: null, hasCsms: null, offlineKind: null },
};

function conditionOf(filters: StationFilters, reach: Reach): Sql {
  const all = filtersOf({ ...filters, labels: [...labelsWithin(reach), ...filters.labels] });
  const inside = reach !== "all" && "prefix" in reach ? [...all, prefixFilter(reach.prefix)] : all;
  const conditions = inside.map(({ condition }) => condition);
  return {
    text: ["true", ...conditions.map(({ text }) => text)].join(" AND "),
    values: conditions.flatMap(({ values }) => values),
  };
}

/** A scan: a campaign is rare, and each of its stations costs more than the row that is looked at. */
export async function countStations(env: Env, filters: StationFilters, reach: Reach): Promise<number> {
  const { text, values } = conditionOf(filters, reach);
  let count = 0;
  for (const directory of directoriesOf(env)) {
    const { results } = await directory
      .prepare(`SELECT count(*) AS stations FROM stations AS s WHERE ${text}`)
      .bind(...values)
      .all<{ stations: number }>();
    count += results[0]?.stations ?? 0;
  }
  return count;
}

/** Page by page. */
export async function* selectStations(env: Env, filters: StationFilters, reach: Reach): AsyncGenerator<string[]> {
  const { text, values } = conditionOf(filters, reach);
  for (const directory of directoriesOf(env)) {
    let after = "";
    for (;;) {
      const { results } = await directory
        .prepare(
          `SELECT s.station_id AS id FROM stations AS s WHERE ${text} AND s.station_id > ? ORDER BY s.station_id LIMIT ${PAGE}`,
        )
        .bind(...values, after)
        .all<{ id: string }>();
      if (results.length > 0) yield results.map(({ id }) => id);
      if (results.length < PAGE) break;
      after = results.at(-1)?.id ?? "";
    }
  }
}

/** Those of the ids that are registered now, and inside. */
export async function stationsWithin(env: Env, ids: readonly string[], reach: Reach): Promise<Set<string>> {
  const { text, values } = conditionOf(NO_FILTER, reach);
  const found = new Set<string>();
  for (const directory of directoriesOf(env)) {
    const { results } = await directory
      .prepare(
        `SELECT s.station_id AS id FROM json_each(?) AS asked CROSS JOIN stations AS s ON s.station_id = asked.value WHERE ${text}`,
      )
      .bind(JSON.stringify(ids), ...values)
      .all<{ id: string }>();
    for (const { id } of results) found.add(id);
  }
  return found;
}
