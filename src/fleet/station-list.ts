/**
 * The list of stations, page by page: by the index that fits, and never more than so many rows, whatever is asked. Must not know how
 * the rows came to be.
 */
import { isBefore, type ListSort, type Place } from "../list-cursor.ts";
import {
  beginsWith,
  type Filter,
  filtersOf,
  type Index,
  prefixFilter,
  prefixRanges,
  type Sql,
  type StationFilters,
  TRIGRAM,
} from "./list-filters.ts";
import { labelsWithin, type Reach } from "../security/fleet-part.ts";
import {
  type DirectoryEntry,
  ENTRY_COLUMNS,
  type Found,
  PLACE_COLUMNS,
  type StationRow,
  toEntry,
} from "./station-entry.ts";
import { smallLetters } from "./station-rows.ts";

export interface DirectoryQuery extends StationFilters {
  sort: ListSort;
  limit: number;
  /** Where the page before ended. */
  after: Place | null;
}

export interface DirectoryPage {
  stations: DirectoryEntry[];
  /** Where this page ended, though it may be empty; `null`: nothing is behind it. */
  next: Place | null;
}

/** Rows beside three of a page's: what a list with one filter, or none, may read in all. */
const SPARE_ROWS = 10;
/** Matches of one of several filters up to which all of them are looked at, and put in order. */
const FEW_ROWS = 250;
/** Filters that are tried for being few; and stations that are looked at for a page where all are many. */
const TRIED_MAX = 4;
const WALK_ROWS = 1_000;

/** @param reach of the key that asks: what is outside is not there for it */
export async function listStations(
  directory: D1Database,
  reach: Reach,
  asked: DirectoryQuery,
  now: number,
): Promise<DirectoryPage> {
  const query = { ...asked, labels: [...labelsWithin(reach), ...asked.labels] };
  const filters = filtersOf(query);
  const prefix = reach !== "all" && "prefix" in reach ? reach.prefix : null;
  const all = prefix === null ? filters : [...filters, prefixFilter(prefix)];
  // In the order of ids it is a range of whatever index is walked.
  const isRange = query.sort === "id";
  const page =
    (isExact(query, isRange ? filters : all) ? null : await fewRows(directory, query, all)) ??
    (await walk(directory, query, isRange ? filters : all, isRange ? prefix : null));
  const rows = await wholeRows(directory, page.rows);
  return { stations: rows.map((row) => toEntry(row, now)), next: page.next };
}

interface Page {
  rows: Found[];
  next: Place | null;
}

const SORT_KEYS: Record<ListSort, string> = { id: "0", changed: "s.changed_at", offline: "s.offline_since" };

function placeOf(row: Found, sort: ListSort): Place {
  const key = { id: 0, changed: row.changed_at, offline: row.offline_since }[sort];
  return { key, id: row.station_id };
}

/** Whether an index has the order that is asked for, and no other filter is to be looked at. */
const isExact = ({ sort }: DirectoryQuery, filters: readonly Filter[]): boolean =>
  filters.length === 0 || (filters.length === 1 && sort === "id" && filters[0]?.index?.orderedBy != null);

/** So many that to find them, and to read those on the page, is within what one filter may read. */
function fewOf(limit: number, isAlone: boolean, rowsEach: number): number {
  if (!isAlone) return Math.max(limit + SPARE_ROWS, FEW_ROWS);
  return rowsEach === 1 ? limit + SPARE_ROWS : Math.floor((3 * limit + 5 * SPARE_ROWS) / (2 + rowsEach)) - 1;
}

/** All matches of the filter that has few, put in order here; `null`: none has. */
async function fewRows(directory: D1Database, query: DirectoryQuery, filters: readonly Filter[]): Promise<Page | null> {
  const indexed = filters.filter(({ index }) => index !== null).slice(0, TRIED_MAX);
  for (const filter of indexed) {
    const index = filter.index as Index;
    const others = filters.filter((each) => each !== filter);
    const ids = others.length === 0 && query.sort === "id" ? index.ids : undefined;
    const few = fewOf(query.limit, others.length === 0, ids === undefined ? index.rowsEach : 1);
    const rows =
      ids === undefined
        ? await select(directory, PLACE_COLUMNS, index.from(few + 1), others, [], `LIMIT ${few + 1}`)
        : await select(directory, "s.station_id, 0 AS changed_at, 0 AS offline_since", ids(few + 1));
    if (rows.length > few) continue;
    const { after, sort } = query;
    const ordered = rows
      .filter((row) => row.hit === 1 && (after === null || isBefore(sort, after, placeOf(row, sort))))
      .sort((a, b) => (isBefore(sort, placeOf(a, sort), placeOf(b, sort)) ? -1 : 1));
    return pageOf(ordered, query);
  }
  return null;
}

