/**
 * The directory of all stations in D1: a copy, fed by the queue of transitions. Must not make or take away a station's row; its own
 * object is the truth.
 */
import { addCounts } from "./metrics/counters.ts";
import type { Counted } from "./metrics/families.ts";
import { newestOfEach, type Transition } from "./transition.ts";
import { statements, UPDATES } from "./station-rows.ts";
import { ONLINE_SINCE_NEVER } from "../list-cursor.ts";

/**
 * One transaction a batch, since D1 is one thread, and a row a station. A late or repeated transition never undoes a newer one, and
 * none makes a row: a registration does, and what was deregistered stays away.
 * @param counted what is added to the fleet's counters with them
 */
export async function applyTransitions(
  directory: D1Database,
  transitions: readonly Transition[],
  now: number = Date.now(),
  counted: readonly Counted[] = [],
): Promise<void> {
  const newest = newestOfEach(transitions.filter(({ station }) => station !== null));
  const updates = newest.length === 0 ? [] : statements(directory, UPDATES, newest, now);
  const all = [...updates, ...addCounts(directory, counted, now)];
  if (all.length > 0) await directory.batch(all);
}

/** Whether it answers at all: then what it does not take is at fault itself. */
export async function isReachable(directory: D1Database): Promise<boolean> {
  try {
    await directory.prepare("SELECT 1 AS one").first();
    return true;
  } catch {
    return false;
  }
}

const AMONG = {
  all: " WHERE true",
  online: ` INDEXED BY stations_offline WHERE offline_since = ${ONLINE_SINCE_NEVER}`,
  undelivered: " INDEXED BY stations_undelivered WHERE undelivered = 1",
};

/** Ids, in order, of stations whose events some webhook does not take, of those that are connected, or of all. */
export async function stationsToWake(
  directory: D1Database,
  among: "undelivered" | "online" | "all",
  after: string,
  limit: number,
): Promise<string[]> {
  const { results } = await directory
    .prepare(`SELECT station_id AS id FROM stations${AMONG[among]} AND station_id > ? ORDER BY station_id LIMIT ?`)
    .bind(after, limit)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}
