/**
 * From what the edge saw of a client certificate (`request.cf.tlsClientAuth`) to facts that may be trusted, or the
 * reason why not. Must not know which station asks.
 */
import { err, ok, type Result } from "../result.ts";
import { parseDistinguishedName } from "./distinguished-name.ts";
import type { RefusalReason } from "./refusal.ts";

export interface CertificateFacts {
  commonName: string;
  organization: string | null;
  /** SHA-256, lower hex. */
  fingerprint: string;
  /** ms since the epoch. */
  notAfter: number;
}

/** The fields of `tlsClientAuth` that are read here; every one is checked, since the platform may leave any out. */
export type TlsClientAuth = Readonly<Record<string, unknown>>;

/**
 * @param allowedIssuerSkis lower hex without colons; empty: every CA that the edge trusts for this host.
 * @param now ms since the epoch
 */
export function verifyCertificate(
  presented: TlsClientAuth | undefined,
  allowedIssuerSkis: readonly string[],
  now: number,
): Result<CertificateFacts, RefusalReason> {
  const field = (name: string): string => (typeof presented?.[name] === "string" ? presented[name] : "");
  if (field("certPresented") !== "1") return err("certificate-missing");
  // The reasons behind FAILED: are open-ended; only SUCCESS is success.
  if (field("certVerified") !== "SUCCESS") {
    return err(field("certVerified").includes("expired") ? "certificate-expired" : "certificate-unverified");
  }
  // A revoked certificate is still SUCCESS.
  if (field("certRevoked") !== "0") return err("certificate-revoked");
  if (allowedIssuerSkis.length > 0 && !allowedIssuerSkis.includes(normalizeSki(field("certIssuerSKI")))) {
    return err("certificate-issuer-not-allowed");
  }
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
  return ok({
    commonName: commonNames[0]?.value ?? "",
    organization: organizations[0]?.value ?? null,
    fingerprint,
    notAfter,
  });
}

/** Key identifiers come with or without colons. */
export const normalizeSki = (ski: string): string => ski.replaceAll(":", "").trim().toLowerCase();
