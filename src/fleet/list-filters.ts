/**
 * Each filter of the list of stations as SQL: a condition on a row, and the index that finds the rows by it. Must not know pages,
 * nor which of several indexes is used.
 */
import { ONLINE_SINCE_NEVER } from "../list-cursor.ts";
import { fingerprintKey } from "../security/revocation.ts";
import { smallLetters } from "./station-rows.ts";

export interface StationFilters {
  online: boolean | null;
  protocol: string | null;
  /** As registered. */
  securityProfile: number | null;
  vendor: string | null;
  model: string | null;
  labels: readonly (readonly [name: string, value: string])[];
  /** ms since the epoch, as the next */
  certificateExpiresBefore: number | null;
  offlineSince: number | null;
  undelivered: boolean | null;
  hasCsms: boolean | null;
  /** How the last connection of one that is offline ended (offline-reason.ts). */
  offlineKind: string | null;
  /**
   * Part of a station's id, vendor, model, serial number or of a label's value; with less than three characters the id's beginning. A
   * fingerprint is that of the last connection's certificate.
   */
  query: string | null;
}

type Value = string | number;
export interface Sql {
  text: string;
  values: readonly Value[];
}

export interface Filter {
  /** Of a row of `stations` as `s`. */
  condition: Sql;
  /** `null`: only together with an order of all stations. */
  index: Index | null;
}

export interface Index {
  /** What follows FROM and gives `s`, up to and with its conditions; @param max rows that are looked for */
  from(max: number): Sql;
  /** The column that the rows come in the order of, all being alike otherwise; `null`: in none that is of use. */
  orderedBy: string | null;
  /** Rows that are read for one. */
  rowsEach: 1 | 2;
  /** The ids alone, as `s`, at a row each. */
  ids?(max: number): Sql;
}

const sql = (text: string, ...values: Value[]): Sql => ({ text, values });

/** The index itself is named: what the planner would choose depends on figures that D1 need not have. */
const own = (name: string, condition: Sql, isOrdered = true): Filter => ({
  condition,
  index: {
    from: () => ({ ...condition, text: `stations AS s INDEXED BY ${name} WHERE ${condition.text}` }),
    orderedBy: isOrdered ? "s.station_id" : null,
    rowsEach: 1,
  },
});

/** Characters of what an index of three-letter pieces finds. */
export const TRIGRAM = 3;

/** The most telling first, as far as that can be said without counting. */
export function filtersOf(filters: StationFilters): Filter[] {
  const { query, labels, model, vendor, certificateExpiresBefore, offlineSince } = filters;
  const { undelivered, hasCsms, offlineKind, online, protocol, securityProfile } = filters;
  const all: (Filter | null)[] = [
    query === null || query === "" ? null : (fingerprintFilter(query) ?? textFilter(smallLetters(query))),
    ...labels.map(([name, value]) => labelFilter(name, value)),
    model === null ? null : own("stations_model", sql("s.model = ?", model)),
    certificateExpiresBefore === null
      ? null
      : own("stations_certificate", sql("s.certificate_not_after < ?", certificateExpiresBefore), false),
    offlineSince === null
      ? null
      : own("stations_offline", sql("s.offline_since < ?", Math.min(offlineSince, ONLINE_SINCE_NEVER)), false),
    undelivered === null ? null : own("stations_undelivered", sql("s.undelivered = ?", Number(undelivered))),
    online === false ? own("stations_live", sql("s.online = 0 AND s.protocol IS NULL")) : null,
    vendor === null ? null : own("stations_vendor", sql("s.vendor = ?", vendor)),
    hasCsms === null ? null : own("stations_csms", sql("s.has_csms = ?", Number(hasCsms))),
    protocol === null ? null : own("stations_live", sql("s.online = 1 AND s.protocol = ?", protocol)),
    securityProfile === null ? null : own("stations_profile", sql("s.registered_profile = ?", securityProfile)),
    offlineKind === null ? null : { condition: sql("s.online = 0 AND s.offline_kind = ?", offlineKind), index: null },
    online === true ? own("stations_offline", sql("s.offline_since = ? AND s.online = 1", ONLINE_SINCE_NEVER)) : null,
  ];
  return all.filter((each) => each !== null);
}

/** Nobody looks for so many hex digits by another name. */
const FINGERPRINT = /^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

function fingerprintFilter(query: string): Filter | null {
  if (!FINGERPRINT.test(query)) return null;
  const key = fingerprintKey(query.replaceAll(":", "").toLowerCase());
  return own("stations_certificate_key", sql("s.certificate_key = ?", key), false);
}

function textFilter(query: string): Filter {
  const { length } = [...query];
  if (length < TRIGRAM) return { condition: sql("substr(s.search_text, 1, ?) = ?", length, query), index: null };
  const match = `"${query.replaceAll('"', '""')}"`;
  const from = (max: number) =>
    sql(
      `(SELECT station_id AS id FROM station_search WHERE station_search MATCH ? LIMIT ${max}) AS found
       CROSS JOIN stations AS s ON s.station_id = found.id WHERE true`,
      match,
    );
  const ids = (max: number) => sql(`station_search AS s WHERE station_search MATCH ? LIMIT ${max}`, match);
  return { condition: sql("instr(s.search_text, ?) > 0", query), index: { from, ids, orderedBy: null, rowsEach: 2 } };
}

function labelFilter(name: string, value: string): Filter {
  // What no registration may have for a name would be a path of JSON.
  const path = /^[A-Za-z0-9_.-]+$/.test(name) ? `$."${name}"` : "$.none";
  const from = () =>
    sql(
      `station_labels AS l CROSS JOIN stations AS s ON s.station_id = l.station_id WHERE l.name = ? AND l.value = ?`,
      name,
      value,
    );
  return {
    condition: sql("s.labels ->> ? = ?", path, value),
    index: { from, orderedBy: "l.station_id", rowsEach: 2 },
  };
}

/** No identity has a character behind "|". Not by LIKE or GLOB, whose signs an identity may have. */
export const beginsWith = (column: string, prefix: string): Sql =>
  sql(`${column} >= ? AND ${column} < ?`, prefix, `${prefix}\x7f`);

/** Stations whose ids begin so, by the ids themselves. */
export const prefixFilter = (prefix: string): Filter => {
  const condition = beginsWith("s.station_id", prefix);
  return {
    condition,
    index: {
      from: () => ({ ...condition, text: `stations AS s WHERE ${condition.text}` }),
      orderedBy: null,
      rowsEach: 1,
    },
  };
};

/** The ranges of ids that begin with a short text, whatever their letters' size, in their order. */
export function prefixRanges(query: string): { from: string; to: string }[] {
  let prefixes = [""];
  for (const letter of query) {
    const both = new Set([letter.toUpperCase(), letter.toLowerCase()]);
    prefixes = prefixes.flatMap((prefix) => Array.from(both, (each) => prefix + each));
  }
  return prefixes.sort().map((from) => ({ from, to: `${from}\u{10ffff}` }));
}
