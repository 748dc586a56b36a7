/**
 * From what the edge saw of a client certificate (`request.cf.tlsClientAuth`) to facts that may be trusted, or the
 * reason why not. Must not know which station asks.
 */
import { err, ok, type Result } from "../result.ts";
import { parseDistinguishedName } from "./distinguished-name.ts";
import type { RefusalReason } from "./refusal.ts";
import { normalizeSerial } from "./revocation.ts";

export interface CertificateFacts {
  commonName: string;
  organization: string | null;
  /** SHA-256, lower hex. */
  fingerprint: string;
  /** [revocation.ts] */
  twin?: string;
  /** ms since the epoch. */
  notAfter: number;
  /** Of the key that signed it, and its number there; absent where the edge did not say. */
  issuerKeyId?: string;
  serialNumber?: string;
}

/** The fields of `tlsClientAuth` that are read here; every one is checked, since the platform may leave any out. */
export type TlsClientAuth = Readonly<Record<string, unknown>>;

export interface IssuerSettings {
  /** Lower hex without colons; empty: every CA that the edge trusts for this host. */
  allowedSkis: readonly string[];
  /** Whether "expired" is said of certificates alone whose issuer is proven, as the local front does. */
  expiredIsProven: boolean;
}

/** @param now ms since the epoch */
export function verifyCertificate(
  presented: TlsClientAuth | undefined,
  { allowedSkis, expiredIsProven }: IssuerSettings,
  now: number,
): Result<CertificateFacts, RefusalReason> {
  const field = (name: string): string => (typeof presented?.[name] === "string" ? presented[name] : "");
  if (field("certPresented") !== "1") return err("certificate-missing");
  const isNamed = allowedSkis.includes(normalizeSki(field("certIssuerSKI")));
  // The reasons behind FAILED: are open-ended; only SUCCESS is success.
  if (field("certVerified") !== "SUCCESS") {
    // A verification that goes on after a fault tells the last one: a stranger's own certificate may have expired too.
    const isExpired = field("certVerified").includes("expired") && (expiredIsProven || isNamed);
    return err(isExpired ? "certificate-expired" : "certificate-unverified");
  }
  if (allowedSkis.length > 0 && !isNamed) return err("certificate-issuer-not-allowed");
  // A revoked certificate is still SUCCESS.
  if (field("certRevoked") !== "0") return err("certificate-revoked");
  const notAfter = Date.parse(field("certNotAfter"));
  const fingerprint = field("certFingerprintSHA256").toLowerCase();
  const subject = parseDistinguishedName(field("certSubjectDNRFC2253"));
  if (Number.isNaN(notAfter) || !/^[0-9a-f]{64}$/.test(fingerprint) || subject === null) {
    return err("certificate-unreadable");
  }
  if (notAfter <= now) return err("certificate-expired");
  const commonNames = subject.filter(({ type }) => type === "CN");
  const organizations = subject.filter(({ type }) => type === "O");
  // With two common names each party may read the other one.
  if (commonNames.length !== 1 || organizations.length > 1) return err("certificate-unreadable");
  const commonName = commonNames[0]?.value ?? null;
  if (commonName === null || organizations[0]?.value === null) return err("certificate-unreadable");
  const issuerKeyId = normalizeSki(field("certIssuerSKI"));
  const serialNumber = normalizeSerial(field("certSerial"));
  return ok({
    commonName,
    organization: organizations[0]?.value ?? null,
    fingerprint,
    notAfter,
    ...(issuerKeyId !== "" && serialNumber !== "" && { issuerKeyId, serialNumber }),
  });
}

/** Key identifiers come with or without colons. */
export const normalizeSki = (ski: string): string => ski.replaceAll(":", "").trim().toLowerCase();
