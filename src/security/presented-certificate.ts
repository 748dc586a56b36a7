/**
 * A client certificate as it was shown, for people to look at: bounded texts, none of which proves anything. Must not know what it
 * is looked at for, nor who may come in.
 */
import type { TlsClientAuth } from "./client-certificate.ts";

export interface PresentedCertificate {
  subject: string;
  /** SHA-256, lower hex; `null`: it could not be told. */
  fingerprint: string | null;
  verdict: string;
}

/** Characters of a subject that are shown: whoever makes a certificate writes it. */
const SUBJECT_MAX_LENGTH = 256;
/** Characters of the edge's verdict: its reasons are open-ended. */
const VERDICT_MAX_LENGTH = 100;

/** `null`: none was shown. */
export function presentedCertificate(shown: TlsClientAuth | undefined): PresentedCertificate | null {
  const field = (name: string): string => (typeof shown?.[name] === "string" ? shown[name] : "");
  if (field("certPresented") !== "1") return null;
  const fingerprint = field("certFingerprintSHA256").toLowerCase();
  // A revoked certificate is still SUCCESS.
  const verdict = field("certRevoked") === "1" ? `REVOKED, ${field("certVerified")}` : field("certVerified");
  return {
    subject: cutText(field("certSubjectDNRFC2253"), SUBJECT_MAX_LENGTH),
    fingerprint: /^[0-9a-f]{64}$/.test(fingerprint) ? fingerprint : null,
    verdict: cutText(verdict, VERDICT_MAX_LENGTH),
  };
}

/** A text of its own: a part of a long one would keep that in memory whole. */
export const cutText = (text: string, max: number): string => Array.from(text.slice(0, max)).join("").toWellFormed();
