/**
 * What a TLS handshake showed of the client's certificate, in the words of `request.cf.tlsClientAuth`.
 * Must not know whether that is enough.
 */
import type { X509Certificate } from "node:crypto";
import type { ClientHandshake } from "./client-handshake.ts";
import { legacy, rfc2253 } from "./distinguished-name.ts";
import { keyIdOf } from "./strict-certificate.ts";
import { verificationReason } from "./verification-reason.ts";

export interface TlsClientAuth {
  certPresented: "0" | "1";
  certVerified: string;
  certRevoked: "0" | "1";
  certSubjectDN: string;
  certIssuerDN: string;
  certSubjectDNRFC2253: string;
  certIssuerDNRFC2253: string;
  certSubjectDNLegacy: string;
  certIssuerDNLegacy: string;
  certSerial: string;
  certIssuerSerial: string;
  certSKI: string;
  certIssuerSKI: string;
  certFingerprintSHA1: string;
  certFingerprintSHA256: string;
  certNotBefore: string;
  certNotAfter: string;
  certRFC9440: string;
  certRFC9440TooLarge: boolean;
  certChainRFC9440: string;
  certChainRFC9440TooLarge: boolean;
}

export interface Revocations {
  has(issuerKeyId: string, serial: string): boolean;
}

const LEAF_MAX_CHARACTERS = 10 * 1024;
const CHAIN_MAX_CHARACTERS = 16 * 1024;

/** The edge gives such an object also where no certificate was asked for. */
export const NO_CLIENT_CERTIFICATE: Readonly<TlsClientAuth> = Object.freeze({
  certPresented: "0",
  certVerified: "NONE",
  certRevoked: "0",
  certSubjectDN: "",
  certIssuerDN: "",
  certSubjectDNRFC2253: "",
  certIssuerDNRFC2253: "",
  certSubjectDNLegacy: "",
  certIssuerDNLegacy: "",
  certSerial: "",
  certIssuerSerial: "",
  certSKI: "",
  certIssuerSKI: "",
  certFingerprintSHA1: "",
  certFingerprintSHA256: "",
  certNotBefore: "",
  certNotAfter: "",
  certRFC9440: "",
  certRFC9440TooLarge: false,
  certChainRFC9440: "",
  certChainRFC9440TooLarge: false,
});

/** The revocation is looked up anew each time: it may come between two requests of one connection. */
export function tlsClientAuthOf(
  { leaf, chain, issuer, fault }: ClientHandshake,
  revocations: Revocations,
): Readonly<TlsClientAuth> {
  const issuerKeyId = issuer === null ? "" : keyIdOf(issuer);
  const leafText = byteSequence(leaf);
  const chainText = chain.map(byteSequence).join(", ");
  const isLeafTooLarge = leafText.length > LEAF_MAX_CHARACTERS;
  const isChainTooLarge = chainText.length > CHAIN_MAX_CHARACTERS;
  const subject = rfc2253(leaf.subject ?? "");
  const issuerName = rfc2253(leaf.issuer ?? "");
  return {
    certPresented: "1",
    certVerified: fault === null ? "SUCCESS" : `FAILED:${verificationReason(fault)}`,
    // As on the edge: only a certificate that is otherwise good is looked up.
    certRevoked: fault === null && revocations.has(issuerKeyId, leaf.serialNumber) ? "1" : "0",
    certSubjectDN: subject,
    certIssuerDN: issuerName,
    certSubjectDNRFC2253: subject,
    certIssuerDNRFC2253: issuerName,
    certSubjectDNLegacy: legacy(leaf.subject ?? ""),
    certIssuerDNLegacy: legacy(leaf.issuer ?? ""),
    certSerial: leaf.serialNumber.toUpperCase(),
    certIssuerSerial: issuer?.serialNumber.toUpperCase() ?? "",
    certSKI: keyIdOf(leaf),
    certIssuerSKI: issuerKeyId,
    certFingerprintSHA1: lowerHex(leaf.fingerprint),
    certFingerprintSHA256: lowerHex(leaf.fingerprint256),
    certNotBefore: leaf.validFrom,
    certNotAfter: leaf.validTo,
    certRFC9440: isLeafTooLarge ? "" : leafText,
    certRFC9440TooLarge: isLeafTooLarge,
    certChainRFC9440: isChainTooLarge ? "" : chainText,
    certChainRFC9440TooLarge: isChainTooLarge,
  };
}

/** [RFC 9440 §2.2] A structured field's byte sequence. */
function byteSequence(certificate: X509Certificate): string {
  return `:${certificate.raw.toString("base64")}:`;
}

function lowerHex(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}
