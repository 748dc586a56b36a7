/**
 * A CA's list of revoked certificates, read and judged: what it names, or why it is not taken. Must not know where it came from, nor
 * which one is kept.
 */
import { err, ok, type Result } from "../../result.ts";
import { serialOfDer, type RevocationReason } from "../revocation.ts";
import type { Authority } from "./authorities.ts";
import {
  BIT_STRING,
  DerError,
  type DerExtension,
  DerReader,
  ENUMERATED,
  extensionsOf,
  hexOf,
  INTEGER,
  SEQUENCE,
} from "./der.ts";
import { comparableName } from "./name.ts";
import { isSignedBy, isStrongSignature } from "./signature.ts";

/** Certificates of one list. */
export const CRL_MAX_ENTRIES = 50_000;
/** ms that a CA's clock may be ahead of ours. */
const CLOCK_AHEAD_MAX_MS = 300_000;
/** [RFC 5280 §5.2.3] Hex digits of a CRL number: 20 octets. */
const NUMBER_DIGITS = 40;

export interface CrlEntry {
  /** [security/revocation.ts] */
  serialNumber: string;
  reason: RevocationReason;
  /** ms since the epoch */
  revokedAt: number;
}

export interface Crl {
  /** Hex of 40 digits, by which two can be put in order; empty: the list has none. */
  number: string;
  /** ms since the epoch */
  thisUpdate: number;
  nextUpdate: number;
  entries: CrlEntry[];
  /** [RFC 5280 §5.2.5] onlyContainsUserCerts: of CAs it says nothing. */
  isOfUsers: boolean;
  /** SHA-256 of what was signed, hex: a signature may be made anew. */
  digest: string;
}

const CRL_NUMBER = "2.5.29.20";
const REASON_CODE = "2.5.29.21";
const DELTA = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
const CERTIFICATE_ISSUER = "2.5.29.29";
/** [RFC 5280 §5.3.1] By number; 7 is none, and 8 is for delta lists alone. */
const REASONS: readonly (RevocationReason | null)[] = [
  ...(["unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded"] as const),
  ...(["cessationOfOperation", "certificateHold", null, null, "privilegeWithdrawn", "aACompromise"] as const),
];

/** Thrown inside: why a list is not taken, for whoever put it. */
class NotTaken extends Error {}

/** @param now ms since the epoch @returns the list, or why it is not taken */
export async function readCrl(der: Uint8Array, authority: Authority, now: number): Promise<Result<Crl, string>> {
  try {
    return ok(await judged(der, authority, now));
  } catch (error) {
    if (error instanceof NotTaken) return err(error.message);
    if (error instanceof DerError) return err(`it is no certificate revocation list in DER or PEM: ${error.message}`);
    throw error;
  }
}

/** The issuer's name, comparable, of what may be a list. @throws DerError */
export function issuerOf(der: Uint8Array): string {
  const tbs = new DerReader(der).inside().inside();
  tbs.optional(INTEGER);
  tbs.next(SEQUENCE);
  return comparableName(tbs.next(SEQUENCE).raw);
}

async function judged(der: Uint8Array, authority: Authority, now: number): Promise<Crl> {
  const outer = new DerReader(der);
  const list = outer.inside();
  if (!outer.isAtEnd) throw new DerError("something follows it");
  const signed = list.next(SEQUENCE);
  const { raw: algorithm } = list.next(SEQUENCE);
  const signature = list.next(BIT_STRING).content.subarray(1);
  const tbs = new DerReader(signed.content);
  tbs.optional(INTEGER);
  const inner = tbs.next(SEQUENCE).raw;
  if (comparableName(tbs.next(SEQUENCE).raw) !== authority.name) throw new NotTaken("its issuer is not this CA");
  if (!authority.mayListRevoked)
    throw new NotTaken("the CA's certificate does not allow its key to sign lists (cRLSign)");
  if (hexOf(inner) !== hexOf(algorithm)) throw new NotTaken("it names two signature algorithms");
  if (!isStrongSignature(algorithm)) throw new NotTaken("its signature algorithm is not one that is believed");
  if (!(await isSignedBy({ data: signed.raw, algorithm, signature }, authority.spki)))
    throw new NotTaken("its signature is not by the key of this CA");

  const thisUpdate = tbs.time();
  if (thisUpdate > now + CLOCK_AHEAD_MAX_MS) throw new NotTaken("its thisUpdate is to come");
  if (tbs.isAtEnd || tbs.tag === SEQUENCE || tbs.tag === 0xa0) throw new NotTaken("it has no nextUpdate");
  const nextUpdate = tbs.time();
  if (nextUpdate <= now) throw new NotTaken("its nextUpdate has passed");
  const listed = tbs.optional(SEQUENCE);
  const extensions = tbs.tag === 0xa0 ? extensionsOf(tbs.inside(0xa0)) : [];
  const [number, isOfUsers] = [numberOf(extensions), isListOfUsers(extensions)];
  if (!tbs.isAtEnd) throw new DerError("something follows its extensions");
  const digest = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(signed.raw))));
  const entries = listed === null ? [] : entriesOf(listed.content);
  return { number, thisUpdate, nextUpdate, entries, isOfUsers, digest };
}

