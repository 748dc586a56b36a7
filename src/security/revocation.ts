/**
 * What names a certificate that must not be let in: its fingerprint, or its issuer's key with the serial number that this gave it. Must
 * not know where revocations are kept.
 */
import { hexOf } from "./x509/der.ts";

/** [RFC 5280 §5.3.1], as backends write them. */
export const REVOCATION_REASONS = [
  "unspecified",
  "keyCompromise",
  "cACompromise",
  "affiliationChanged",
  "superseded",
  "cessationOfOperation",
  "certificateHold",
  "privilegeWithdrawn",
  "aACompromise",
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** What of a certificate may be revoked. */
export interface RevocableFacts {
  /** SHA-256, lower hex. */
  fingerprint: string;
  /** Of the same with the other signature that anybody can make of its own (x509/twin.ts); absent: there is none, or it is not known. */
  twin?: string;
  /** Of the key that signed it, and what that counted it by; absent: not known. */
  issuerKeyId?: string;
  serialNumber?: string;
}

export interface SerialOfIssuer {
  issuer: string;
  serialNumber: string;
}

/** Lower hex with its sign, without colons and zeros in front: written in many ways, it is one number. */
export const normalizeSerial = (serial: string): string =>
  serial
    .replaceAll(/[:\s]/g, "")
    .toLowerCase()
    .replace(/^(-?)0+(?=.)/, "$1")
    .replace(/^-0$/, "0");

/** Of the bytes of a DER INTEGER: two's complement, which no text of it is. */
export function serialOfDer(content: Uint8Array): string {
  const hex = hexOf(content);
  if ((content[0] ?? 0) < 0x80) return normalizeSerial(hex);
  return `-${((1n << BigInt(content.length * 8)) - BigInt(`0x${hex}`)).toString(16)}`;
}

export const fingerprintKey = (fingerprint: string): string => `sha256:${fingerprint}`;
export const isFingerprintKey = (key: string): boolean => key.startsWith(fingerprintKey(""));
export const serialKey = ({ issuer, serialNumber }: SerialOfIssuer): string => `serial:${issuer}:${serialNumber}`;

const ISSUED_BY = "issuer:";
/** What stands for all that a CA's key signed. */
export const issuedByKey = (keyId: string): string => `${ISSUED_BY}${keyId}`;
/** `null`: it stands for one certificate. */
export const issuerOfKey = (key: string): string | null =>
  key.startsWith(ISSUED_BY) ? key.slice(ISSUED_BY.length) : null;

/** All by which this certificate may be revoked. */
export function revocationKeys({ fingerprint, twin, issuerKeyId, serialNumber }: RevocableFacts): string[] {
  const keys = [fingerprintKey(fingerprint)];
  if (issuerKeyId !== undefined && serialNumber !== undefined)
    keys.push(serialKey({ issuer: issuerKeyId, serialNumber }));
  if (twin !== undefined) keys.push(fingerprintKey(twin));
  return keys;
}
