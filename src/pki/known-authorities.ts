/**
 * The CAs that a revocation may name: those of STATION_CAS, and those that came with chains which were proven here. Must not know
 * which are revoked.
 */
import { configOf } from "../config.ts";
import type { Env } from "../env.ts";
import { log, messageOf } from "../log.ts";
import type { IssuingAuthority } from "../security/x509/issuing-authority.ts";
import { authoritiesIn } from "./trust.ts";

/** CAs that are kept: each was issued by one that is trusted. */
const KEPT_MAX = 1_000;

/** Fingerprints of those that this isolate knows to be kept. */
const kept = new Set<string>();

interface Row {
  fingerprint: string;
  key_id: string;
  issuer_key_id: string | null;
  serial_number: string | null;
}

/** @throws where the directory cannot be reached */
export async function knownAuthorities(env: Env): Promise<IssuingAuthority[]> {
  const own = await authoritiesIn(configOf(env).STATION_CAS);
  const { results } = await env.DIRECTORY.prepare("SELECT * FROM authorities LIMIT ?1").bind(KEPT_MAX).all<Row>();
  return [...own, ...results.map(authorityOf).filter((each) => !isAmong(own, each))];
}

/** Before it is let in what they signed: a revocation of one that nobody knows would close nothing. @param proven from a chain to a root */
export async function keepAuthorities(env: Env, proven: readonly IssuingAuthority[], now: number): Promise<void> {
  const own = await authoritiesIn(configOf(env).STATION_CAS);
  const others = proven.filter((each) => !each.isRoot && !kept.has(each.fingerprint) && !isAmong(own, each));
  for (const { fingerprint, twin = null, keyId, issuerKeyId = null, serialNumber = null } of others) {
    try {
      await env.DIRECTORY.prepare(
        `INSERT INTO authorities (fingerprint, key_id, issuer_key_id, serial_number, at)
         SELECT ?1, ?2, ?3, ?4, ?5
         WHERE (SELECT count(*) FROM authorities) < ${KEPT_MAX} AND NOT EXISTS (SELECT 1 FROM authorities WHERE fingerprint = ?6)
         ON CONFLICT (fingerprint) DO NOTHING`,
      )
        .bind(fingerprint, keyId, issuerKeyId, serialNumber, now, twin)
        .run();
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.add(fingerprint);
    } catch (error) {
      log("warn", "a CA that was shown is not kept", { fingerprint, reason: messageOf(error) });
    }
  }
}

const isAmong = (all: readonly IssuingAuthority[], { fingerprint, twin }: IssuingAuthority): boolean =>
  all.some((each) => each.fingerprint === fingerprint || each.fingerprint === twin);

const authorityOf = (row: Row): IssuingAuthority => ({
  ...{ fingerprint: row.fingerprint, keyId: row.key_id, isRoot: false },
  ...(row.issuer_key_id !== null && { issuerKeyId: row.issuer_key_id }),
  ...(row.serial_number !== null && { serialNumber: row.serial_number }),
});
