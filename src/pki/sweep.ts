/**
 * Closes the connections of certificates that were revoked: those that the directory knows at once, and once more those that it
 * learnt of, or an isolate let in, meanwhile. Must not know why a certificate was revoked.
 */
import type { Env } from "../env.ts";
import type { RevokedPage } from "../fleet/transition.ts";
import { log, messageOf } from "../log.ts";
import { stationStub } from "../station-stub.ts";
import { GOOD_MS } from "./known-revocations.ts";
import { connectedBy } from "./revocations.ts";

/** Stations of one page: each is a request. */
const PAGE = 100;
/** Keys of one message: it has 128 KB, a key up to 200 characters. */
const KEYS_MAX = 500;
/** ms after which no isolate takes a revoked certificate for good any more, and the directory knows whom it let in. */
const AGAIN_MS = GOOD_MS + 20_000;

/** @throws where neither the directory nor the queue can be reached: nothing may be closed yet */
export async function sweep(env: Env, keys: readonly string[], now: number): Promise<void> {
  for (let from = 0; from < keys.length; from += KEYS_MAX) {
    const some = keys.slice(from, from + KEYS_MAX);
    await env.TRANSITIONS.send({ revoked: some, notBefore: now + AGAIN_MS });
    await sweepPage(env, { revoked: some, notBefore: now });
  }
}

/** One page of connections, and a message for the next. @throws where it is to come again */
export async function sweepPage(env: Env, { revoked, after = "" }: RevokedPage): Promise<void> {
  const ids = await connectedBy(env.DIRECTORY, revoked, after, PAGE);
  const ended = await Promise.allSettled(ids.map((id) => stationStub(env, id).endRevoked(revoked)));
  ended.forEach((each, index) => {
    if (each.status === "rejected")
      log("warn", "a revoked connection was not ended", { stationId: ids[index], reason: messageOf(each.reason) });
  });
  const last = ids.at(-1);
  if (last !== undefined && ids.length === PAGE) await env.TRANSITIONS.send({ revoked, notBefore: 0, after: last });
}
