/**
 * The key identifiers inside a certificate's DER, which Node does not give. Must not know what they are compared with.
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

const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const KEY_IDENTIFIER = 0x80;
const SUBJECT_KEY_IDENTIFIER = "551d0e";
const AUTHORITY_KEY_IDENTIFIER = "551d23";

/**
 * Walks the structure: a search for the bytes would also find them in a subject that was made to hold them. What is no DER
 * inside of an extension, which anybody may write, has no key identifier.
 */
export function keyIdentifiersOf(der: Buffer): KeyIdentifiers {
  try {
    return readKeyIdentifiers(der);
  } catch (error) {
    if (error instanceof RangeError) return { subject: "", authority: "" };
    throw error;
  }
}

function readKeyIdentifiers(der: Buffer): KeyIdentifiers {
  const found: KeyIdentifiers = { subject: "", authority: "" };
  const certificate = elementAt(der, 0);
  const tbs = elementAt(der, certificate.start);
  const extensions = childrenOf(der, tbs).find((child) => child.tag === EXTENSIONS);
  if (extensions === undefined) return found;
  for (const extension of childrenOf(der, elementAt(der, extensions.start))) {
    const parts = childrenOf(der, extension);
    const [oid, value] = [parts[0], parts.at(-1)];
    if (oid === undefined || value === undefined) continue;
    const name = hex(der, oid);
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
