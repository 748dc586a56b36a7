/**
 * Fetches the lists of CRL_URLS by the clock, each when it is due. Must not judge a list.
 */
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import { inTime } from "../time-limit.ts";
import { type KeptCrl, keptCrls, noteCheck } from "./crls.ts";
import { CRL_MAX_BYTES, takeCrl } from "./take-crl.ts";

/** ms after which a URL is asked again, though its list is not out of date. */
const ASK_AGAIN_MS = 3_600_000;
/** ms for the whole of an answer. */
const ANSWER_WITHIN_MS = 20_000;

/** One after the other: each may hold megabytes. */
export async function fetchCrls(env: Env, now: number): Promise<void> {
  const { CRL_URLS } = configOf(env);
  if (CRL_URLS.length === 0) return;
  const kept = await keptCrls(env.DIRECTORY);
  for (const url of CRL_URLS) {
    const known = kept.find(({ origin }) => origin.from === url);
    if (known !== undefined && !isDue(known, now)) continue;
    const problem = await inTime(fetchCrl(env, url, known, now), ANSWER_WITHIN_MS, url).catch(messageOf);
    if (problem === null) continue;
    log("error", "the list of a CA was not taken from its URL", { url, reason: problem });
    if (known !== undefined) await noteCheck(env.DIRECTORY, known, { checkedAt: now, problem });
  }
}

const isDue = ({ nextUpdate, origin }: KeptCrl, now: number): boolean =>
  origin.complete !== true || nextUpdate <= now || now - (origin.checkedAt ?? 0) >= ASK_AGAIN_MS;

/** What went wrong; `null`: nothing did. */
async function fetchCrl(env: Env, url: string, known: KeptCrl | undefined, now: number): Promise<string | null> {
  const etag = known?.origin.complete === true ? known.origin.etag : undefined;
  const answer = await fetch(url, { headers: etag === undefined ? {} : { "If-None-Match": etag } });
  if (answer.status === 304 && known !== undefined) {
    if (known.nextUpdate <= now) return "it has not changed, and its nextUpdate has passed";
    await noteCheck(env.DIRECTORY, known, { checkedAt: now });
    return null;
  }
  if (!answer.ok) {
    await answer.body?.cancel();
    return `the answer is ${answer.status}`;
  }
  const bytes = await bounded(answer);
  if (bytes === null) return `it has more than ${CRL_MAX_BYTES} bytes`;
  const named = answer.headers.get("ETag");
  const origin = { from: url, takenAt: now, checkedAt: now, ...(named !== null && { etag: named }) };
  const taken = await takeCrl(env, null, bytes, origin, now);
  return taken.ok ? null : taken.error;
}

async function bounded(answer: Response): Promise<Uint8Array | null> {
  const whole = new Uint8Array(CRL_MAX_BYTES);
  let at = 0;
  for await (const chunk of answer.body ?? []) {
    if (at + chunk.byteLength > CRL_MAX_BYTES) return null;
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole.subarray(0, at);
}
