/**
 * One answer out of those of several workerd processes, to what concerns all stations. Must not know sockets or ports.
 */
import { mergeSeries } from "../../fleet/series/merged-series.ts";
import { mergeProblems } from "../../fleet/problems/problem-views.ts";
import { mergeOfWebhook } from "../../webhooks/merged-parts.ts";
import { isOfAudit, mergeAudit } from "./audit-pages.ts";
import { isOfNewcomers, mergeNewcomers } from "./newcomer-pages.ts";

import {
  isBefore,
  type ListSort,
  ONLINE_SINCE_NEVER,
  type Place,
  questionOf,
  readCursor,
  writeCursor,
} from "../../list-cursor.ts";

export interface ShardAnswer {
  status: number;
  /** Name, value, name, value, … */
  headers: string[];
  body: string;
}

/** [src/http/stations.ts] What is no legal limit has been refused by every shard. */
const PAGE_DEFAULT = 100;

/** @param answers of every shard, in their order */
export function combine(
  kind: "shared" | "each" | "list" | "sum" | "total" | "series" | "webhook",
  path: string,
  answers: readonly ShardAnswer[],
): ShardAnswer {
  const [first] = answers as [ShardAnswer, ...ShardAnswer[]];
  const failed = answers.find(({ status }) => status >= 400);
  if (failed !== undefined) return failed;
  if (kind === "shared" || kind === "each") return first;
  const bodies = answers.map(({ body }) => body);
  if (kind === "sum") return { ...first, body: addUp(bodies) };
  if (kind === "webhook")
    return {
      ...first,
      body: JSON.stringify(
        mergeOfWebhook(
          path,
          bodies.map((body) => JSON.parse(body) as unknown),
        ),
      ),
    };
  if (kind === "series") return { ...first, body: JSON.stringify(mergeSeries(bodies.map((body) => JSON.parse(body)))) };
  if (/^\/v1\/search(?:\?|$)/.test(path)) {
    const found = bodies.flatMap((body) => (JSON.parse(body) as { found: unknown[] }).found);
    return { ...first, body: JSON.stringify({ found }) };
  }
  if (/^\/v1\/problems(?:\?|$)/.test(path)) {
    const limit = Number(new URLSearchParams(path.split("?")[1]).get("limit") ?? PAGE_DEFAULT);
    return {
      ...first,
      body: JSON.stringify(
        mergeProblems(
          bodies.map((body) => JSON.parse(body)),
          limit,
        ),
      ),
    };
  }
  if (isOfAudit(path)) return { ...first, body: mergeAudit(path, bodies) };
  if (kind === "total") return { ...first, body: totalOf(bodies) };
  return { ...first, body: isOfNewcomers(path) ? mergeNewcomers(path, bodies) : mergePages(path, bodies) };
}

interface Entry {
  stationId: string;
  changedAt: string;
  offlineSince?: string;
}
interface Page {
  stations: Entry[];
  cursor: string | null;
}

/** Each page is in the order that was asked for, and its cursor says how far it was looked: behind that nothing of another page counts. */
function mergePages(path: string, bodies: readonly string[]): string {
  const parameters = new URLSearchParams(path.split("?")[1]);
  const question = questionOf(parameters);
  const limit = Number(parameters.get("limit") ?? PAGE_DEFAULT);
  const sort = (parameters.get("sort") ?? "id") as ListSort;
  const pages = bodies.map((body) => JSON.parse(body) as Page);
  const ends = pages.flatMap(({ cursor }) => (cursor === null ? [] : (readCursor(question, cursor) ?? [])));
  const end = ends.reduce<Place | null>(
    (first, each) => (first === null || isBefore(sort, each, first) ? each : first),
    null,
  );
  const all = pages
    .flatMap(({ stations }) => stations)
    .map((entry) => ({ entry, place: placeOf(entry, sort) }))
    .filter(({ place }) => end === null || !isBefore(sort, end, place))
    .sort((a, b) => (isBefore(sort, a.place, b.place) ? -1 : 1));
  const kept = all.slice(0, limit);
  const next = all.length > limit ? (kept.at(-1)?.place ?? null) : end;
  const cursor = next === null ? null : writeCursor(question, next);
  return JSON.stringify({ stations: kept.map(({ entry }) => entry), cursor });
}

function placeOf({ stationId, changedAt, offlineSince }: Entry, sort: ListSort): Place {
  const key = {
    id: 0,
    changed: Date.parse(changedAt),
    offline: offlineSince === undefined ? ONLINE_SINCE_NEVER : Date.parse(offlineSince),
  }[sort];
  return { key, id: stationId };
}

type Summary = Record<string, number | string | null | Record<string, number> | { vendor: string; stations: number }[]>;

/** Numbers of the same name added, and vendors of the same name; of times the first. */
function totalOf(bodies: readonly string[]): string {
  const summaries = bodies.map((body) => JSON.parse(body) as Summary);
  const total: Summary = {};
  for (const [name, value] of summaries.flatMap((each) => Object.entries(each))) {
    const known = total[name];
    if (typeof value === "number") total[name] = ((known as number | undefined) ?? 0) + value;
    else if (value === null || typeof value === "string")
      total[name] = [known as string | null | undefined, value].filter((each) => each != null).sort()[0] ?? null;
    else if (Array.isArray(value)) {
      const sums = new Map((Array.isArray(known) ? known : []).map(({ vendor, stations }) => [vendor, stations]));
      for (const { vendor, stations } of value) sums.set(vendor, (sums.get(vendor) ?? 0) + stations);
      total[name] = Array.from(sums, ([vendor, stations]) => ({ vendor, stations })).sort(
        (a, b) => b.stations - a.stations,
      );
    } else {
      const sums = { ...(known as Record<string, number> | undefined) };
      for (const [key, count] of Object.entries(value)) sums[key] = (sums[key] ?? 0) + count;
      total[name] = sums;
    }
  }
  return JSON.stringify(total);
}

/** Prometheus' text format: values of the same name and labels added, an age the longest, under the one HELP and TYPE. */
function addUp(bodies: readonly string[]): string {
  const comments = new Map<string, string[]>();
  const values = new Map<string, number>();
  for (const line of bodies.flatMap((body) => body.split("\n"))) {
    if (line === "") continue;
    const [, metric = ""] = /^(?:# \w+ )?([a-zA-Z_:][\w:]*)/.exec(line) ?? [];
    const texts = comments.get(metric) ?? [];
    comments.set(metric, texts);
    if (line.startsWith("#")) {
      if (!texts.includes(line)) texts.push(line);
      continue;
    }
    const end = line.lastIndexOf(" ");
    const series = line.slice(0, end);
    const [known, value] = [values.get(series) ?? 0, Number(line.slice(end + 1))];
    // The oldest of all is the oldest of one of them.
    values.set(series, metric.endsWith("_oldest_seconds") ? Math.max(known, value) : known + value);
  }
  const lines = Array.from(comments, ([metric, texts]) => [
    ...texts,
    ...Array.from(values)
      .filter(([series]) => series === metric || series.startsWith(`${metric}{`))
      .map(([series, value]) => `${series} ${value}`),
  ]);
  return `${lines.flat().join("\n")}\n`;
}
