/**
 * /v1/crls: the lists of revoked certificates that CAs sign. Must not know how one is read, nor whom it closes.
 */
import type { Env } from "../env.ts";
import { audit } from "../fleet/audit.ts";
import { type KeptCrl, keptCrls, readKeptCrl } from "../pki/crls.ts";
import { knownAuthorities } from "../pki/known-authorities.ts";
import { revokedAmong } from "../pki/revocations.ts";
import { CRL_MAX_BYTES, takeCrl } from "../pki/take-crl.ts";
import { normalizeSki } from "../security/client-certificate.ts";
import { revocationKeys } from "../security/revocation.ts";
import type { IssuingAuthority } from "../security/x509/issuing-authority.ts";
import { readBytes } from "./body.ts";
import type { Handlers } from "./call.ts";
import { problems } from "./problem.ts";

export const crlHandlers: Handlers<"listCrls" | "putCrl" | "getCrl"> = {
  async listCrls({ c }) {
    const kept = await keptCrls(c.env.DIRECTORY);
    return c.json({ crls: await views(c.env, kept, Date.now()) });
  },

  async putCrl({ c, key, params }) {
    const issuer = normalizeSki(params.issuer);
    const bytes = await readBytes(c, CRL_MAX_BYTES);
    const now = Date.now();
    const taken = await takeCrl(c.env, issuer, bytes, { from: key.name, takenAt: now }, now);
    if (!taken.ok) throw problems.invalid(`The list is not taken: ${taken.error}.`);
    audit(c.env, key.name, { kind: "crl.put", issuer });
    return c.json((await views(c.env, [taken.value], now))[0]);
  },

  async getCrl({ c, params }) {
    const kept = await readKeptCrl(c.env.DIRECTORY, normalizeSki(params.issuer));
    if (kept === null) throw problems.crlNotFound("No list of this CA is kept.");
    return c.json((await views(c.env, [kept], Date.now()))[0]);
  },
};

async function views(env: Env, kept: readonly KeptCrl[], now: number) {
  const named = await authoritiesListed(env);
  return kept.map((each) => ({ ...view(each, now), authorities: named.get(each.issuer) ?? [] }));
}

/** Key identifiers of the CAs that are revoked, by the issuer whose list, or a backend, says so. */
async function authoritiesListed(env: Env): Promise<ReadonlyMap<string, string[]>> {
  const all = (await knownAuthorities(env)).filter(({ isRoot }) => !isRoot);
  const byKey = new Map(all.flatMap((each) => serialKeysOf(each).map((key) => [key, each] as const)));
  const revoked =
    byKey.size === 0 ? new Set<string>() : await revokedAmong(env.DIRECTORY, [...byKey.keys()], Date.now());
  const found = new Map<string, string[]>();
  for (const key of revoked) {
    const { issuerKeyId = "", keyId = "" } = byKey.get(key) ?? {};
    found.set(issuerKeyId, [...(found.get(issuerKeyId) ?? []), keyId]);
  }
  return found;
}

const serialKeysOf = (each: IssuingAuthority): string[] => revocationKeys(each).slice(1);

const view = ({ issuer, number, thisUpdate, nextUpdate, entries, origin }: KeptCrl, now: number) => ({
  issuer,
  number: number === null ? null : number.replace(/^0+(?=.)/, ""),
  thisUpdate: new Date(thisUpdate).toISOString(),
  nextUpdate: new Date(nextUpdate).toISOString(),
  outOfDate: nextUpdate <= now,
  entries,
  complete: origin.complete === true,
  from: origin.from,
  takenAt: new Date(origin.takenAt).toISOString(),
  checkedAt: origin.checkedAt === undefined ? null : new Date(origin.checkedAt).toISOString(),
  problem: origin.problem ?? null,
});
