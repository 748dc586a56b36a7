/**
 * One page of the audit out of those of several workerd processes, each of which keeps its own. Must not know sockets or ports.
 */
import { auditCursor, type AuditPlace, auditPlace } from "../../fleet/audit-place.ts";

/** [src/http/routes/audit.ts] What is no legal limit has been refused by every shard. */
const PAGE_DEFAULT = 100;

interface Page {
  entries: { id: string; at: string }[];
  cursor: string | null;
}

export const isOfAudit = (path: string): boolean => /^\/v1\/audit(?:\?|$)/.test(path);

const isNewer = (one: AuditPlace, other: AuditPlace): boolean =>
  one.at === other.at ? one.id > other.id : one.at > other.at;

/** Each page is the newest first, and its cursor says how far was looked: behind that nothing of another page counts. */
export function mergeAudit(path: string, bodies: readonly string[]): string {
  const limit = Number(new URLSearchParams(path.split("?")[1]).get("limit") ?? PAGE_DEFAULT);
  const pages = bodies.map((body) => JSON.parse(body) as Page);
  const ends = pages.flatMap(({ cursor }) => (cursor === null ? [] : (auditPlace(cursor) ?? [])));
  const end = ends.reduce<AuditPlace | null>(
    (first, each) => (first === null || isNewer(each, first) ? each : first),
    null,
  );
  const all = pages
    .flatMap(({ entries }) => entries)
    .map((entry) => ({ entry, place: { at: Date.parse(entry.at), id: entry.id } }))
    .filter(({ place }) => end === null || !isNewer(end, place))
    .sort((one, other) => (isNewer(one.place, other.place) ? -1 : 1));
  const kept = all.slice(0, limit);
  const next = all.length > limit ? (kept.at(-1)?.place ?? null) : end;
  return JSON.stringify({ entries: kept.map(({ entry }) => entry), cursor: next === null ? null : auditCursor(next) });
}
