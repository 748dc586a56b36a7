/**
 * Whether a certificate is one that the local PKI issued, good now, for a station: by its bytes and node:crypto's signatures
 * alone. Must not know how the edge or OpenSSL's path building judge it.
 */
import { type KeyObject, verify } from "node:crypto";
import { bytesOf, childrenOf, type Der, decode, encode } from "./der.ts";

export interface Authorities {
  /** Of the root and the station CA. */
  keys: readonly KeyObject[];
  /** Upper hex. */
  revoked: ReadonlySet<string>;
}

const COMMON_NAME = "550403";
const KEY_USAGE = "551d0f";
const EXTENDED_KEY_USAGE = "551d25";
const CLIENT_AUTH = "2b06010505070302";
/** [RFC 5280 §4.2] Those that a verifier may know; any other critical one it must refuse. */
const KNOWN_EXTENSIONS = /^551d(?:0e|0f|11|12|13|1e|1f|20|21|23|24|25|36|2e)$/;
const DIGITAL_SIGNATURE_OR_AGREEMENT = 0x88;

export function isIssuedFor(
  certificate: Buffer,
  stationId: string,
  { keys, revoked }: Authorities,
  now: Date,
): boolean {
  try {
    const [tbs, , signature] = childrenOf(decode(certificate));
    if (tbs === undefined || signature === undefined) return false;
    const signed = encode(tbs);
    // Otherwise these are not the bytes that were signed, which are longer forms of the same.
    if (!certificate.includes(signed)) return false;
    if (!keys.some((key) => verify("sha256", signed, key, bytesOf(signature).subarray(1)))) return false;
    const [serial, , , validity, subject] = childrenOf(tbs).filter(({ tag }) => tag !== 0xa0);
    if (serial === undefined || validity === undefined || subject === undefined) return false;
    if (revoked.has(bytesOf(serial).toString("hex").toUpperCase())) return false;
    const [from, to] = childrenOf(validity).map(timeOf);
    if (from === undefined || to === undefined || !(from <= now.getTime() && now.getTime() < to)) return false;
    return isNamed(subject, stationId) && isForClients(childrenOf(tbs).find(({ tag }) => tag === 0xa3));
  } catch {
    return false;
  }
}

/** ms; NaN: it is no time. */
function timeOf({ tag, value }: Der): number {
  const text = String(value);
  const match = (
    tag === 0x17 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
  ).exec(text);
  if (match === null) return Number.NaN;
  const [year = 0, month = 0, ...rest] = match.slice(1).map(Number);
  const [day = 0, hour = 0, minute = 0, second = 0] = rest;
  return Date.UTC(tag === 0x17 ? year + (year < 50 ? 2000 : 1900) : year, month - 1, day, hour, minute, second);
}

/** By exactly one common name. */
function isNamed(subject: Der, stationId: string): boolean {
  const attributes = childrenOf(subject).flatMap(childrenOf).map(childrenOf);
  const names = attributes.filter(([type]) => type !== undefined && bytesOf(type).toString("hex") === COMMON_NAME);
  const [name] = names;
  return names.length === 1 && name?.[1] !== undefined && textOf(name[1]) === stationId;
}

function textOf(element: Der): string {
  const bytes = bytesOf(element);
  if (element.tag === 0x1e) return Buffer.from(bytes).swap16().toString("utf16le");
  if (element.tag === 0x1c)
    return Array.from({ length: bytes.length / 4 }, (_, i) => String.fromCodePoint(bytes.readUInt32BE(i * 4))).join("");
  return bytes.toString(element.tag === 0x0c ? "utf8" : "latin1");
}

function isForClients(extensions: Der | undefined): boolean {
  const list = childrenOf(childrenOf(extensions ?? { tag: 0, value: [] })[0] ?? { tag: 0, value: [] });
  return list.every((extension) => {
    const [type, ...rest] = childrenOf(extension);
    const [name, value] = [type === undefined ? "" : bytesOf(type).toString("hex"), rest.at(-1)];
    if (value === undefined) return false;
    if (name === EXTENDED_KEY_USAGE) {
      return childrenOf(decode(bytesOf(value))).some((use) => bytesOf(use).toString("hex") === CLIENT_AUTH);
    }
    if (name === KEY_USAGE) return ((bytesOf(decode(bytesOf(value)))[1] ?? 0) & DIGITAL_SIGNATURE_OR_AGREEMENT) !== 0;
    const isCritical = rest.length > 1 && rest[0] !== undefined && bytesOf(rest[0])[0] !== 0;
    return !isCritical || KNOWN_EXTENSIONS.test(name);
  });
}
