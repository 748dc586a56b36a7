/**
 * What Node does not tell of the extensions inside a certificate's DER: its key identifiers, and whether they are whole. Must not know
 * what that is good for.
 */

export interface KeyIdentifiers {
  /** Lower hex, "" where the certificate has none. */
  subject: string;
  authority: string;
}

interface Element {
  tag: number;
  start: number;
  end: number;
}

interface Extension {
  /** Its object identifier's bytes, lower hex. */
  name: string;
  value: Element;
}

const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const KEY_IDENTIFIER = 0x80;
const SUBJECT_KEY_IDENTIFIER = "551d0e";
const AUTHORITY_KEY_IDENTIFIER = "551d23";
/** Those two, key usage, alternative names, basic constraints, name constraints, CRL distribution points, extended key usage. */
const VERIFIED = new Set(["0e", "23", "0f", "11", "13", "1e", "1f", "25"].map((last) => `551d${last}`));

/**
 * Walks the structure: a search for the bytes would also find them in a subject that was made to hold them. What is no DER
 * inside of an extension, which anybody may write, has no key identifier.
 */
export function keyIdentifiersOf(der: Buffer): KeyIdentifiers {
  return inBounds(() => readKeyIdentifiers(der), { subject: "", authority: "" });
}

/** [RFC 5280 §4.1] Whether each extension that a verifier reads holds one value and nothing behind it, which OpenSSL lets pass. */
export function areExtensionsWhole(der: Buffer): boolean {
  const isWhole = ({ name, value }: Extension) => !VERIFIED.has(name) || elementAt(der, value.start).end === value.end;
  return inBounds(() => extensionsOf(der).every(isWhole), false);
}

function inBounds<Read>(read: () => Read, otherwise: Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return otherwise;
    throw error;
  }
}

function readKeyIdentifiers(der: Buffer): KeyIdentifiers {
  const found: KeyIdentifiers = { subject: "", authority: "" };
  for (const { name, value } of extensionsOf(der)) {
    if (name !== SUBJECT_KEY_IDENTIFIER && name !== AUTHORITY_KEY_IDENTIFIER) continue;
    const inner = elementAt(der, value.start);
    if (inner.end > value.end) continue;
    if (name === SUBJECT_KEY_IDENTIFIER) found.subject = hex(der, inner);
    if (name === AUTHORITY_KEY_IDENTIFIER && inner.tag === SEQUENCE) {
      const keyId = childrenOf(der, inner).find((child) => child.tag === KEY_IDENTIFIER);
      if (keyId !== undefined) found.authority = hex(der, keyId);
    }
  }
  return found;
}

function extensionsOf(der: Buffer): Extension[] {
  const certificate = elementAt(der, 0);
  const tbs = elementAt(der, certificate.start);
  const extensions = childrenOf(der, tbs).find((child) => child.tag === EXTENSIONS);
  if (extensions === undefined) return [];
  return childrenOf(der, elementAt(der, extensions.start)).flatMap((extension) => {
    const parts = childrenOf(der, extension);
    const [oid, value] = [parts[0], parts.at(-1)];
    return oid === undefined || value === undefined ? [] : [{ name: hex(der, oid), value }];
  });
}

function hex(der: Buffer, element: Element): string {
  return der.toString("hex", element.start, element.end);
}

function childrenOf(der: Buffer, parent: Element): Element[] {
  const children: Element[] = [];
  for (let offset = parent.start; offset < parent.end; ) {
    const child = elementAt(der, offset);
    children.push(child);
    offset = child.end;
  }
  return children;
}

function elementAt(der: Buffer, offset: number): Element {
  const tag = der.readUInt8(offset);
  const first = der.readUInt8(offset + 1);
  if (first < 0x80) return { tag, start: offset + 2, end: offset + 2 + first };
  const lengthBytes = first & 0x7f;
  // [X.690 §10.1] DER has no indefinite length, and no certificate has four gigabytes.
  if (lengthBytes === 0 || lengthBytes > 4) throw new RangeError(`a length of ${lengthBytes} bytes`);
  const start = offset + 2 + lengthBytes;
  return { tag, start, end: start + der.readUIntBE(offset + 2, lengthBytes) };
}
