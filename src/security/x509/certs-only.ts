/**
 * The certificates of a PKCS #7 message that holds nothing else, as EST answers, and those of a PEM text. Must not know whose they are.
 */
import { DerError, DerReader, INTEGER, OID, oidOf, SEQUENCE } from "./der.ts";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const SET = 0x31;
/** Certificates of one answer: a chain has three or four. */
const GIVEN_MAX = 10;

/** [RFC 5652 §5.1, RFC 7030 §4.2.3] In any order. @throws DerError */
export function certsOnly(der: Uint8Array): Uint8Array[] {
  const content = new DerReader(der).inside();
  if (oidOf(content.next(OID).content) !== SIGNED_DATA) throw new DerError("it is no signed-data");
  const data = content.inside(0xa0).inside();
  data.next(INTEGER);
  data.next(SET);
  data.next(SEQUENCE);
  const all = new DerReader(data.optional(0xa0)?.content ?? new Uint8Array());
  const found: Uint8Array[] = [];
  while (!all.isAtEnd) {
    // Attribute certificates have another tag, and are nobody's here.
    const { tag, raw } = all.next();
    if (tag === SEQUENCE) found.push(raw);
    if (found.length > GIVEN_MAX) throw new DerError(`it has more than ${GIVEN_MAX} certificates`);
  }
  return found;
}

/** @param max of a text that somebody else wrote @throws DerError */
export function certificatesOfPem(pem: string, max = GIVEN_MAX): Uint8Array[] {
  const blocks = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)];
  if (blocks.length > max) throw new DerError(`it has more than ${max} certificates`);
  return blocks.map(([, base64 = ""]) => bytesOfBase64(base64));
}

/** With line breaks or without. @throws DerError */
export function bytesOfBase64(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64.replaceAll(/\s/g, "")), (each) => each.charCodeAt(0));
  } catch {
    throw new DerError("its base64 is none");
  }
}
