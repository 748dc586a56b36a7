/**
 * DER as a tree that can be changed and written again, and made wrong from a seeded random source. Must not know certificates.
 */
import { pick, type Rng } from "../support/ocpp-samples.ts";
import { below, randomBytes } from "./bytes.ts";

export interface Der {
  tag: number;
  /** Bytes, or the elements in them. */
  value: Buffer | Der[];
}

const CONSTRUCTED = 0x20;

export const der = (tag: number, ...parts: (Der | Buffer)[]): Der =>
  parts.every((part) => !Buffer.isBuffer(part))
    ? { tag, value: parts as Der[] }
    : { tag, value: Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : encode(part)))) };

export const oid = (hex: string): Der => ({ tag: 0x06, value: Buffer.from(hex, "hex") });

/** @throws RangeError where the bytes are no one element */
export function decode(bytes: Buffer): Der {
  const [element, end] = elementAt(bytes, 0);
  if (end !== bytes.length) throw new RangeError("bytes behind the element");
  return element;
}

function elementAt(bytes: Buffer, at: number): [Der, number] {
  const tag = bytes.readUInt8(at);
  const first = bytes.readUInt8(at + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4) throw new RangeError("a length that is none");
  const start = at + 2 + lengthBytes;
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes));
  if (end > bytes.length) throw new RangeError("an element that is cut off");
  const content = bytes.subarray(start, end);
  if ((tag & CONSTRUCTED) === 0) return [{ tag, value: content }, end];
  const children: Der[] = [];
  for (let offset = 0; offset < content.length; ) {
    const [child, next] = elementAt(content, offset);
    children.push(child);
    offset = next;
  }
  return [{ tag, value: children }, end];
}

export function encode({ tag, value }: Der): Buffer {
  const content = Buffer.isBuffer(value) ? value : Buffer.concat(value.map(encode));
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16).padStart(Math.ceil(length.toString(16).length / 2) * 2, "0");
  return Buffer.concat([Buffer.from([0x80 | (hex.length / 2)]), Buffer.from(hex, "hex")]);
}

export const childrenOf = ({ value }: Der): Der[] => (Buffer.isBuffer(value) ? [] : value);
export const bytesOf = ({ value }: Der): Buffer => (Buffer.isBuffer(value) ? value : Buffer.concat(value.map(encode)));

const STRING_TAGS = [0x0c, 0x13, 0x14, 0x16, 0x1a, 0x1b, 0x1c, 0x1e];
const TAGS = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa3, ...STRING_TAGS];

/** One element of the tree made wrong; what is around it stays well-formed. */
export function mutateTree(root: Der, rng: Rng): Der {
  const copy = copyOf(root);
  const places = placesIn(copy);
  if (places.length === 0) return copy;
  const { parent, index } = pick(rng, places);
  const element = parent[index] as Der;
  switch (below(rng, 7)) {
    case 0:
      parent.splice(index, 1);
      break;
    case 1:
      parent.splice(index, 0, element);
      break;
    case 2:
      parent[index] = { ...element, tag: pick(rng, TAGS) };
      break;
    case 3:
      parent[index] = { ...element, value: randomBytes(rng, below(rng, 40)) };
      break;
    case 4:
      parent[index] = { ...element, value: flipped(bytesOf(element), rng) };
      break;
    case 5:
      parent.reverse();
      break;
    default:
      parent[index] = {
        ...element,
        value: Buffer.concat(Array.from({ length: 1 + below(rng, 60) }, () => bytesOf(element))),
      };
  }
  return copy;
}

const copyOf = ({ tag, value }: Der): Der => ({ tag, value: Buffer.isBuffer(value) ? value : value.map(copyOf) });

function placesIn(element: Der): { parent: Der[]; index: number }[] {
  const parent = childrenOf(element);
  return parent.flatMap((child, index) => [{ parent, index }, ...placesIn(child)]);
}

function flipped(bytes: Buffer, rng: Rng): Buffer {
  const copy = Buffer.from(bytes);
  const at = below(rng, copy.length);
  if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << below(rng, 8));
  return copy;
}
