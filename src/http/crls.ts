/**
 * /v1/crls: the lists of revoked certificates that CAs sign. Must not know how one is read, nor whom it closes.
 */
import { audit } from "../fleet/audit.ts";
import { type KeptCrl, keptCrls, readKeptCrl } from "../pki/crls.ts";
import { CRL_MAX_BYTES, takeCrl } from "../pki/take-crl.ts";
import { normalizeSki } from "../security/client-certificate.ts";
import { readBytes } from "./body.ts";
import type { Handlers } from "./call.ts";
import { problems } from "./problem.ts";

export const crlHandlers: Handlers<"listCrls" | "putCrl" | "getCrl"> = {
  async listCrls({ c }) {
    const now = Date.now();
    return c.json({ crls: (await keptCrls(c.env.DIRECTORY)).map((each) => view(each, now)) });
  },

  async putCrl({ c, key, params }) {
    const issuer = normalizeSki(params.issuer);
    const bytes = await readBytes(c, CRL_MAX_BYTES);
    const now = Date.now();
    const taken = await takeCrl(c.env, issuer, bytes, { from: key.name, takenAt: now }, now);
    if (!taken.ok) throw problems.invalid(`The list is not taken: ${taken.error}.`);
    audit(c.env, key.name, { kind: "crl.put", issuer });
    return c.json(view(taken.value, now));
  },

  async getCrl({ c, params }) {
    const kept = await readKeptCrl(c.env.DIRECTORY, normalizeSki(params.issuer));
    if (kept === null) throw problems.crlNotFound("No list of this CA is kept.");
    return c.json(view(kept, Date.now()));
  },
};

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
