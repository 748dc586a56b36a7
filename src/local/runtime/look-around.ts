/**
 * After a start: has every station looked at whose connection or undelivered events a crash may have taken, a few at a time, once
 * they had time to come back by themselves. Must not know what is found.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "./directory-migrations.ts";

/** ms that stations are given to come back by themselves. */
export const LOOK_AFTER_MS = 10_000;
/** ms between two looks: each wakes an object. */
const PAUSE_MS = 10;
const PAGE = 500;

const NEXT = `SELECT station_id AS id FROM stations
  WHERE (online = 1 OR undelivered = 1) AND station_id > ? ORDER BY station_id LIMIT ${PAGE}`;

/** @param look at one station; one that fails is left to its own alarm */
export async function lookAround(
  database: Database,
  look: (stationId: string) => Promise<unknown>,
  afterMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await delay(afterMs, undefined, { ref: false, signal });
    let after = "";
    for (;;) {
      const { results } = await database.prepare(NEXT).bind(after).all<{ id: string }>();
      for (const { id } of results) {
        await Promise.all([look(id).catch(() => {}), delay(PAUSE_MS, undefined, { signal })]);
        after = id;
      }
      if (results.length < PAGE) return;
    }
  } catch (error) {
    if (!signal.aborted) console.error(`The stations could not be looked at after the start: ${String(error)}`);
  }
}
