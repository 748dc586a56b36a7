/**
 * The lists of revoked certificates that are kept, one a CA; what they name are rows among the revocations, of which only the
 * difference is written. Must not know HTTP, nor how a list is read.
 */
import { parseJson } from "../json.ts";
import { err, ok, type Result } from "../result.ts";
import { serialKey } from "../security/revocation.ts";
import type { Crl, CrlEntry } from "../security/x509/crl.ts";

export interface KeptCrl {
  issuer: string;
  number: string | null;
  thisUpdate: number;
  nextUpdate: number;
  entries: number;
  origin: CrlOrigin;
}

export interface CrlOrigin {
  /** Who put it, or the URL that it was fetched from. */
  from: string;
  /** ms since the epoch */
  takenAt: number;
  /** Absent: its entries are not all written. */
  complete?: true;
  /** Of the list; absent in those that older releases took: not known, and of all certificates. */
  digest?: string;
  scope?: "users";
  /** Of the URL: when it was last asked, what it called the list, and why what it answered was not taken. */
  checkedAt?: number;
  etag?: string;
  problem?: string;
}

interface Row {
  issuer: string;
  number: string | null;
  this_update: number;
  next_update: number;
  entries: number;
  origin: string;
}

/** Entries of one statement: a parameter of D1 has 2 MB, an entry some 90 bytes. */
const ENTRIES_PER_STATEMENT = 10_000;

/**
 * In this order: the list is the one that counts, what it adds, `beforeDone`, what is gone, done. Where it breaks off it is put again,
 * and nobody was let in meanwhile whom the list before named.
 * @param beforeDone with the keys of what was added: of all, where the one before was not done
 * @returns why it is not kept
 */
export async function keepCrl(
  directory: D1Database,
  issuer: string,
  crl: Crl,
  from: CrlOrigin,
  beforeDone: (keys: readonly string[]) => Promise<void>,
): Promise<Result<KeptCrl, string>> {
  const before = await readKeptCrl(directory, issuer);
  const why = before === null ? null : whyNotAfter(before, crl);
  if (why !== null) return err(why);
  const { number, thisUpdate, nextUpdate, entries, digest, isOfUsers } = crl;
  const origin: CrlOrigin = { ...from, digest, ...(isOfUsers && { scope: "users" }) };
  const claim = await directory
    .prepare(
      `INSERT INTO crls (issuer, number, this_update, next_update, entries, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT (issuer) DO UPDATE SET number = excluded.number, this_update = excluded.this_update,
         next_update = excluded.next_update, entries = excluded.entries, origin = excluded.origin
       WHERE origin = ?7`,
    )
    // Only over the one that it was held against.
    .bind(
      ...[issuer, number === "" ? null : number, thisUpdate, nextUpdate, entries.length, JSON.stringify(origin)],
      before === null ? null : JSON.stringify(before.origin),
    )
    .run();
  if (claim.meta.changes === 0) return err("another list of this CA came meanwhile: put it again");

  const kept = await listedBy(directory, issuer);
  const added = entries.filter(({ serialNumber }) => !kept.has(serialNumber));
  for (const some of parts(added)) await add(directory, issuer, some);
  const swept = before === null || before.origin.complete === true ? added : entries;
  await beforeDone(swept.map(({ serialNumber }) => serialKey({ issuer, serialNumber })));
  const named = new Set(entries.map(({ serialNumber }) => serialNumber));
  const gone = [...kept].filter((serialNumber) => !named.has(serialNumber));
  const done = { ...origin, complete: true } as const;
  for (const some of parts(gone)) {
    // Only while it is the one that counts: a newer one may have come meanwhile.
    const counts = "EXISTS (SELECT 1 FROM crls WHERE issuer = ?1 AND origin = ?3)";
    const [serials, current] = [JSON.stringify(some), JSON.stringify(origin)];
    const among = `serial_number IN (SELECT value FROM json_each(?2)) AND ${counts}`;
    await directory.batch([
      directory.prepare(`DELETE FROM revocations WHERE source = ?1 AND ${among}`).bind(issuer, serials, current),
      directory
        .prepare(`UPDATE revocations SET listed = NULL WHERE issuer = ?1 AND listed IS NOT NULL AND ${among}`)
        .bind(issuer, serials, current),
    ]);
  }
  await directory
    .prepare("UPDATE crls SET origin = ?3 WHERE issuer = ?1 AND origin = ?2")
    .bind(issuer, JSON.stringify(origin), JSON.stringify(done))
    .run();
  return ok({ issuer, number: number || null, thisUpdate, nextUpdate, entries: entries.length, origin: done });
}

