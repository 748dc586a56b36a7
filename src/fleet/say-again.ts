/**
 * Has every station tell the directory how things stand, page by page through the queue: after an outage in which transitions were
 * given up. Must not know what a station tells.
 */
import { stationStub } from "../station-stub.ts";
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { stationsToWake } from "./directory.ts";
import { fleetNumber, raiseFleetNumber } from "./registrations.ts";
import type { SayAgainPage } from "./transition.ts";

/** Stations asked by one message, and ms between two of them: awake all at once, they would need the memory of a storm. */
const PAGE = 100;
const PAUSE_MS = 1_000;
/** Of the table `fleet`: ms since the epoch at which all stations were asked last. */
const ASKED_AT = "said-again-at";

/** @param lostAt ms since the epoch of what was lost; all that was lost before a round began is mended by it */
export const startSayingAgain = (env: Env, lostAt: number): Promise<unknown> =>
  env.TRANSITIONS.send({ sayAgainAfter: null, lostAt });

/** Asks one page of stations, and for the next page. @throws where the directory or the queue is out of reach */
export async function sayAgainPage(env: Env, { sayAgainAfter, lostAt = 0 }: SayAgainPage): Promise<void> {
  const now = Date.now();
  if (sayAgainAfter === null) {
    if (lostAt > 0 && (await fleetNumber(env.DIRECTORY, ASKED_AT)) >= lostAt) return;
    log("warn", "every station is asked to say again how it stands", { lostAt });
    await env.TRANSITIONS.send({ sayAgainAfter: "" });
    await raiseFleetNumber(env.DIRECTORY, ASKED_AT, now);
    return;
  }
  const ids = await stationsToWake(env.DIRECTORY, "all", sayAgainAfter, PAGE);
  const asked = await Promise.allSettled(ids.map((id) => stationStub(env, id).sayAgain()));
  asked.forEach((each, index) => {
    if (each.status === "rejected")
      log("warn", "a station was not asked how it stands", { stationId: ids[index], reason: messageOf(each.reason) });
  });
  const last = ids.at(-1);
  if (last === undefined || ids.length < PAGE) return;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await env.TRANSITIONS.send({ sayAgainAfter: last });
}