function numberOf(extensions: DerExtension[]): string {
  let number = "";
  for (const { oid, critical, value } of extensions) {
    if (oid === CRL_NUMBER) number = hexOf(new DerReader(value).next(INTEGER).content).replace(/^0+/, "");
    else if (oid === DELTA) throw new NotTaken("it is a delta list: put the complete one");
    else if (critical && oid !== ISSUING_DISTRIBUTION_POINT)
      throw new NotTaken(`it has a critical extension that is not known here (${oid})`);
  }
  if (number.length > NUMBER_DIGITS) throw new NotTaken("its CRL number has more than 20 octets");
  return number === "" ? "" : number.padStart(NUMBER_DIGITS, "0");
}

const isListOfUsers = (extensions: DerExtension[]): boolean =>
  extensions.some(({ oid, value }) => oid === ISSUING_DISTRIBUTION_POINT && refuseParts(value));

/** [RFC 5280 §5.2.5] One of several lists would take the entries of the others with it. @returns whether it is of users alone */
function refuseParts(value: Uint8Array): boolean {
  const point = new DerReader(value).inside();
  let isOfUsers = false;
  while (!point.isAtEnd) {
    const { tag, content } = point.next();
    if (tag === 0x81) isOfUsers = content[0] !== 0;
    // A flag that is not set.
    else if (tag !== 0x83 && tag !== 0xa0 && content[0] === 0) continue;
    else if (tag === 0x84) throw new NotTaken("it is an indirect list, of other CAs' certificates too");
    else throw new NotTaken("it is one of several lists (issuingDistributionPoint): put a complete one");
  }
  return isOfUsers;
}

function entriesOf(content: Uint8Array): CrlEntry[] {
  const all = new DerReader(content);
  const entries: CrlEntry[] = [];
  while (!all.isAtEnd) {
    if (entries.length === CRL_MAX_ENTRIES) throw new NotTaken(`it has more than ${CRL_MAX_ENTRIES} entries`);
    const entry = all.inside();
    const serialNumber = serialOfDer(entry.next(INTEGER).content);
    const revokedAt = entry.time();
    entries.push({ serialNumber, revokedAt, reason: entry.isAtEnd ? "unspecified" : reasonOf(extensionsOf(entry)) });
  }
  return entries;
}

function reasonOf(extensions: DerExtension[]): RevocationReason {
  let reason: RevocationReason = "unspecified";
  for (const { oid, critical, value } of extensions) {
    if (oid === CERTIFICATE_ISSUER) throw new NotTaken("it is an indirect list, of other CAs' certificates too");
    if (oid === REASON_CODE) {
      const code = new DerReader(value).next(ENUMERATED).content[0] ?? 0;
      const named = REASONS[code];
      if (named === undefined || named === null)
        throw new NotTaken(`an entry has a reason that is none here (${code})`);
      reason = named;
    } else if (critical) throw new NotTaken(`an entry has a critical extension that is not known here (${oid})`);
  }
  return reason;
}

/** DER, whichever of both it comes in, and whatever text stands around the PEM; or why it is not taken. */
export function crlBytes(bytes: Uint8Array): Result<Uint8Array, string> {
  if (bytes[0] === SEQUENCE) return ok(bytes);
  const blocks = new TextDecoder().decode(bytes).split("-----BEGIN X509 CRL-----").slice(1);
  if (blocks.length > 1) return err("it is more than one list: put each under its own CA");
  const [body, end] = blocks[0]?.split("-----END X509 CRL-----") ?? [];
  if (body === undefined || end === undefined) return err("it is no certificate revocation list in DER or PEM");
  try {
    return ok(Uint8Array.from(atob(body.replaceAll(/\s/g, "")), (each) => each.charCodeAt(0)));
  } catch {
    return err("it is no certificate revocation list in DER or PEM: its base64 is none");
  }
}
