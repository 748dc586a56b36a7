/**
 * /v1/revocations: certificates that are not let in. Must not know how they are kept, nor whom they let in.
 */
import { audit } from "../fleet/audit.ts";
import { forgetGood } from "../pki/known-revocations.ts";
import { addRevocation, listRevocations } from "../pki/revocations.ts";
import { sweep } from "../pki/sweep.ts";
import { fingerprintKey, serialKey } from "../security/revocation.ts";
import type { Handlers } from "./call.ts";

export const pkiHandlers: Handlers<"addRevocation" | "listRevocations"> = {
  async addRevocation({ c, key: caller, body }) {
    const told = await body();
    const { fingerprint, issuer = "", serialNumber = "" } = told;
    const key = fingerprint === undefined ? serialKey({ issuer, serialNumber }) : fingerprintKey(fingerprint);
    const now = Date.now();
    const isNew = await addRevocation(c.env.DIRECTORY, { key, ...told }, caller.name, now);
    forgetGood();
    // Told once more, the connections are looked for once more: the first time it may have failed.
    await sweep(c.env, [key], now);
    audit(c.env, caller.name, { kind: "certificate.revoked", certificate: key });
    const { reason, ...named } = told;
    return c.json({ ...named, reason, revoked: true }, isNew ? 201 : 200);
  },

  async listRevocations({ c, query }) {
    const { limit, cursor = null } = query();
    return c.json(await listRevocations(c.env.DIRECTORY, limit, cursor));
  },
};
