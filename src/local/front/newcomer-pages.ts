/**
 * One page of newcomers out of those of several workerd processes, each of which has a list of its own. Must not know sockets or ports.
 */

/** [src/http/routes/newcomers.ts] What is no legal limit has been refused by every shard. */
const PAGE_DEFAULT = 100;

interface Page {
  newcomers: { stationId: string; lastSeen: string }[];
  cursor: string | null;
}

export const isOfNewcomers = (path: string): boolean => /^\/v1\/newcomers(?:\?|$)/.test(path);

/** Each page is the newest first, and a cursor is the last one's time and id. */
export function mergeNewcomers(path: string, bodies: readonly string[]): string {
  const limit = Number(new URLSearchParams(path.split("?")[1]).get("limit") ?? PAGE_DEFAULT);
  const pages = bodies.map((body) => JSON.parse(body) as Page);
  const all = pages.flatMap(({ newcomers }) => newcomers);
  const keyOf = ({ lastSeen }: Page["newcomers"][number]) => -Date.parse(lastSeen);
  all.sort((a, b) => keyOf(a) - keyOf(b) || (a.stationId < b.stationId ? -1 : 1));
  const newcomers = all.slice(0, limit);
  const isLast = all.length <= limit && pages.every(({ cursor }) => cursor === null);
  const last = newcomers.at(-1);
  return JSON.stringify({
    newcomers,
    cursor: isLast || last === undefined ? null : `${last.lastSeen}/${last.stationId}`,
  });
}
