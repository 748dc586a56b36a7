/**
 * Whether a certificate is revoked, as each isolate asks for it at a connection: in front of the stations' objects, and of one statement
 * for all that connect at once. Must not decide what becomes of a connection where it cannot be told.
 */
import { Gathered } from "../fleet/gathered.ts";
import { log, messageOf } from "../log.ts";
import { type RevocableFacts, revocationKeys } from "../security/revocation.ts";
import type { IssuingAuthority } from "../security/x509/issuing-authority.ts";
import { inTime } from "../time-limit.ts";
import { listKey, revokedAmong } from "./revocations.ts";

/** ms for which an isolate takes a certificate for good: with the second look behind a revocation (sweep.ts) less than a minute. */
export const GOOD_MS = 20_000;
/** Certificates that an isolate remembers. */
const GOOD_MAX = 50_000;
/** ms the directory has to answer. */
const ANSWER_WITHIN_MS = 1_000;

/** ms since the epoch at which each was found good, by its fingerprint. */
const good = new Map<string, number>();
const questions = new Gathered((directory, keys) => revokedAmong(directory, keys, Date.now()));

export type Standing = "good" | "revoked" | "unknown" | "list-out-of-date";

/**
 * @param authorities above it, as far as they are known: none that is revoked may be on every way to a root
 * @param mode where the list of a CA among its own is out of date: with `soft` it is good for as long as any other
 */
export async function standingOf(
  directory: D1Database,
  certificate: RevocableFacts,
  authorities: readonly IssuingAuthority[],
  mode: "soft" | "hard",
  now: number,
): Promise<Standing> {
  const { fingerprint, issuerKeyId } = certificate;
  const since = good.get(fingerprint);
  if (since !== undefined && now >= since && now - since < GOOD_MS) return "good";
  const below = [certificate, ...authorities.filter(({ isRoot }) => !isRoot)];
  const lists = below.flatMap((each) => (each.issuerKeyId === undefined ? [] : [listKey(each.issuerKeyId)]));
  try {
    const asked = [...below.flatMap(revocationKeys), ...lists];
    const found = await inTime(questions.ask(directory, asked), ANSWER_WITHIN_MS, "the directory");
    const isBelowRevoked = authorities.length > 0 && (await isUnderRevoked(issuerKeyId, authorities, found));
    if (isBelowRevoked || revocationKeys(certificate).some((key) => found.has(key))) {
      good.delete(fingerprint);
      return "revoked";
    }
    const outOfDate = lists.find((list) => found.has(list));
    if (outOfDate !== undefined) log("warn", "the list of a CA is out of date", { list: outOfDate, fingerprint, mode });
    if (outOfDate !== undefined && mode === "hard") return "list-out-of-date";
    if (good.size >= GOOD_MAX) good.clear();
    good.set(fingerprint, now);
    return "good";
  } catch (error) {
    log("warn", "the directory did not say whether a certificate is revoked", {
      fingerprint,
      reason: messageOf(error),
    });
    return "unknown";
  }
}

async function isUnderRevoked(
  issuerKeyId: string | undefined,
  authorities: readonly IssuingAuthority[],
  revoked: ReadonlySet<string>,
): Promise<boolean> {
  const { isCutOff } = await import("../security/x509/issuing-authority.ts");
  return issuerKeyId !== undefined && isCutOff(issuerKeyId, authorities, revoked);
}

/** Called where one was revoked: this isolate knows it at once. */
export function forgetGood(): void {
  good.clear();
}