/** [RFC 5280 §5.2.3] Why a list cannot be the one that follows; `null`: it does, or it is the same. */
function whyNotAfter({ number, thisUpdate, nextUpdate, entries, origin }: KeptCrl, crl: Crl): string | null {
  const before = number ?? "";
  if (crl.number < before) return "its CRL number is lower than that of the list that is kept";
  if (crl.thisUpdate < thisUpdate) return "its thisUpdate is earlier than that of the list that is kept";
  const isSame =
    origin.digest === undefined
      ? crl.thisUpdate === thisUpdate && crl.nextUpdate === nextUpdate && crl.entries.length === entries
      : crl.digest === origin.digest;
  if (crl.number === before && before !== "" && !isSame)
    return "another list of this CRL number is kept: the number of each is to be higher than that of the one before";
  if (crl.isOfUsers && origin.scope !== "users")
    return "the list that is kept is of all certificates, and it is of users' alone (onlyContainsUserCerts): it would take what that says of CAs with it";
  return null;
}

async function listedBy(directory: D1Database, issuer: string): Promise<Set<string>> {
  const { results } = await directory
    .prepare(
      `SELECT serial_number AS serial FROM revocations WHERE source = ?1 AND source <> 'api'
       UNION ALL SELECT serial_number FROM revocations WHERE issuer = ?1 AND listed IS NOT NULL`,
    )
    .bind(issuer)
    .all<{ serial: string }>();
  return new Set(results.map(({ serial }) => serial));
}

/** One that a backend told stays the backend's, and is the list's when that takes its word back. */
async function add(directory: D1Database, issuer: string, entries: readonly CrlEntry[]): Promise<void> {
  const values = entries.map(({ serialNumber, reason, revokedAt }) => [serialNumber, reason, revokedAt]);
  await directory
    .prepare(
      `INSERT INTO revocations (key, source, issuer, serial_number, reason, at)
       SELECT ?1 || (value ->> 0), ?2, ?2, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?3) WHERE true
       ON CONFLICT (key) DO UPDATE SET listed = excluded.reason WHERE source = 'api'`,
    )
    .bind(serialKey({ issuer, serialNumber: "" }), issuer, JSON.stringify(values))
    .run();
}

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += ENTRIES_PER_STATEMENT)
    yield all.slice(from, from + ENTRIES_PER_STATEMENT);
}

/** Says of a list what its URL answered last, if it is still the one that came from there. */
export async function noteCheck(directory: D1Database, { issuer, origin }: KeptCrl, said: Partial<CrlOrigin>) {
  const { problem: _, ...rest } = origin;
  await directory
    .prepare("UPDATE crls SET origin = ?3 WHERE issuer = ?1 AND origin = ?2")
    .bind(issuer, JSON.stringify(origin), JSON.stringify({ ...rest, ...said }))
    .run();
}

export async function readKeptCrl(directory: D1Database, issuer: string): Promise<KeptCrl | null> {
  const row = await directory.prepare("SELECT * FROM crls WHERE issuer = ?1").bind(issuer).first<Row>();
  return row === null ? null : keptOf(row);
}

/** All: there are no more than CAs of the setting. */
export async function keptCrls(directory: D1Database): Promise<KeptCrl[]> {
  const { results } = await directory.prepare("SELECT * FROM crls ORDER BY issuer").all<Row>();
  return results.map(keptOf);
}

const keptOf = ({ issuer, number, this_update, next_update, entries, origin }: Row): KeptCrl => ({
  ...{ issuer, number, entries },
  thisUpdate: this_update,
  nextUpdate: next_update,
  origin: parseJson<CrlOrigin>(origin),
});
