/**
 * Stations from which one webhook does not take its events, or was not given some, and why: a page of those that the directory knows to
 * be in trouble, each asked how it stands. Must not know what is done about it.
 */
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import type { WebhookBacklog } from "../delivery/backlog.ts";
import { stationStub } from "../station-stub.ts";
import type { StuckPage, StuckStation } from "./webhook-views.ts";
import { inTime } from "../time-limit.ts";

/** Objects asked at once: each is woken. */
const AT_ONCE = 10;
/** ms an object has to say how it stands. */
const ANSWER_WITHIN_MS = 3_000;

const PAGE = `SELECT station_id AS id FROM stations INDEXED BY stations_undelivered
  WHERE undelivered = 1 AND station_id > ?1 ORDER BY station_id LIMIT ?2`;

export async function stuckPage(env: Env, webhook: string, after: string, limit: number): Promise<StuckPage> {
  const { results } = await env.DIRECTORY.prepare(PAGE).bind(after, limit).all<{ id: string }>();
  const stations: StuckStation[] = [];
  for (let first = 0; first < results.length; first += AT_ONCE) {
    const some = results.slice(first, first + AT_ONCE);
    const told = await Promise.all(some.map(({ id }) => standingOf(env, webhook, id)));
    stations.push(...told.filter((each) => each !== null));
  }
  return { stations, cursor: results.length < limit ? null : (results.at(-1)?.id ?? null) };
}

const UNKNOWN = { events: null, oldest: null, failures: null, failure: null, retryAt: null, deadLetters: null };

/** `null`: it is another webhook that is in trouble there, or none any more. */
async function standingOf(env: Env, webhook: string, stationId: string): Promise<StuckStation | null> {
  let told: WebhookBacklog | undefined;
  try {
    const all = await inTime(stationStub(env, stationId).backlogs(), ANSWER_WITHIN_MS, "the object");
    told = all?.find((each) => each.webhook === webhook);
  } catch (error) {
    // One of an older release cannot say it.
    log("info", "a station did not say what is stuck", { stationId, reason: messageOf(error) });
    return { stationId, ...UNKNOWN };
  }
  if (told === undefined || (told.failures === 0 && told.deadLetters === 0)) return null;
  const { events, oldestAt, failures, failure, retryAt, deadLetters } = told;
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return { stationId, events, oldest: time(oldestAt), failures, failure, retryAt: time(retryAt), deadLetters };
}
