/**
 * An OCSP request for one certificate, as OCPP names that. Must not know who is asked.
 */

/** [OCPP 2.x OCSPRequestDataType] */
export interface OcspRequestData {
  hashAlgorithm: string;
  issuerNameHash: string;
  issuerKeyHash: string;
  serialNumber: string;
}

/** [RFC 5754 §2] Under 2.16.840.1.101.3.4.2. */
const HASHES: Readonly<Record<string, number>> = { SHA256: 1, SHA384: 2, SHA512: 3 };
const HASH_ARC = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

/** [RFC 6960 §4.1.1] DER; `null`: what it holds is no hex, or of no hash that is known. */
export function ocspRequest(data: OcspRequestData): Uint8Array<ArrayBuffer> | null {
  const hash = HASHES[data.hashAlgorithm];
  const [name, key, serial] = [data.issuerNameHash, data.issuerKeyHash, data.serialNumber].map(bytesOfHex);
  if (hash === undefined || !name || !key || !serial) return null;
  const algorithm = element(0x30, [...element(0x06, [...HASH_ARC, hash]), 0x05, 0x00]);
  // An INTEGER: positive, whatever its first bit.
  const number = (serial[0] ?? 0) >= 0x80 ? [0, ...serial] : serial;
  const certificate = [...algorithm, ...element(0x04, name), ...element(0x04, key), ...element(0x02, number)];
  const request = element(0x30, element(0x30, certificate));
  return new Uint8Array(element(0x30, element(0x30, element(0x30, request))));
}

function bytesOfHex(hex: string): number[] | null {
  if (!/^[0-9a-f]{1,128}$/i.test(hex)) return null;
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Array.from(even.matchAll(/../g), ([pair]) => Number.parseInt(pair, 16));
}

/** All of it has fewer than 65,536 bytes. */
function element(tag: number, content: readonly number[]): number[] {
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...header, ...content];
}
