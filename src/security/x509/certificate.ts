/**
 * A certificate read from DER, and what of a station's own can be judged without its chain. Must not know who issued it, nor names.
 */
import { BIT_STRING, BOOLEAN, DerError, DerReader, extensionsOf, hexOf, INTEGER, OID, oidOf, SEQUENCE } from "./der.ts";
import { serialOfDer } from "../revocation.ts";
import { isStrongSignature, type Signed, strongKey } from "./signature.ts";

export interface Certificate {
  der: Uint8Array;
  signed: Signed;
  /** [security/revocation.ts] */
  serialNumber: string;
  /** DER of each Name. */
  issuer: Uint8Array;
  subject: Uint8Array;
  /** ms since the epoch */
  notBefore: number;
  notAfter: number;
  /** DER of its SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** Values, by OID. */
  extensions: ReadonlyMap<string, Uint8Array>;
  /** Critical, and not known here; `null`: none is. */
  unknownCritical: string | null;
}

const SUBJECT_KEY_ID = "2.5.29.14";
const KEY_USAGE = "2.5.29.15";
export const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
export const NAME_CONSTRAINTS = "2.5.29.30";
export const AUTHORITY_KEY_ID = "2.5.29.35";
const EXTENDED_KEY_USAGE = "2.5.29.37";
/** Beside these: issuerAltName, cRLDistributionPoints, certificatePolicies, any of which will do. */
const KNOWN: readonly string[] = [
  ...[SUBJECT_KEY_ID, KEY_USAGE, SUBJECT_ALTERNATIVE_NAME, BASIC_CONSTRAINTS, NAME_CONSTRAINTS, AUTHORITY_KEY_ID],
  ...[EXTENDED_KEY_USAGE, "2.5.29.18", "2.5.29.31", "2.5.29.32"],
];
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
/** commonName, organizationName: by which a station is known. */
const BINDING: readonly string[] = ["2.5.4.3", "2.5.4.10"];
const SET = 0x31;
/** [X.520, RFC 5280 App. A.1] UTF8String, PrintableString, TeletexString, IA5String, UniversalString, BMPString. */
const TEXTS: readonly number[] = [0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e];
/** [RFC 5280 §4.2.1.3] The first octet's bits. */
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

/** @throws DerError */
export function readCertificate(der: Uint8Array): Certificate {
  const outer = new DerReader(der);
  const certificate = outer.inside();
  if (!outer.isAtEnd) throw new DerError("something follows the certificate");
  const body = certificate.next(SEQUENCE);
  const algorithm = certificate.next(SEQUENCE).raw;
  const { content: bits } = certificate.next(BIT_STRING);
  // The first byte counts the bits that are not used.
  if (bits[0] !== 0 || !certificate.isAtEnd) throw new DerError("its signature is not the whole of what follows");
  const tbs = new DerReader(body.content);
  tbs.optional(0xa0);
  const serialNumber = serialOfDer(tbs.next(INTEGER).content);
  if (hexOf(tbs.next(SEQUENCE).raw) !== hexOf(algorithm)) throw new DerError("it names two signature algorithms");
  const issuer = tbs.next(SEQUENCE).raw;
  const validity = tbs.inside();
  const [notBefore, notAfter] = [validity.time(), validity.time()];
  const subject = tbs.next(SEQUENCE).raw;
  const spki = tbs.next(SEQUENCE).raw;
  for (const uniqueId of [0x81, 0x82]) tbs.optional(uniqueId);
  const all = tbs.tag === 0xa3 ? extensionsOf(tbs.inside(0xa3)) : [];
  const extensions = new Map(all.map(({ oid, value }) => [oid, value]));
  // [RFC 5280 §4.2] One of a kind: with two, each party may read the other one.
  if (extensions.size < all.length) throw new DerError("an extension comes twice");
  if (!all.every(({ oid, value }) => !KNOWN.includes(oid) || isOne(value)))
    throw new DerError("something follows what an extension holds");
  const unknownCritical = all.find(({ oid, critical }) => critical && !KNOWN.includes(oid))?.oid ?? null;
  const signed = { data: body.raw, algorithm, signature: bits.subarray(1) };
  return { der, signed, serialNumber, issuer, subject, notBefore, notAfter, spki, extensions, unknownCritical };
}

/** [RFC 5280 §4.1] One value, which others would read alone, whatever is behind it. */
function isOne(value: Uint8Array): boolean {
  const reader = new DerReader(value);
  reader.next();
  return reader.isAtEnd;
}

/** What is wrong with a certificate whoever issued it; `null`: nothing. */
export function faultOf({ signed, notBefore, spki, unknownCritical }: Certificate, now: number): string | null {
  if (notBefore > now) return "it is not yet valid";
  if (strongKey(spki) === null) return "its key is too weak, or of a kind that is not taken";
  if (!isStrongSignature(signed.algorithm)) return "its signature algorithm is not one that is believed";
  return unknownCritical === null ? null : `it has a critical extension that is not known here (${unknownCritical})`;
}

/** [RFC 5280 §4.2.1.3, §4.2.1.12] Where the certificate says what the key is for, a client may sign with it; and it has a name. */
export function clientFaultOf(leaf: Certificate): string | null {
  if (!isNamedInText(leaf.subject)) return "its common name or organization is no text";
  if (!mayUse(leaf, DIGITAL_SIGNATURE)) return "its key usage has no digitalSignature";
  return mayBeClient(leaf) ? null : "its extended key usage has no clientAuth";
}

/** Who prints a name that is bytes prints them as if they were text, or as a number that is another's text. */
function isNamedInText(subject: Uint8Array): boolean {
  const rdns = new DerReader(subject).inside();
  while (!rdns.isAtEnd) {
    const rdn = rdns.inside(SET);
    while (!rdn.isAtEnd) {
      const attribute = rdn.inside();
      const isBinding = BINDING.includes(oidOf(attribute.next(OID).content));
      if (isBinding && !TEXTS.includes(attribute.tag)) return false;
    }
  }
  return true;
}

export function mayBeClient({ extensions }: Certificate): boolean {
  const usage = extensions.get(EXTENDED_KEY_USAGE);
  if (usage === undefined) return true;
  const all = new DerReader(usage).inside();
  while (!all.isAtEnd) if (oidOf(all.next(OID).content) === CLIENT_AUTH) return true;
  return false;
}

/** Where the certificate says what the key is for, it may sign lists of revoked certificates. */
export const mayListRevoked = (certificate: Certificate): boolean => mayUse(certificate, CRL_SIGN);

function mayUse({ extensions }: Certificate, bit: number): boolean {
  const usage = extensions.get(KEY_USAGE);
  return usage === undefined || ((new DerReader(usage).next(BIT_STRING).content[1] ?? 0) & bit) !== 0;
}

/** [RFC 5280 §4.2.1.2] Lower hex; `null`: it names none. @throws DerError */
export function subjectKeyIdOf({ extensions }: Certificate): string | null {
  const value = extensions.get(SUBJECT_KEY_ID);
  return value === undefined ? null : hexOf(new DerReader(value).next().content);
}

/** How many CAs it may have below; `null`: it is no CA. */
export function pathLengthOf(certificate: Certificate): number | null {
  const value = certificate.extensions.get(BASIC_CONSTRAINTS);
  if (value === undefined || !mayUse(certificate, KEY_CERT_SIGN)) return null;
  const constraints = new DerReader(value).inside();
  if (constraints.optional(BOOLEAN)?.content[0] !== 0xff) return null;
  const length = constraints.optional(INTEGER);
  return length === null ? Number.POSITIVE_INFINITY : Number.parseInt(hexOf(length.content), 16);
}
