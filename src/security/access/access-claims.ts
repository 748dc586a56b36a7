/**
 * What a token of Cloudflare Access says, and whether that holds here and now. Must not know whether its signature does, nor the clock.
 */

export type AccessClaims = Readonly<Record<string, unknown>>;

export interface AccessExpectation {
  /** `https://TEAM.cloudflareaccess.com` */
  issuer: string;
  /** Tags of the Access applications that stand in front of this deployment. */
  audiences: readonly string[];
}

/** s by which two clocks may differ. */
const LEEWAY_SECONDS = 30;
/** Characters of the name that what is done is told by. */
const NAME_MAX_LENGTH = 254;

export type ClaimsFault = "issuer" | "audience" | "expired" | "not-yet-valid" | "type" | "nameless";

/** @param nowMs since the epoch @returns `null`: they hold */
export function faultOfClaims(
  claims: AccessClaims,
  { issuer, audiences }: AccessExpectation,
  nowMs: number,
): ClaimsFault | null {
  const { iss, aud, exp, nbf, iat, type } = claims;
  const now = nowMs / 1000;
  if (iss !== issuer) return "issuer";
  const meant: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!meant.some((each) => typeof each === "string" && audiences.includes(each))) return "audience";
  if (typeof exp !== "number" || exp + LEEWAY_SECONDS <= now) return "expired";
  for (const from of [nbf, iat])
    if (from !== undefined && (typeof from !== "number" || from - LEEWAY_SECONDS > now)) return "not-yet-valid";
  // A team's own session is no token for an application.
  if (type !== undefined && type !== "app") return "type";
  return nameOfClaims(claims) === null ? "nameless" : null;
}

/** A person's e-mail address, or the client id of a service token; `null`: nobody is named. */
export function nameOfClaims({ email, common_name: service }: AccessClaims): string | null {
  for (const name of [email, service])
    if (typeof name === "string" && name !== "" && name.length <= NAME_MAX_LENGTH) return name;
  return null;
}
