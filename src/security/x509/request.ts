/**
 * A station's certificate request (PKCS #10), read and judged: what a CA is asked to sign for it. Must not know the CA, nor who
 * connects.
 */
import { err, ok, type Result } from "../../result.ts";
import { bytesOfBase64 } from "./certs-only.ts";
import { BIT_STRING, BOOLEAN, DerError, DerReader, extensionsOf, hexOf, INTEGER, OID, oidOf, SEQUENCE } from "./der.ts";
import { isSignedBy, strongKey } from "./signature.ts";
import { type ExpectedSubject, subjectFault, subjectOf, subjectText } from "./subject.ts";

/** [OCPP 2.x A02, 1.6 security whitepaper §5.8] Characters of `csr`. */
const REQUEST_MAX_LENGTH = 5_500;

export interface CertificateRequest {
  der: Uint8Array;
  /** DER of its SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** For people. */
  subject: string;
}

const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const SUBJECT_KEY_ID = "2.5.29.14";
const KEY_USAGE = "2.5.29.15";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
/** [RFC 5280 §4.2.1.3] Bits of its first octet that a client's key may have: digitalSignature, keyEncipherment, keyAgreement. */
const USAGES = 0x80 | 0x20 | 0x08;
const DIGITAL_SIGNATURE = 0x80;
const DNS_NAME = 0x82;
const UNCOMPRESSED = 0x04;
const SET = 0x31;

/** A sentence each: what is wrong with it. */
export async function judgeRequest(
  pem: string,
  expected: ExpectedSubject,
): Promise<Result<CertificateRequest, string>> {
  if (pem.length > REQUEST_MAX_LENGTH) return err(`it has more than ${REQUEST_MAX_LENGTH} characters`);
  const base64 =
    /^\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/.exec(
      pem,
    )?.[2];
  if (base64 === undefined) return err("it is not one PEM block of a certificate request");
  try {
    return await judge(bytesOfBase64(base64), expected);
  } catch (error) {
    if (error instanceof DerError) return err(`it cannot be read: ${error.message}`);
    throw error;
  }
}

/** [RFC 2986 §4] CertificationRequest. */
async function judge(der: Uint8Array, expected: ExpectedSubject): Promise<Result<CertificateRequest, string>> {
  const outer = new DerReader(der);
  const whole = outer.inside();
  const info = whole.next(SEQUENCE);
  const algorithm = whole.next(SEQUENCE).raw;
  const [unused, ...signature] = whole.next(BIT_STRING).content;
  if (unused !== 0) return err("its signature is no whole number of octets");
  if (!outer.isAtEnd || !whole.isAtEnd) return err("something follows the request");
  const fields = new DerReader(info.content);
  if (hexOf(fields.next(INTEGER).content) !== "00") return err("it is of another version than 0");
  const attributes = subjectOf(fields.next(SEQUENCE).raw);
  const spki = fields.next(SEQUENCE).raw;
  const asked = fields.optional(0xa0)?.content ?? new Uint8Array();
  if (!fields.isAtEnd) return err("something follows its attributes");

  const fault = subjectFault(attributes, expected) ?? keyFault(spki) ?? attributesFault(asked, expected);
  if (fault !== null) return err(fault);
  // Who cannot sign with the key is not who has it.
  if (!(await isSignedBy({ data: info.raw, algorithm, signature: Uint8Array.from(signature) }, spki)))
    return err("its own signature is wrong, or of an algorithm that is not believed");
  return ok({ der, spki, subject: subjectText(attributes) });
}

/** [OCPP 2.x A00, NIST SP 800-57] 112 bits of strength at least; FIPS 186-5 says what exponent is one. */
function keyFault(spki: Uint8Array): string | null {
  const key = strongKey(spki);
  if (key === null) return "its key is too weak, too large or of another kind: P-256, P-384 or RSA of 2,048 bits";
  const info = new DerReader(spki).inside();
  if (key.kind === "EC") {
    if (key.curve.name === "P-521") return "its key is on P-521: P-256 or P-384 is taken";
    info.next(SEQUENCE);
    // [RFC 5480 §2.2] Few CAs sign the other forms, and some write the point anew: the certificate would be of no key that is known here.
    return info.next(BIT_STRING).content[1] === UNCOMPRESSED
      ? null
      : "its key is a compressed point: an uncompressed one is taken";
  }
  info.next(SEQUENCE);
  const numbers = new DerReader(info.next(BIT_STRING).content.subarray(1)).inside();
  numbers.next(INTEGER);
  const exponent = BigInt(`0x${hexOf(numbers.next(INTEGER).content) || "0"}`);
  const isSafe = exponent >= 65_537n && exponent < 1n << 256n && exponent % 2n === 1n;
  return isSafe ? null : "the exponent of its key is no odd number from 65,537 on";
}

/** [RFC 2985 §5.4.2] Of all attributes the wish for extensions alone. */
function attributesFault(asked: Uint8Array, expected: ExpectedSubject): string | null {
  const all = new DerReader(asked);
  let isThere = false;
  while (!all.isAtEnd) {
    const one = all.inside();
    const type = oidOf(one.next(OID).content);
    if (type !== EXTENSION_REQUEST) return `it has an attribute that is not of the profile (${type})`;
    const values = one.inside(SET);
    if (isThere) return "it asks for extensions twice";
    isThere = true;
    const extensions = extensionsOf(values);
    if (!values.isAtEnd || !one.isAtEnd) return "it asks for extensions twice";
    const fault = extensionsFault(extensions, expected);
    if (fault !== null) return fault;
  }
  return null;
}

function extensionsFault(extensions: ReturnType<typeof extensionsOf>, expected: ExpectedSubject): string | null {
  if (new Set(extensions.map(({ oid }) => oid)).size < extensions.length) return "an extension comes twice";
  for (const { oid, value } of extensions) {
    const fault = extensionFault(oid, value, expected);
    if (fault !== null) return fault;
  }
  return null;
}

function extensionFault(oid: string, value: Uint8Array, { commonName }: ExpectedSubject): string | null {
  const reader = new DerReader(value);
  switch (oid) {
    case SUBJECT_KEY_ID:
      return null;
    case KEY_USAGE: {
      const [unused = 0, first = 0, ...more] = reader.next(BIT_STRING).content;
      const isOthers = (first & ~USAGES) !== 0 || more.some((byte) => byte !== 0);
      if (unused > 7 || isOthers) return "it asks for a key usage that is no client's";
      return (first & DIGITAL_SIGNATURE) === 0 ? "its key usage has no digitalSignature" : null;
    }
    case EXTENDED_KEY_USAGE: {
      const all = reader.inside();
      while (!all.isAtEnd) {
        if (oidOf(all.next(OID).content) !== CLIENT_AUTH) return "it asks for an extended key usage beside clientAuth";
      }
      return null;
    }
    case BASIC_CONSTRAINTS: {
      const constraints = reader.inside();
      const isCa = constraints.optional(BOOLEAN)?.content[0] ?? 0;
      return isCa !== 0 || !constraints.isAtEnd ? "it asks to be a CA" : null;
    }
    case SUBJECT_ALTERNATIVE_NAME: {
      const all = reader.inside();
      while (!all.isAtEnd) {
        const { tag, content } = all.next();
        if (tag !== DNS_NAME || new TextDecoder().decode(content) !== commonName)
          return "it asks for an alternative name that is not its common name";
      }
      return null;
    }
    default:
      return `it asks for an extension that is not of the profile (${oid})`;
  }
}
