/**
 * A replay over the fleet: page by page through the queue, so that no call does more than a page. Must not know webhooks.
 */
import { stationStub } from "../station-stub.ts";
import type { Env } from "../env.ts";
import { stationsUndelivered } from "./directory.ts";

/** Stations woken by one message. */
const PAGE = 200;

export const startReplay = (env: Env): Promise<unknown> => env.TRANSITIONS.send({ replayAfter: "" });

/** Wakes one page of stations whose events wait, and asks for the next page. @throws where one cannot be reached */
export async function replayPage(env: Env, after: string): Promise<void> {
  const ids = await stationsUndelivered(env.DIRECTORY, after, PAGE);
  const last = ids.at(-1);
  if (last === undefined) return;
  await Promise.all(ids.map((id) => stationStub(env, id).deliverSoon()));
  if (ids.length === PAGE) await env.TRANSITIONS.send({ replayAfter: last });
}
