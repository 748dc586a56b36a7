/**
 * /v1/revocations and /v1/stations/{id}/certificates: those that are not let in, and those of one station. Must not know how they are
 * kept, nor whom they let in.
 */
import type { Env } from "../env.ts";
import { audit } from "../fleet/audit.ts";
import { knownAuthorities } from "../pki/known-authorities.ts";
import { forgetGood } from "../pki/known-revocations.ts";
import { addRevocation, liftRevocation, listRevocations, revokedAmong } from "../pki/revocations.ts";
import { sweep } from "../pki/sweep.ts";
import { normalizeSki } from "../security/client-certificate.ts";
import { fingerprintKey, normalizeSerial, revocationKeys, serialKey } from "../security/revocation.ts";
import type { Handlers } from "./call.ts";
import { problems, unknownStation } from "./problem.ts";
import { registeredStation } from "./registered-station.ts";

export const pkiHandlers: Handlers<"addRevocation" | "liftRevocation" | "listCertificates" | "listRevocations"> = {
  async addRevocation({ c, key: caller, body }) {
    const told = await body();
    const { fingerprint, issuer = "", serialNumber = "" } = told;
    const key = fingerprint === undefined ? serialKey({ issuer, serialNumber }) : fingerprintKey(fingerprint);
    const now = Date.now();
    const authority = await authorityNamed(c.env, key);
    const { isNew, reason: kept } = await addRevocation(c.env.DIRECTORY, { key, ...told }, caller.name, now);
    forgetGood();
    // Told once more, the connections are looked for once more: the first time it may have failed.
    await sweep(c.env, [key], now);
    audit(c.env, caller.name, { kind: "certificate.revoked", certificate: key });
    const { reason: _, ...named } = told;
    return c.json({ ...named, ...authority, reason: kept, revoked: true }, isNew ? 201 : 200);
  },

  async liftRevocation({ c, key: caller, params }) {
    const key = keyNamed(params.certificate);
    const lifted = await liftRevocation(c.env.DIRECTORY, key);
    switch (lifted) {
      case "not-revoked":
        throw problems.revocationNotFound("No backend has revoked this certificate.");
      case "not-held":
        throw problems.revokedForGood("It was revoked for another reason than certificateHold.");
      case "lifted":
      case "listed":
        audit(c.env, caller.name, { kind: "certificate.released", certificate: key });
        return c.json({ revoked: lifted === "listed" });
    }
  },

  async listCertificates({ c }) {
    const known = await (await registeredStation(c)).listCertificates();
    if (known === null) throw unknownStation();
    const keysOf = known.map(({ fingerprint, issuerKeyId, serialNumber }) =>
      revocationKeys({ fingerprint, ...(issuerKeyId && serialNumber && { issuerKeyId, serialNumber }) }),
    );
    const revoked = await revokedAmong(c.env.DIRECTORY, keysOf.flat(), Date.now());
    const certificates = known.map((each, index) => ({
      ...each,
      revoked: keysOf[index]?.some((key) => revoked.has(key)) === true,
    }));
    return c.json({ certificates });
  },

  async listRevocations({ c, query }) {
    const { limit, cursor = null } = query();
    return c.json(await listRevocations(c.env.DIRECTORY, limit, cursor));
  },
};

/** Nothing: it is no CA that is known here. */
async function authorityNamed(env: Env, key: string): Promise<{ authority?: string }> {
  const named = (await knownAuthorities(env)).find((each) => revocationKeys(each).includes(key));
  if (named?.isRoot === true)
    throw problems.invalid(
      "This is a root: no list of revocations says anything of it. Take it out of STATION_CAS, and of the CAs that the mTLS host trusts.",
    );
  return named === undefined ? {} : { authority: named.keyId };
}

/** A fingerprint, or the issuer's key identifier and the serial number with a dot between. */
function keyNamed(certificate: string): string {
  const fingerprint = certificate.replaceAll(":", "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(fingerprint)) return fingerprintKey(fingerprint);
  const [, issuer, serial] = /^([0-9A-Fa-f:]+)\.(-?[0-9A-Fa-f:]+)$/.exec(certificate) ?? [];
  if (issuer === undefined || serial === undefined)
    throw problems.invalid(
      "The path names a fingerprint, or the CA's key identifier and the serial number: {issuer}.{serialNumber}.",
    );
  return serialKey({ issuer: normalizeSki(issuer), serialNumber: normalizeSerial(serial) });
}
