/**
 * A replay over the fleet: page by page through the queue, so that no call does more than a page. Must not know webhooks.
 */
import { stationStub } from "../station-stub.ts";
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { stationsToWake } from "../fleet/directory.ts";
import type { ReplayPage } from "../fleet/transition.ts";

/** Stations woken by one message: of those in trouble, and of those that may be. */
const PAGE = { undelivered: 200, online: 100 } as const;
/** ms between two pages of the latter: awake all at once, they would need the memory of a storm. */
const PAUSE_MS = 1_000;

export const startReplay = (env: Env): Promise<unknown> =>
  env.TRANSITIONS.send({ replayAfter: "", order: crypto.randomUUID() });

/** Wakes one page of stations whose events wait, and asks for the next page. @throws where the directory or the queue is out of reach */
export async function replayPage(env: Env, { replayAfter, among = "undelivered", order }: Replay): Promise<void> {
  const ids = await stationsToWake(env.DIRECTORY, among, replayAfter, PAGE[among]);
  const told = await Promise.allSettled(ids.map((id) => stationStub(env, id).deliverSoon(order)));
  // One that cannot be reached must not keep the call from all behind it; its own retry comes all the same.
  told.forEach((each, index) => {
    if (each.status === "rejected")
      log("warn", "a station was not reached by a replay", { stationId: ids[index], reason: messageOf(each.reason) });
  });
  const last = ids.at(-1);
  if (among === "online" && last !== undefined) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  if (last !== undefined && ids.length === PAGE[among]) await env.TRANSITIONS.send(pageOf(among, last, order));
  else if (among === "undelivered") await env.TRANSITIONS.send(pageOf("online", "", order));
}

type Replay = Omit<ReplayPage, "among"> & { among?: keyof typeof PAGE };

const pageOf = (among: keyof typeof PAGE, replayAfter: string, order: string | undefined): ReplayPage => ({
  replayAfter,
  ...(among === "online" && { among }),
  ...(order !== undefined && { order }),
});
