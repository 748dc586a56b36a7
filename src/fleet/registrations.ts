/**
 * Which stations are registered: a row of the directory each, made and taken away by the station's object, one after the other;
 * and the one number behind which the logs of new registrations start. Must not know what a registration holds.
 */
import { dropNewcomer } from "./newcomers.ts";
import { parseJson } from "../json.ts";
import { REGISTERED, statements } from "./station-rows.ts";
import type { Transition } from "./transition.ts";

/** @throws where the directory cannot be reached */
export async function putRegistration(
  directory: D1Database,
  transition: Transition & { incarnation: string },
): Promise<void> {
  const put = statements(directory, REGISTERED, [transition], Date.now());
  await directory.batch([...put, dropNewcomer(directory, transition.stationId)]);
}

/**
 * Takes the row of that incarnation away, and keeps that its log came so far: the identity's next log starts behind it.
 * @throws where the directory cannot be reached
 */
export async function removeRegistration(
  directory: D1Database,
  stationId: string,
  { incarnation, head }: { incarnation: string; head: number },
): Promise<void> {
  await directory.batch([
    directory
      .prepare(
        `INSERT INTO fleet VALUES ('sequence-floor', ?1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > value`,
      )
      .bind(head),
    directory
      .prepare("DELETE FROM stations WHERE station_id = ?1 AND incarnation IN ('', ?2)")
      .bind(stationId, incarnation),
  ]);
}

/** How much further a log may have come than the directory had heard. */
const UNHEARD_MAX = 1_000_000;

/**
 * Takes the row away of a registration whose object has lost it, and with it how far its log came. `false`: there is none.
 * @throws where the directory cannot be reached
 */
export async function abandonRegistration(directory: D1Database, stationId: string): Promise<boolean> {
  const row = await directory
    .prepare("SELECT incarnation FROM stations WHERE station_id = ?1")
    .bind(stationId)
    .first<{ incarnation: string }>();
  return row !== null && abandonIncarnation(directory, stationId, row.incarnation);
}

/** By the incarnation that was read: whoever registers meanwhile has another one. */
export async function abandonIncarnation(
  directory: D1Database,
  stationId: string,
  incarnation: string,
): Promise<boolean> {
  const [, removed] = await directory.batch([
    directory
      .prepare(
        `INSERT INTO fleet SELECT 'sequence-floor', sequence + ?3 FROM stations WHERE station_id = ?1 AND incarnation = ?2
         ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > value`,
      )
      .bind(stationId, incarnation, UNHEARD_MAX),
    directory
      .prepare("DELETE FROM stations WHERE station_id = ?1 AND incarnation = ?2 RETURNING 1")
      .bind(stationId, incarnation),
  ]);
  return (removed?.results.length ?? 0) > 0;
}

/** The furthest that any log of a deregistered station came. @throws where the directory cannot be reached */
export const sequenceFloor = (directory: D1Database): Promise<number> => fleetNumber(directory, "sequence-floor");

/** One of the fleet's few numbers; 0: there is none. @throws where the directory cannot be reached */
export async function fleetNumber(directory: D1Database, name: string): Promise<number> {
  const row = await directory.prepare("SELECT value FROM fleet WHERE name = ?1").bind(name).first<{ value: number }>();
  return row?.value ?? 0;
}

/** @throws where the directory cannot be reached */
export async function raiseFleetNumber(directory: D1Database, name: string, value: number): Promise<void> {
  await directory
    .prepare(
      `INSERT INTO fleet VALUES (?1, ?2)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE excluded.value > value`,
    )
    .bind(name, value)
    .run();
}

/** As registered last; `null`: no such station. Never of a cache: what it says decides who may. @throws where the directory cannot be reached */
export async function registeredLabels(
  directory: D1Database,
  stationId: string,
): Promise<Record<string, string> | null> {
  const row = await directory
    .prepare("SELECT labels FROM stations WHERE station_id = ?1")
    .bind(stationId)
    .first<{ labels: string }>();
  return row === null ? null : parseJson<Record<string, string>>(row.labels);
}

/**
 * Those of the ids that are registered.
 * @param ahead also so many that come behind an id, in the order of ids
 * @throws where the directory cannot be reached
 */
export async function registeredAmong(
  directory: D1Database,
  ids: readonly string[],
  ahead?: { behind: string; limit: number },
): Promise<Set<string>> {
  const among = "SELECT station_id AS id FROM stations WHERE station_id IN (SELECT value FROM json_each(?1))";
  const behind = "SELECT * FROM (SELECT station_id AS id FROM stations WHERE station_id > ?2 ORDER BY 1 LIMIT ?3)";
  const statement =
    ahead === undefined
      ? directory.prepare(among).bind(JSON.stringify(ids))
      : directory.prepare(`${among} UNION ${behind}`).bind(JSON.stringify(ids), ahead.behind, ahead.limit);
  const { results } = await statement.all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}
