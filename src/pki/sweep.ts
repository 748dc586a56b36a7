/**
 * Closes the connections of certificates that were revoked: those that the directory knows at once, and once more those that it
 * learnt of, or an isolate let in, meanwhile. Must not know why a certificate was revoked.
 */
import type { Env } from "../env.ts";
import type { RevokedPage } from "../fleet/transition.ts";
import { log, messageOf } from "../log.ts";
import { issuedByKey, revocationKeys } from "../security/revocation.ts";
import { stationStub } from "../station-stub.ts";
import { knownAuthorities } from "./known-authorities.ts";
import { GOOD_MS } from "./known-revocations.ts";
import { type Connected, connectedBy, revokedAmong } from "./revocations.ts";

/** Stations of one page: each is a request. */
const PAGE = 100;
/** Of one message: a Worker makes 1,000 requests for it. */
const PAGES = 8;
/** Keys of one message: it has 128 KB, a key up to 200 characters. */
const KEYS_MAX = 500;
/** ms after which no isolate takes a revoked certificate for good any more, and the directory knows whom it let in. */
const AGAIN_MS = GOOD_MS + 20_000;

/**
 * @param keys of what was revoked: under a CA among them all that it let in ends too, but for a CA with another way to a root
 * @throws where neither the directory nor the queue can be reached: nothing may be closed yet
 */
export async function sweep(env: Env, keys: readonly string[], now: number): Promise<void> {
  const parts: string[][] = (await cutOffBy(env, keys, now)).map((keyId) => [issuedByKey(keyId)]);
  for (let from = 0; from < keys.length; from += KEYS_MAX) parts.push(keys.slice(from, from + KEYS_MAX));
  for (const some of parts) {
    await env.TRANSITIONS.send({ revoked: some, notBefore: now + AGAIN_MS });
    await sweepPage(env, { revoked: some, notBefore: now });
  }
}

/** Of keys of CAs. */
async function cutOffBy(env: Env, keys: readonly string[], now: number): Promise<string[]> {
  const authorities = await knownAuthorities(env);
  if (authorities.length === 0) return [];
  const { isCutOff, keyIdsUnder } = await import("../security/x509/issuing-authority.ts");
  const under = keyIdsUnder(keys, authorities);
  if (under.length === 0) return [];
  const revoked = await revokedAmong(env.DIRECTORY, authorities.flatMap(revocationKeys), now);
  return under.filter((keyId) => isCutOff(keyId, authorities, revoked));
}

/** Some pages of connections, and a message for the next. @throws where it is to come again */
export async function sweepPage(env: Env, { revoked, after = "" }: RevokedPage): Promise<void> {
  let last: string | null = after;
  for (let page = 0; page < PAGES && last !== null; page++) {
    const found: Connected[] = await connectedBy(env.DIRECTORY, revoked, last, PAGE);
    const ended = await Promise.allSettled(found.map(({ id }) => stationStub(env, id).endRevoked(revoked)));
    ended.forEach((each, index) => {
      const stationId = found[index]?.id;
      if (each.status === "rejected")
        log("warn", "a revoked connection was not ended", { stationId, reason: messageOf(each.reason) });
    });
    last = found.length === PAGE ? (found.at(-1)?.place ?? null) : null;
  }
  if (last !== null) await env.TRANSITIONS.send({ revoked, notBefore: 0, after: last });
}
