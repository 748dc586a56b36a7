/**
 * A replay over the fleet: page by page through the queue, so that no call does more than a page. Must not know webhooks.
 */
import { stationStub } from "../station-stub.ts";
import type { Env } from "../env.ts";
import { stationsToWake } from "./directory.ts";
import type { ReplayPage } from "./transition.ts";

/** Stations woken by one message: of those in trouble, and of those that may be. */
const PAGE = { undelivered: 200, online: 100 } as const;
/** ms between two pages of the latter: awake all at once, they would need the memory of a storm. */
const PAUSE_MS = 1_000;

export const startReplay = (env: Env): Promise<unknown> => env.TRANSITIONS.send({ replayAfter: "" });

/** Wakes one page of stations whose events wait, and asks for the next page. @throws where one cannot be reached */
export async function replayPage(env: Env, { replayAfter, among = "undelivered" }: Replay): Promise<void> {
  const ids = await stationsToWake(env.DIRECTORY, among, replayAfter, PAGE[among]);
  await Promise.all(ids.map((id) => stationStub(env, id).deliverSoon()));
  const last = ids.at(-1);
  if (among === "online" && last !== undefined) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  if (last !== undefined && ids.length === PAGE[among]) await env.TRANSITIONS.send(pageOf(among, last));
  else if (among === "undelivered") await env.TRANSITIONS.send(pageOf("online", ""));
}

type Replay = Omit<ReplayPage, "among"> & { among?: keyof typeof PAGE };

const pageOf = (among: keyof typeof PAGE, replayAfter: string): ReplayPage =>
  among === "online" ? { replayAfter, among } : { replayAfter };
