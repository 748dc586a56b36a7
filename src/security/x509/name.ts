/**
 * Whether two distinguished names are one, whatever strings they are written in. Must not know whose they are.
 */
import { DerError, DerReader, hexOf, OID, SEQUENCE } from "./der.ts";

const SET = 0x31;
/** [RFC 5280 §4.1.2.4] DirectoryString, and IA5String for mailboxes and domains. */
const UTF8_STRING = 0x0c;
const BMP_STRING = 0x1e;
const UNIVERSAL_STRING = 0x1c;
/** A character is a byte: PrintableString, TeletexString, IA5String. */
const BYTE_STRINGS = [0x13, 0x14, 0x16];
/** 1.2.840.113549.1.9.1, as it stands in DER. */
const EMAIL_ADDRESS = "2a864886f70d010901";

interface Attribute {
  /** Its OID's bytes in hex: as a number an arc may be too long to be told from another. */
  type: string;
  value: string;
}

/**
 * [RFC 5280 §7.1] Attributes in order, case folded, inner spaces made one: a text that is the same for names that match.
 * @param der of a Name @throws DerError
 */
export const comparableName = (der: Uint8Array): string => JSON.stringify(rdnsOf(der));

/** Its relative names, each comparable. @throws DerError */
export const rdnsOf = (der: Uint8Array): string[] => relativeNames(der).map(comparableRdn);

/** [RFC 5280 §4.2.1.10] Mailboxes in a name. @throws DerError */
export const emailsOf = (der: Uint8Array): string[] =>
  relativeNames(der).flatMap((rdn) => rdn.flatMap(({ type, value }) => (type === EMAIL_ADDRESS ? [value] : [])));

function relativeNames(der: Uint8Array): Attribute[][] {
  const whole = new DerReader(der);
  const names = whole.inside();
  if (!whole.isAtEnd) throw new DerError("something follows a name");
  const found: Attribute[][] = [];
  while (!names.isAtEnd) {
    const set = names.inside(SET);
    const attributes: Attribute[] = [];
    while (!set.isAtEnd) {
      const attribute = set.inside(SEQUENCE);
      const type = hexOf(attribute.next(OID).content);
      const { tag, raw, content } = attribute.next();
      if (!attribute.isAtEnd) throw new DerError("something follows an attribute of a name");
      attributes.push({ type, value: textOf(tag, content) ?? `#${hexOf(raw)}` });
    }
    found.push(attributes);
  }
  return found;
}

/** A set has no order. */
const comparableRdn = (rdn: readonly Attribute[]): string =>
  JSON.stringify(rdn.map(({ type, value }) => `${type}=${comparableValue(value)}`).sort());

const comparableValue = (text: string): string => text.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase();

/** `null`: no string of a kind that is known here, or none that can be read: it is compared by its bytes. */
function textOf(tag: number, content: Uint8Array): string | null {
  if (BYTE_STRINGS.includes(tag)) return textBy(content, 1);
  if (tag === BMP_STRING) return textBy(content, 2);
  if (tag === UNIVERSAL_STRING) return textBy(content, 4);
  if (tag !== UTF8_STRING) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return null;
  }
}

/** @param width bytes of a character, the most significant first */
function textBy(content: Uint8Array, width: number): string | null {
  if (content.length % width !== 0) return null;
  let text = "";
  for (let at = 0; at < content.length; at += width) {
    const code = content.subarray(at, at + width).reduce((sum, byte) => sum * 256 + byte, 0);
    if (code > 0x10ffff) return null;
    text += String.fromCodePoint(code);
  }
  return text;
}
