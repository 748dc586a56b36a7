/**
 * Reads DER, one element after the other, without making an object of all that is in it: a list of revoked certificates has too many
 * for the library. Must not know what an element means.
 */

export interface Element {
  tag: number;
  /** With tag and length. */
  raw: Uint8Array;
  content: Uint8Array;
}

export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const BOOLEAN = 0x01;
export const ENUMERATED = 0x0a;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
/** Bytes of a length: 4 GB. */
const LENGTH_MAX_BYTES = 4;

/** What is read is not DER, or not what it should be. */
export class DerError extends Error {}

/** Elements of one content, in order. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of what comes; -1: nothing does. */
  get tag(): number {
    return this.#bytes[this.#at] ?? -1;
  }

  /** @throws DerError where another one comes, or one that is not whole */
  next(tag?: number): Element {
    const bytes = this.#bytes;
    const from = this.#at;
    const found = bytes[from];
    if (found === undefined || (tag !== undefined && found !== tag)) throw new DerError("another element was expected");
    let length = bytes[from + 1] ?? 0x80;
    let start = from + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > LENGTH_MAX_BYTES) throw new DerError("a length that is none");
      length = 0;
      for (let each = 0; each < count; each++) length = length * 256 + (bytes[start + each] ?? 0);
      // [X.690 §10.1] In another spelling the same would have another fingerprint.
      if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError("a length that is longer than it need be");
      start += count;
    }
    const end = start + length;
    if (end > bytes.length) throw new DerError("an element is cut off");
    this.#at = end;
    return { tag: found, raw: bytes.subarray(from, end), content: bytes.subarray(start, end) };
  }

  optional(tag: number): Element | null {
    return this.tag === tag ? this.next(tag) : null;
  }

  /** Of a sequence that comes. */
  inside(tag: number = SEQUENCE): DerReader {
    return new DerReader(this.next(tag).content);
  }

  /** ms since the epoch */
  time(): number {
    const { tag, content } = this.next();
    const text = new TextDecoder().decode(content);
    const [, year = "", rest = ""] =
      (tag === UTC_TIME && /^(\d\d)(\d{10})Z$/.exec(text)) ||
      (tag === GENERALIZED_TIME && /^(\d{4})(\d{10})Z$/.exec(text)) ||
      [];
    // [RFC 5280 §4.1.2.5.1] From 50 on it is the last century.
    const full = year.length === 4 ? year : `${Number(year) >= 50 ? "19" : "20"}${year}`;
    const [month, day, hour, minute, second] = rest.match(/\d\d/g) ?? [];
    const at = Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(at)) throw new DerError("a time that is none");
    return at;
  }
}

export const hexOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
};

export function oidOf(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first = 0, ...others] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...others].join(".");
}

export interface DerExtension {
  oid: string;
  critical: boolean;
  value: Uint8Array;
}

/** [RFC 5280 §4.1] Extensions ::= SEQUENCE OF Extension. */
export function extensionsOf(reader: DerReader): DerExtension[] {
  const found: DerExtension[] = [];
  const all = reader.inside();
  while (!all.isAtEnd) {
    const one = all.inside();
    const oid = oidOf(one.next(OID).content);
    const critical = truthOf(one.optional(BOOLEAN));
    const { content: value } = one.next(OCTET_STRING);
    if (!one.isAtEnd) throw new DerError("something follows the value of an extension");
    found.push({ oid, critical, value });
  }
  return found;
}

/** [X.690 §11.1] Of another number each party would read another truth. */
function truthOf(element: Element | null): boolean {
  if (element === null) return false;
  const [byte, ...more] = element.content;
  if (more.length > 0 || (byte !== 0 && byte !== 0xff)) throw new DerError("a truth that is neither");
  return byte === 0xff;
}
