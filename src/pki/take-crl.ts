/**
 * A list that somebody put, or that was fetched: judged, kept, and what it names closed. Must not know HTTP requests.
 */
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { err, type Result } from "../result.ts";
import { type CrlOrigin, keepCrl, type KeptCrl } from "./crls.ts";
import { forgetGood } from "./known-revocations.ts";
import { sweep } from "./sweep.ts";

/** Bytes of a list, in DER or PEM. */
export const CRL_MAX_BYTES = 4_000_000;

/** @param issuer the CA's key identifier; `null`: whichever CA it names @returns what is kept, or why it is not */
export async function takeCrl(
  env: Env,
  issuer: string | null,
  bytes: Uint8Array,
  origin: CrlOrigin,
  now: number,
): Promise<Result<KeptCrl, string>> {
  const { STATION_CAS } = configOf(env);
  if (STATION_CAS === undefined) return err("no CA is known: the setting STATION_CAS is empty");
  // Loaded here alone: the start of the Worker does not pay for it.
  const { crlBytes, issuerOf, readCrl } = await import("../security/x509/crl.ts");
  const { readAuthorities } = await import("../security/x509/authorities.ts");
  const authorities = await readAuthorities(STATION_CAS);
  const der = crlBytes(bytes);
  if (!der.ok) return der;
  const named = [...authorities.values()].filter((each) =>
    issuer === null ? each.name === issuerOf(der.value) : each.keyId === issuer,
  );
  if (named.length === 0) return err("no CA of the setting STATION_CAS is its issuer");
  let why = "";
  for (const authority of named) {
    const read = await readCrl(der.value, authority, now);
    if (!read.ok) {
      why = read.error;
      continue;
    }
    const kept = await keepCrl(env.DIRECTORY, authority.keyId, read.value, origin, async (keys) => {
      forgetGood();
      await sweep(env, keys, now);
    });
    if (kept.ok) return kept;
    why = kept.error;
  }
  return err(why);
}
