/**
 * The other certificate that counts for what a CA has signed: of an ECDSA signature (r, s) anybody can make (r, n - s), which is as good and
 * has another fingerprint. Whoever holds a certificate would get round whatever names it by that. Must not know what is named.
 */
import { BIT_STRING, DerError, DerReader, hexOf, INTEGER, OID, oidOf, SEQUENCE } from "./der.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** [RFC 5758 §3.2] ecdsa-with-SHA256, 384, 512; and [RFC 3279 §2.2.3] SHA1. */
const ECDSA = /^1\.2\.840\.10045\.4\.(?:1|3\.[1-4])$/;
/** [FIPS 186-4 §D.1.2] Orders of P-256, P-384 and P-521. */
const ORDERS = [
  0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
];

/** SHA-256, lower hex; `undefined`: it has none, as of an RSA signature. Not of what is no certificate. */
export async function twinFingerprint(der: Uint8Array): Promise<string | undefined> {
  const twin = twinOf(der);
  return twin === null ? undefined : await fingerprintOf(twin);
}

function twinOf(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  try {
    const certificate = new DerReader(der).inside();
    const body = certificate.next(SEQUENCE).raw;
    const algorithm = certificate.next(SEQUENCE).raw;
    const signature = certificate.next(BIT_STRING).content.subarray(1);
    if (!ECDSA.test(oidOf(new DerReader(algorithm).inside().next(OID).content))) return null;
    const numbers = new DerReader(signature).inside();
    const r = numbers.next(INTEGER);
    const [ofR, s] = [numberOf(r.content), numberOf(numbers.next(INTEGER).content)];
    // Whose key it was is not told here: the curve is the smallest that both fit, but for one in 2 ^ 128.
    const order = ORDERS.find((each) => ofR < each && s < each);
    if (order === undefined || s === 0n) return null;
    const other = element(SEQUENCE, r.raw, element(INTEGER, bytesOf(order - s)));
    return element(SEQUENCE, body, algorithm, element(BIT_STRING, Uint8Array.of(0), other));
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

const numberOf = (content: Uint8Array): bigint => BigInt(`0x${hexOf(content) || "0"}`);

/** Of a DER INTEGER, which is positive. */
function bytesOf(number: bigint): Uint8Array {
  const hex = number.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const bytes = Uint8Array.from(even.match(/../g) ?? [], (each) => Number.parseInt(each, 16));
  return (bytes[0] ?? 0) < 0x80 ? bytes : Uint8Array.of(0, ...bytes);
}

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengthBytes = length < 0x80 ? [length] : [...bytesOf(BigInt(length))].filter((byte, at) => at > 0 || byte > 0);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | lengthBytes.length, ...lengthBytes];
  const whole = new Uint8Array(head.length + length);
  whole.set(head);
  let at = head.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
