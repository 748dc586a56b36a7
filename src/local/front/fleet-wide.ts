/**
 * One answer out of those of several workerd processes, to what concerns all stations. Must not know sockets or ports.
 */
import { isOfAudit, mergeAudit } from "./audit-pages.ts";
import { isOfNewcomers, mergeNewcomers } from "./newcomer-pages.ts";

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
  kind: "shared" | "each" | "list" | "sum",
  path: string,
  answers: readonly ShardAnswer[],
): ShardAnswer {
  const [first] = answers as [ShardAnswer, ...ShardAnswer[]];
  const failed = answers.find(({ status }) => status >= 400);
  if (failed !== undefined) return failed;
  if (kind === "shared" || kind === "each") return first;
  const bodies = answers.map(({ body }) => body);
  if (kind === "sum") return { ...first, body: addUp(bodies) };
  if (isOfAudit(path)) return { ...first, body: mergeAudit(path, bodies) };
  return { ...first, body: isOfNewcomers(path) ? mergeNewcomers(path, bodies) : mergePages(path, bodies) };
}

interface Page {
  stations: { stationId: string }[];
  cursor: string | null;
}

/** Each page is in the order of its ids, and a cursor is the last id of a page. */
function mergePages(path: string, bodies: readonly string[]): string {
  const limit = Number(new URLSearchParams(path.split("?")[1]).get("limit") ?? PAGE_DEFAULT);
  const pages = bodies.map((body) => JSON.parse(body) as Page);
  const all = pages.flatMap(({ stations }) => stations);
  all.sort((a, b) => (a.stationId < b.stationId ? -1 : 1));
  const stations = all.slice(0, limit);
  const isLast = all.length <= limit && pages.every(({ cursor }) => cursor === null);
  return JSON.stringify({ stations, cursor: isLast ? null : (stations.at(-1)?.stationId ?? null) });
}

/** Prometheus' text format: values of the same name and labels added, under the one HELP and TYPE. */
function addUp(bodies: readonly string[]): string {
  const comments = new Map<string, string[]>();
  const values = new Map<string, number>();
  for (const line of bodies.flatMap((body) => body.split("\n"))) {
    if (line === "") continue;
    const [, metric = ""] = /^(?:# \w+ )?([a-zA-Z_:][\w:]*)/.exec(line) ?? [];
    const known = comments.get(metric) ?? [];
    comments.set(metric, known);
    if (line.startsWith("#")) {
      if (!known.includes(line)) known.push(line);
      continue;
    }
    const end = line.lastIndexOf(" ");
    const series = line.slice(0, end);
    values.set(series, (values.get(series) ?? 0) + Number(line.slice(end + 1)));
  }
  const lines = Array.from(comments, ([metric, texts]) => [
    ...texts,
    ...Array.from(values)
      .filter(([series]) => series === metric || series.startsWith(`${metric}{`))
      .map(([series, value]) => `${series} ${value}`),
  ]);
  return `${lines.flat().join("\n")}\n`;
}
