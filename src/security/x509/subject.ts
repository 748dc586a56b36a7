/**
 * A subject's attributes from DER, taken only where every reader of it must read the same. Must not know whose subject it is.
 */
import { DerError, DerReader, hexOf, OID, oidOf, SEQUENCE } from "./der.ts";

export interface SubjectAttribute {
  /** As RFC 4519 names it. */
  type: string;
  value: string;
}

const SET = 0x31;
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const IA5_STRING = 0x16;
/** By the bytes of its OID: one that is written another way, or is of another kind, is another one to some reader. */
const TYPES: Readonly<Record<string, string>> = {
  "550403": "CN",
  "55040a": "O",
  ...{ "550405": "serialNumber", "550406": "C", "550407": "L", "550408": "ST", "55040b": "OU", "55040c": "title" },
  "0992268993f22c640119": "DC",
  "0992268993f22c640101": "UID",
  "2a864886f70d010901": "emailAddress",
};

/** Of which IA5String is the kind. */
const ADDRESSES = ["DC", "emailAddress"];

/**
 * In order. A relative name of several attributes, or a string of a kind that readers differ in, is refused: the CA, the edge and we
 * would each read another name. @throws DerError
 */
export function subjectOf(der: Uint8Array): SubjectAttribute[] {
  const attributes: SubjectAttribute[] = [];
  const names = new DerReader(der).inside(SEQUENCE);
  while (!names.isAtEnd) {
    const set = names.inside(SET);
    const one = set.inside(SEQUENCE);
    if (!set.isAtEnd) throw new DerError("a relative name of its subject has several attributes");
    const oid = one.next(OID).content;
    const type = TYPES[hexOf(oid)];
    if (type === undefined) throw new DerError(`its subject has an attribute that is not known here (${oidOf(oid)})`);
    const { tag, content } = one.next();
    if (!one.isAtEnd) throw new DerError("an attribute of its subject is no plain one");
    attributes.push({ type, value: textOf(tag, content, type) });
  }
  return attributes;
}

/** [RFC 5280 §4.1.2.4] UTF8String or PrintableString; IA5String is for domains and mailboxes. */
function textOf(tag: number, content: Uint8Array, named: string): string {
  const isAscii = tag === PRINTABLE_STRING || (tag === IA5_STRING && ADDRESSES.includes(named));
  if (tag !== UTF8_STRING && !isAscii)
    throw new DerError(`its ${named} is a string of the kind ${tag}: a UTF8String or PrintableString is taken`);
  if (isAscii && content.some((byte) => byte >= 0x80)) throw new DerError(`its ${named} has what is not ASCII`);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a NUL ends a name for some, and for others not
    if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) throw new DerError(`its ${named} has a control character`);
    return text;
  } catch (error) {
    if (error instanceof DerError) throw error;
    throw new DerError(`its ${named} is no UTF-8`);
  }
}

/** For people: `CN=CS001,O=Operator`, in the order that it has. */
export const subjectText = (attributes: readonly SubjectAttribute[]): string =>
  attributes.map(({ type, value }) => `${type}=${value.replaceAll(/[\\,+"<>;=]/g, String.raw`\$&`)}`).join(",");

/** Of a name that need not be readable here. */
export function nameText(der: Uint8Array): string {
  try {
    return subjectText(subjectOf(der));
  } catch {
    return `#${hexOf(der)}`;
  }
}

/** Who it must be. */
export interface ExpectedSubject {
  commonName: string;
  /** Absent: any one. */
  organization?: string;
}

/** By the rules of a connection ([security/admission.ts]): one CN, which is this; one O at most. `null`: nothing is wrong. */
export function subjectFault(attributes: readonly SubjectAttribute[], expected: ExpectedSubject): string | null {
  const commonNames = attributes.filter(({ type }) => type === "CN");
  const organizations = attributes.filter(({ type }) => type === "O");
  if (commonNames.length !== 1) return `its subject has ${commonNames.length} common names: one is needed`;
  if (organizations.length > 1) return "its subject has several organizations";
  if (commonNames[0]?.value !== expected.commonName) return "its common name is not this station's";
  const { organization } = expected;
  if (organization !== undefined && organizations[0]?.value !== organization)
    return "its organization is not this station's";
  return null;
}