/** In the order that is asked for, from where the page before ended, and so far as one request may go. */
async function walk(
  directory: D1Database,
  query: DirectoryQuery,
  filters: readonly Filter[],
  prefix: string | null,
): Promise<Page> {
  const { limit, sort, query: text } = query;
  if (sort === "id" && text !== null && text !== "" && [...text].length < TRIGRAM)
    return walkPrefix(directory, query, filters, prefix);
  const driver = sort === "id" ? filters.find(({ index }) => index?.orderedBy != null) : undefined;
  const index: Index = driver?.index ?? {
    from: () => ({ text: `stations AS s${orderIndex(sort)} WHERE true`, values: [] }),
    orderedBy: "s.station_id",
    rowsEach: 1,
  };
  const others = filters.filter((each) => each !== driver);
  // A filter that is alone has been tried for being few, and its rows may be two each: a label's are.
  const most =
    others.length === 0 ? limit + 1 : filters.length === 1 ? limit + 2 * SPARE_ROWS : Math.max(WALK_ROWS, limit + 1);
  const id = index.orderedBy ?? "s.station_id";
  const place = [...afterPlace(query, id), ...(prefix === null ? [] : [beginsWith(id, prefix)])];
  const direction = sort === "changed" ? "DESC" : "ASC";
  const order = sort === "id" ? id : `${SORT_KEYS[sort]} ${direction}, s.station_id ${direction}`;
  const columns = others.length > 0 && filters.length > 1 ? PLACE_COLUMNS : ENTRY_COLUMNS;
  const rows = await select(directory, columns, index.from(most), others, place, `ORDER BY ${order} LIMIT ${most}`);
  return pageOf(hitsOf(rows), query, rows.length < most ? null : rows.at(-1));
}

/** Ids that begin with one or two letters, large or small: each range after the other. */
async function walkPrefix(
  directory: D1Database,
  query: DirectoryQuery,
  filters: readonly Filter[],
  prefix: string | null,
): Promise<Page> {
  const { limit, after } = query;
  const hits: Found[] = [];
  const isAlone = filters.length === 1;
  let left = isAlone ? limit + 1 : Math.max(WALK_ROWS, limit + 1);
  let last: Found | undefined;
  for (const { from, to } of prefixRanges(smallLetters(query.query))) {
    if (after !== null && to <= after.id) continue;
    const start = after !== null && after.id >= from ? { text: "s.station_id > ?", values: [after.id] } : null;
    const range = [
      start ?? { text: "s.station_id >= ?", values: [from] },
      { text: "s.station_id < ?", values: [to] },
      ...(prefix === null ? [] : [beginsWith("s.station_id", prefix)]),
    ];
    const all = { text: "stations AS s WHERE true", values: [] };
    const columns = isAlone ? ENTRY_COLUMNS : PLACE_COLUMNS;
    const rows = await select(directory, columns, all, filters, range, `ORDER BY s.station_id LIMIT ${left}`);
    hits.push(...hitsOf(rows));
    last = rows.at(-1) ?? last;
    left -= rows.length;
    if (left <= 0 || hits.length > limit) return pageOf(hits, query, last);
  }
  return pageOf(hits, query);
}

const hitsOf = (rows: readonly Found[]): Found[] => rows.filter(({ hit }) => hit === 1);
const orderIndex = (sort: ListSort): string => (sort === "id" ? "" : ` INDEXED BY stations_${sort}`);

function afterPlace({ after, sort }: DirectoryQuery, id: string): Sql[] {
  if (after === null) return [];
  if (sort === "id") return [{ text: `${id} > ?`, values: [after.id] }];
  const sign = sort === "changed" ? "<" : ">";
  return [{ text: `(${SORT_KEYS[sort]}, s.station_id) ${sign} (?, ?)`, values: [after.key, after.id] }];
}

/** @param last that was looked at, where more may be behind it */
function pageOf(hits: Found[], { limit, sort }: DirectoryQuery, last?: Found | null): Page {
  const rows = hits.slice(0, limit);
  const end = hits.length > limit ? rows.at(-1) : last;
  return { rows, next: end == null ? null : placeOf(end, sort) };
}

async function select(
  directory: D1Database,
  columns: string,
  from: Sql,
  filters: readonly Filter[] = [],
  where: readonly Sql[] = [],
  end = "",
): Promise<Found[]> {
  const conditions = filters.map(({ condition }) => condition);
  const hit = conditions.length === 0 ? "1" : `coalesce(${conditions.map(({ text }) => text).join(" AND ")}, 0)`;
  const text = [from, ...where].map((each) => each.text).join(" AND ");
  const values = [...conditions, from, ...where].flatMap((each) => each.values);
  const { results } = await directory
    .prepare(`SELECT ${columns}, ${hit} AS hit FROM ${text} ${end}`)
    .bind(...values)
    .all<Found>();
  return results;
}

/** What is on the page, in its order; what was deregistered meanwhile is not. */
async function wholeRows(directory: D1Database, rows: readonly Found[]): Promise<readonly StationRow[]> {
  const isWhole = (row: Found): row is StationRow => "labels" in row;
  if (rows.every(isWhole)) return rows;
  const ids = JSON.stringify(rows.map(({ station_id: id }) => id));
  const from = { text: "json_each(?) AS asked CROSS JOIN stations AS s ON s.station_id = asked.value", values: [ids] };
  const found = (await select(directory, ENTRY_COLUMNS, from)) as StationRow[];
  const byId = new Map(found.map((row) => [row.station_id, row]));
  return rows.flatMap(({ station_id: id }) => byId.get(id) ?? []);
}
