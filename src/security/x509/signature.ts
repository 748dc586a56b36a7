/**
 * The signatures that are believed, and whether one is right. Must not know what was signed.
 */
import { DerReader, INTEGER, oidOf, OID, SEQUENCE } from "./der.ts";

interface Scheme {
  key: "RSA" | "EC";
  hash: "SHA-256" | "SHA-384" | "SHA-512";
}

/** [RFC 5758 §3.2, RFC 4055 §5] MD5 and SHA-1 are not among them: who finds a collision signs what the CA never saw. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  "1.2.840.113549.1.1.11": { key: "RSA", hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { key: "RSA", hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { key: "RSA", hash: "SHA-512" },
  "1.2.840.10045.4.3.2": { key: "EC", hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { key: "EC", hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { key: "EC", hash: "SHA-512" },
};
const RSA_KEY = "1.2.840.113549.1.1.1";
const EC_KEY = "1.2.840.10045.2.1";
const CURVES: Readonly<Record<string, { name: string; bytes: number }>> = {
  "1.2.840.10045.3.1.7": { name: "P-256", bytes: 32 },
  "1.3.132.0.34": { name: "P-384", bytes: 48 },
  "1.3.132.0.35": { name: "P-521", bytes: 66 },
};
/** Bits; [NIST SP 800-131A] less has not been enough since 2014. */
const RSA_MIN_BITS = 2_048;
/** Bits; a larger one costs CPU, and whoever shows a certificate chooses it. */
const RSA_MAX_BITS = 8_192;

type Key = { kind: "RSA" } | { kind: "EC"; curve: { name: string; bytes: number } };

/** `null`: of another kind, too weak, or too large to be worth the work. @param spki DER of a SubjectPublicKeyInfo */
export function strongKey(spki: Uint8Array): Key | null {
  const info = new DerReader(spki).inside();
  const algorithm = info.inside();
  const kind = oidOf(algorithm.next(OID).content);
  if (kind === EC_KEY) {
    const curve = algorithm.tag === OID ? CURVES[oidOf(algorithm.next(OID).content)] : undefined;
    return curve === undefined ? null : { kind: "EC", curve };
  }
  if (kind !== RSA_KEY) return null;
  const modulus = new DerReader(info.next().content.subarray(1)).inside().next(INTEGER).content;
  const bits = bitsOf(modulus);
  return bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS ? { kind: "RSA" } : null;
}

function bitsOf(integer: Uint8Array): number {
  const first = integer.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (integer.length - first) * 8 - Math.clz32(integer[first] ?? 0) + 24;
}

/** @param algorithm DER of an AlgorithmIdentifier */
export const isStrongSignature = (algorithm: Uint8Array): boolean => schemeOf(algorithm) !== undefined;

const schemeOf = (algorithm: Uint8Array): Scheme | undefined =>
  SCHEMES[oidOf(new DerReader(algorithm).inside().next(OID).content)];

export interface Signed {
  data: Uint8Array;
  algorithm: Uint8Array;
  signature: Uint8Array;
}

/** `false` too where the key or the algorithm is none that is believed. */
export async function isSignedBy(signed: Signed, keyOfSigner: Uint8Array): Promise<boolean> {
  const { algorithm } = signed;
  const [data, signature, spki] = [signed.data, signed.signature, keyOfSigner].map((each) => new Uint8Array(each)) as [
    ...[Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>],
  ];
  const scheme = schemeOf(algorithm);
  const key = strongKey(spki);
  if (scheme === undefined || key === null || key.kind !== scheme.key) return false;
  const { hash } = scheme;
  try {
    if (key.kind === "RSA") {
      const name = "RSASSA-PKCS1-v1_5";
      const imported = await crypto.subtle.importKey("spki", spki, { name, hash }, false, ["verify"]);
      return await crypto.subtle.verify(name, imported, signature, data);
    }
    const raw = rawSignature(signature, key.curve.bytes);
    if (raw === null) return false;
    const algorithmOfKey = { name: "ECDSA", namedCurve: key.curve.name };
    const imported = await crypto.subtle.importKey("spki", spki, algorithmOfKey, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash }, imported, raw, data);
  } catch {
    // A key that cannot be read, or a point that is on no curve, signed nothing.
    return false;
  }
}

/**
 * [RFC 3279 §2.2.3] SEQUENCE { r, s }; WebCrypto takes both side by side. `null`: it is not, or not as DER has it: with every other spelling
 * that counted, a certificate would have another fingerprint.
 */
function rawSignature(der: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> | null {
  const raw = new Uint8Array(bytes * 2);
  const whole = new DerReader(der);
  const both = whole.inside(SEQUENCE);
  const [r, s] = [both.next(INTEGER), both.next(INTEGER)];
  if (!both.isAtEnd || !whole.isAtEnd) return null;
  for (const [{ content }, end] of [
    [r, bytes],
    [s, bytes * 2],
  ] as const) {
    if (!isPositive(content)) return null;
    const digits = content.subarray(content.findIndex((byte) => byte !== 0));
    if (digits.length > bytes) return null;
    raw.set(digits, end - digits.length);
  }
  return raw;
}

/** [X.690 §8.3.2] Of the bytes of an INTEGER: not one more than it needs. */
const isPositive = ([first = 0x80, second = 0]: Uint8Array): boolean => (first > 0 ? first < 0x80 : second >= 0x80);
