/**
 * Finds rows of the directory that disagree with their stations' objects, a few at each call, and mends them. Must not know when it
 * is called, nor what a station tells.
 */
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { parseJson } from "../json.ts";
import { inTime } from "../time-limit.ts";
import { stationStub } from "../station-stub.ts";
import { applyTransitions } from "./directory.ts";
import { abandonIncarnation, registeredAmong } from "./registrations.ts";
import { isAsTold } from "./station-rows.ts";
import type { Transition } from "./transition.ts";

/** Stations that are looked at by one call: at one in five minutes 100,800 a day. Each is a request of the call's thousand. */
export const STATIONS_MAX = 350;
/** Of them at once: each wakes an object. */
const AT_ONCE = 10;
/** ms between the beginnings of two rounds: a small fleet need not be looked at all day long. */
export const ROUND_MS = 86_400_000;
/** ms an object has to say how it stands. */
const ANSWER_WITHIN_MS = 5_000;
const MARK = "reconciled";

/** How far the round has come; `null`: it is over, or the first is still to begin. */
interface Progress {
  /** ms since the epoch */
  since: number;
  after: string | null;
}

type Row = Readonly<Record<string, unknown>> & { station_id: string; incarnation: string };

/** @throws where the directory is out of reach: the next call goes on from there */
export async function reconcile(env: Env, now: number): Promise<void> {
  const mark = await env.DIRECTORY.prepare("SELECT value FROM fleet_marks WHERE name = ?1")
    .bind(MARK)
    .first<{ value: string }>();
  // The first round has all its stations from the directory's own beginning: a day on is early enough.
  const known = mark === null ? { since: now, after: null } : parseJson<Progress>(mark.value);
  // Later than now: the clock was set back since.
  const isDue = now - known.since >= ROUND_MS || known.since > now;
  if (known.after === null && !(mark !== null && isDue)) return mark === null ? keep(env, known) : undefined;
  const { since, after } = known.after === null ? { since: now, after: "" } : { ...known, after: known.after };
  const { results: rows } = await env.DIRECTORY.prepare(
    "SELECT * FROM stations WHERE station_id > ?1 ORDER BY station_id LIMIT ?2",
  )
    .bind(after, STATIONS_MAX)
    .all<Row>();
  const wrong: Transition[] = [];
  for (let first = 0; first < rows.length; first += AT_ONCE) {
    const some = rows.slice(first, first + AT_ONCE);
    const told = await Promise.all(some.map((row) => standingOf(env, row)));
    wrong.push(...told.filter((each) => each !== null));
  }
  if (wrong.length > 0) await applyTransitions(env.DIRECTORY, wrong);
  await keep(env, { since, after: rows.length < STATIONS_MAX ? null : (rows.at(-1)?.station_id ?? null) });
}

async function keep(env: Env, progress: Progress): Promise<void> {
  await env.DIRECTORY.prepare(
    "INSERT INTO fleet_marks VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  )
    .bind(MARK, JSON.stringify(progress))
    .run();
}

/** What its row should say; `null`: it says that, nobody is there who would know, or the row is gone. */
async function standingOf(env: Env, row: Row): Promise<Transition | null> {
  const { station_id: stationId, incarnation } = row;
  try {
    const told = await inTime(stationStub(env, stationId).standing(), ANSWER_WITHIN_MS, "the object");
    if (told === null) {
      // Its object has lost what it knew. A registration that is being made has its row from an object that knows it.
      if (!(await abandonIncarnation(env.DIRECTORY, stationId, incarnation))) return null;
      log("warn", "the directory had a station that is not registered", { stationId });
      return null;
    }
    if (isAsTold(row, told)) return null;
    log("info", "the directory had a station otherwise", { stationId, online: row.online === 1 });
    return told;
  } catch (error) {
    // An object of an older release cannot say it; one that is damaged has been told of already.
    log("info", "a station did not say how it stands", { stationId, reason: messageOf(error) });
    return null;
  }
}

/** Stations of one batch that are listed anew. */
const LISTED_MAX = 10;

/**
 * Has those stations make their rows again that tell of themselves and have none. Mostly they were deregistered meanwhile, and make
 * none. Never throws.
 */
export async function listMissing(env: Env, ids: readonly string[]): Promise<void> {
  try {
    const listed = await registeredAmong(env.DIRECTORY, ids);
    const missing = [...new Set(ids)].filter((id) => !listed.has(id)).slice(0, LISTED_MAX);
    await Promise.all(missing.map((id) => inTime(stationStub(env, id).list(), ANSWER_WITHIN_MS, "the object")));
  } catch (error) {
    log("warn", "stations that the directory lacks were not listed", { reason: messageOf(error) });
  }
}
