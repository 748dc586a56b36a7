/**
 * A replay over the fleet: page by page through the queue, so that no call does more than a page. Must not know webhooks.
 */
import { stationStub } from "../station-stub.ts";
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { stationsToWake } from "../fleet/directory.ts";
import type { ReplayPage } from "../fleet/transition.ts";
import { beginProgress, keepProgress } from "./replay-progress.ts";

/** Stations woken by one message: of those in trouble, and of those that may be. */
const PAGE = { undelivered: 200, online: 100, all: 100 } as const;
/** ms between two pages of the latter: awake all at once, they would need the memory of a storm. */
const PAUSE_MS = 1_000;

/** @param since ms since the epoch: what was delivered from then on is sent again, too; `null`: what was not delivered */
export async function startReplay(env: Env, webhook: string, since: number | null, now: number): Promise<void> {
  const order = crypto.randomUUID();
  await beginProgress(env, { webhook, order, since, now });
  await env.TRANSITIONS.send({ replayAfter: "", order, webhook, ...(since !== null && { among: "all" as const }) });
}

/** Wakes one page of stations whose events wait, and asks for the next page. @throws where the directory or the queue is out of reach */
export async function replayPage(env: Env, page: Replay): Promise<void> {
  const { replayAfter, among = "undelivered", order, asked = 0 } = page;
  const ids = await stationsToWake(env.DIRECTORY, among, replayAfter, PAGE[among]);
  const told = await Promise.allSettled(ids.map((id) => stationStub(env, id).deliverSoon(order, among === "all")));
  // One that cannot be reached must not keep the call from all behind it; its own retry comes all the same.
  told.forEach((each, index) => {
    if (each.status === "rejected")
      log("warn", "a station was not reached by a replay", { stationId: ids[index], reason: messageOf(each.reason) });
  });
  const last = ids.at(-1);
  if (among !== "undelivered" && last !== undefined) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const next = nextOf(page, among, ids.length, last);
  if (next !== null) await env.TRANSITIONS.send(next);
  // Of what comes twice it says the same.
  await keepProgress(env, page, { asked: asked + ids.length, isOver: next === null, now: Date.now() });
}

type Replay = Omit<ReplayPage, "among"> & { among?: keyof typeof PAGE };

/** `null`: this was the last. */
function nextOf(
  { order, webhook, asked = 0 }: Replay,
  among: keyof typeof PAGE,
  count: number,
  last: string | undefined,
): ReplayPage | null {
  const named = {
    ...(order !== undefined && { order }),
    ...(webhook !== undefined && { webhook, asked: asked + count }),
  };
  if (last !== undefined && count === PAGE[among])
    return { replayAfter: last, ...(among !== "undelivered" && { among }), ...named };
  return among === "undelivered" ? { replayAfter: "", among: "online", ...named } : null;
}
