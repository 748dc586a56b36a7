/**
 * The list of certificates that are not let in: told by backends, and by the lists of CAs. Must not know who connects, nor HTTP.
 */
import { parseJson } from "../json.ts";
import { isFingerprintKey, issuerOfKey, type RevocationReason, serialKey } from "../security/revocation.ts";

export interface Revocation {
  fingerprint: string | null;
  issuer: string | null;
  serialNumber: string | null;
  reason: string;
  actor: string | null;
  revokedAt: string;
}

export interface NewRevocation {
  /** [security/revocation.ts] */
  key: string;
  fingerprint?: string;
  issuer?: string;
  serialNumber?: string;
  reason: RevocationReason;
}

interface Row {
  key: string;
  fingerprint: string | null;
  issuer: string | null;
  serial_number: string | null;
  reason: string;
  actor: string | null;
  at: number;
}

/**
 * Told twice it is one, as it was told first; but for what was on hold, and now is revoked for good.
 * @returns what is kept, and whether no backend had told it
 */
export async function addRevocation(
  directory: D1Database,
  { key, fingerprint, issuer, serialNumber, reason }: NewRevocation,
  actor: string,
  now: number,
): Promise<{ isNew: boolean; reason: string }> {
  const [before, , after] = await directory.batch<{ reason: string }>([
    directory.prepare("SELECT reason FROM revocations WHERE key = ?1 AND source = 'api'").bind(key),
    directory
      .prepare(
        `INSERT INTO revocations (key, source, fingerprint, issuer, serial_number, reason, actor, at)
         VALUES (?1, 'api', ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (key) DO UPDATE SET source = 'api', fingerprint = excluded.fingerprint, reason = excluded.reason,
           actor = excluded.actor, at = excluded.at, listed = CASE source WHEN 'api' THEN listed ELSE reason END
         WHERE source <> 'api' OR (reason = '${HOLD}' AND excluded.reason <> '${HOLD}')`,
      )
      .bind(key, fingerprint ?? null, issuer ?? null, serialNumber ?? null, reason, actor, now),
    directory.prepare("SELECT reason FROM revocations WHERE key = ?1").bind(key),
  ]);
  return { isNew: before?.results.length === 0, reason: after?.results[0]?.reason ?? reason };
}

/** [RFC 5280 §5.3.1] The one reason that may end. */
const HOLD: RevocationReason = "certificateHold";

/** "listed": the backend's word is taken back, and the list of its CA names it. */
export type Lifted = "lifted" | "listed" | "not-held" | "not-revoked";

export async function liftRevocation(directory: D1Database, key: string): Promise<Lifted> {
  const held = `key = ?1 AND source = 'api' AND reason = '${HOLD}'`;
  const [before, kept, gone] = await directory.batch([
    directory.prepare("SELECT 1 FROM revocations WHERE key = ?1 AND source = 'api'").bind(key),
    directory
      .prepare(
        `UPDATE revocations SET source = issuer, reason = listed, listed = NULL, actor = NULL
         WHERE ${held} AND listed IS NOT NULL`,
      )
      .bind(key),
    directory.prepare(`DELETE FROM revocations WHERE ${held}`).bind(key),
  ]);
  if (before?.results.length === 0) return "not-revoked";
  if (kept?.meta.changes) return "listed";
  return gone?.meta.changes ? "lifted" : "not-held";
}

/** What stands for the question whether the list of a CA is out of date. */
export const listKey = (issuer: string): string => `${LIST}${issuer}`;
const LIST = "list:";

/** Those of them that are revoked, or a list that is out of date. @throws where the directory cannot be reached */
export async function revokedAmong(directory: D1Database, keys: readonly string[], now: number): Promise<Set<string>> {
  const lists = keys.filter((key) => key.startsWith(LIST)).map((key) => key.slice(LIST.length));
  const { results } = await directory
    .prepare(
      `SELECT key FROM revocations WHERE key IN (SELECT value FROM json_each(?1))
       UNION ALL SELECT '${LIST}' || issuer FROM crls WHERE issuer IN (SELECT value FROM json_each(?2)) AND next_update <= ?3`,
    )
    .bind(JSON.stringify(keys), JSON.stringify(lists), now)
    .all<{ key: string }>();
  return new Set(results.map(({ key }) => key));
}

/** Newest first, of those that backends told. @param cursor of the page before */
export async function listRevocations(
  directory: D1Database,
  limit: number,
  cursor: string | null,
): Promise<{ revocations: Revocation[]; cursor: string | null }> {
  const [at, key] = cursor === null ? [Number.MAX_SAFE_INTEGER, ""] : parseJson<[number, string]>(atob(cursor));
  const { results } = await directory
    .prepare(
      `SELECT * FROM revocations WHERE source = 'api' AND (at, key) < (?1, ?2) ORDER BY at DESC, key DESC LIMIT ?3`,
    )
    .bind(at, key, limit + 1)
    .all<Row>();
  const page = results.slice(0, limit);
  const last = results.length > limit ? page.at(-1) : undefined;
  return {
    revocations: page.map(viewOf),
    cursor: last === undefined ? null : btoa(JSON.stringify([last.at, last.key])),
  };
}

const viewOf = ({ fingerprint, issuer, serial_number: serialNumber, reason, actor, at }: Row): Revocation => ({
  ...{ fingerprint, issuer, serialNumber, reason, actor },
  revokedAt: new Date(at).toISOString(),
});

export interface Connected {
  id: string;
  /** Behind which the next page begins. */
  place: string;
}

/** Stations, in order, that are connected by a certificate which one of these names; a CA's key comes alone. */
export async function connectedBy(
  directory: D1Database,
  keys: readonly string[],
  after: string,
  limit: number,
): Promise<Connected[]> {
  const issuer = issuerOfKey(keys[0] ?? "");
  if (issuer !== null) return connectedUnder(directory, issuer, after, limit);
  const named = "IN (SELECT value FROM json_each(?1))";
  // Without an index: a fingerprint costs a walk through the fleet, what the lists of CAs name does not.
  const byTwin = keys.some(isFingerprintKey) ? ` OR certificate_twin_key ${named}` : "";
  const { results } = await directory
    .prepare(
      `SELECT station_id AS id, station_id AS place FROM stations WHERE online = 1 AND station_id > ?2
         AND (certificate_key ${named} OR certificate_serial_key ${named}${byTwin})
       ORDER BY station_id LIMIT ?3`,
    )
    .bind(JSON.stringify(keys), after, limit)
    .all<Connected>();
  return results;
}

/** In the order of the index that has them side by side: of a fleet each row is read once. */
async function connectedUnder(
  directory: D1Database,
  issuer: string,
  after: string,
  limit: number,
): Promise<Connected[]> {
  const first = serialKey({ issuer, serialNumber: "" });
  const [key, id] = after === "" ? [first, ""] : parseJson<[string, string]>(after);
  const { results } = await directory
    .prepare(
      `SELECT station_id AS id, json_array(certificate_serial_key, station_id) AS place
       FROM stations INDEXED BY stations_certificate_serial_key
       WHERE certificate_serial_key >= ?1 AND certificate_serial_key < ?2 AND (certificate_serial_key, station_id) > (?1, ?3)
         AND online = 1
       ORDER BY certificate_serial_key, station_id LIMIT ?4`,
    )
    // The sign behind the colon, with which the keys of another issuer would begin.
    .bind(key, first.replace(/:$/, ";"), id, limit)
    .all<Connected>();
  return results;
}
