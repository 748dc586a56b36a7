/**
 * The keys by which a team of Cloudflare Access signs, as one isolate has them: asked for once an hour, and for one that is not known
 * once a minute. Must not know tokens.
 */
import { parseJson } from "../../json.ts";
import { isRecord } from "../../shape.ts";
import { inTime } from "../../time-limit.ts";
import { rsaKeyOf } from "./assertion.ts";

/** ms for which keys are new: Access changes them every six weeks, and the ones before count for a week more. */
const FRESH_MS = 3_600_000;
/** ms for which old ones are used while no new ones can be had. */
const USED_MAX_MS = 86_400_000;
/** ms between two questions for a key that is not known: whoever makes one up must not have them asked for. */
const UNKNOWN_EVERY_MS = 60_000;
/** ms after a question that was not answered. */
const FAILED_EVERY_MS = 5_000;
/** ms for the answer, and bytes of it: two keys with their certificates have some 7,000. */
const ANSWER_WITHIN_MS = 3_000;
const ANSWER_MAX_BYTES = 65_536;
/** Keys that are looked at. */
const KEYS_MAX = 20;

export class KeysUnreachable extends Error {}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export class AccessKeys {
  readonly #url: string;
  readonly #fetch: Fetch;
  #keys = new Map<string, CryptoKey>();
  /** ms since the epoch, as all here; `null`: never. */
  #takenAt: number | null = null;
  #failedAt: number | null = null;
  #unknownAt: number | null = null;

  /** @param team `TEAM.cloudflareaccess.com` */
  constructor(team: string, fetch: Fetch) {
    this.#url = `https://${team}/cdn-cgi/access/certs`;
    this.#fetch = fetch;
  }

  /** `null`: the team has none of that name. @throws {KeysUnreachable} where nobody can say */
  async find(kid: string, now: number): Promise<CryptoKey | null> {
    // Each for itself: what another request waits for may end with it.
    if (!isWithin(this.#takenAt, FRESH_MS, now)) await this.#refresh(now);
    const known = this.#keys.get(kid);
    if (known !== undefined || isWithin(this.#unknownAt, UNKNOWN_EVERY_MS, now)) return known ?? null;
    // What was just taken is as new as it can be.
    if (isWithin(this.#takenAt, FAILED_EVERY_MS, now)) return null;
    this.#unknownAt = now;
    await this.#refresh(now);
    return this.#keys.get(kid) ?? null;
  }

  async #refresh(now: number): Promise<void> {
    const isUsable = isWithin(this.#takenAt, USED_MAX_MS, now);
    if (isWithin(this.#failedAt, FAILED_EVERY_MS, now)) {
      if (isUsable) return;
      throw new KeysUnreachable("they gave no answer a moment ago");
    }
    try {
      this.#keys = await inTime(this.#ask(), ANSWER_WITHIN_MS, "Access");
      this.#takenAt = now;
      this.#failedAt = null;
    } catch (error) {
      this.#failedAt = now;
      if (!isUsable) throw new KeysUnreachable(error instanceof Error ? error.message : String(error));
    }
  }

  async #ask(): Promise<Map<string, CryptoKey>> {
    const response = await this.#fetch(this.#url, { redirect: "manual" });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the answer is ${response.status}`);
    }
    const told: unknown = parseJson<unknown>(await bounded(response));
    const keys = isRecord(told) && Array.isArray(told.keys) ? told.keys.slice(0, KEYS_MAX) : [];
    const read = (await Promise.all(keys.map(rsaKeyOf))).filter((each) => each !== null);
    if (read.length === 0) throw new Error("it has no key for RS256");
    return new Map(read.map(({ kid, key }) => [kid, key]));
  }
}

/** Later than now: the clock was set back since, and it counts for nothing. */
const isWithin = (at: number | null, ms: number, now: number): boolean => at !== null && now >= at && now - at < ms;

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_MAX_BYTES) throw new Error(`the answer has more than ${ANSWER_MAX_BYTES} bytes`);
  }
  return text + decoder.decode();
}
