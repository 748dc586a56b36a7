/**
 * The last certificates of a station, issued or shown, as one bounded document. Must not know where it is kept.
 */

import type { WatchedCertificate } from "./watch.ts";

/** Read by releases before and after: what is added is optional. Times are ms since the epoch. */
export interface CertificateRecord {
  /** SHA-256, lower hex. */
  fingerprint: string;
  subject: string | null;
  issuer: string | null;
  issuerKeyId: string | null;
  serialNumber: string | null;
  notAfter: number;
  /** Who had it signed: the setting CERTIFICATE_ISSUER then, or a backend by its own command (`csms`); absent: it was shown alone. */
  issuedBy?: string;
  issuedAt?: number;
  /** The station said Accepted, or said no. */
  takenAt?: number;
  refusedAt?: number;
  firstUsedAt?: number;
  /** Of one that is not in use any more. */
  lastUsedAt?: number;
  retiredAt?: number;
  /** What was done for its end, should it be in use once more. */
  watched?: Pick<WatchedCertificate, "since" | "told" | "renewal">;
}

/** Certificates that are kept, some 10 KB. */
export const CERTIFICATES_MAX = 20;

/** Newest first; what is known of it already stays. */
export function withRecord(all: readonly CertificateRecord[], record: CertificateRecord): CertificateRecord[] {
  const known = all.find(({ fingerprint }) => fingerprint === record.fingerprint);
  if (known === undefined) return [record, ...all].slice(0, CERTIFICATES_MAX);
  const told = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
  return all.map((each) => (each === known ? { ...known, ...told, ...firstUseOf(known) } : each));
}

const firstUseOf = ({ firstUsedAt }: CertificateRecord) => (firstUsedAt === undefined ? {} : { firstUsedAt });

export const withChange = (
  all: readonly CertificateRecord[],
  fingerprint: string,
  change: Partial<CertificateRecord>,
): CertificateRecord[] => all.map((each) => (each.fingerprint === fingerprint ? { ...each, ...change } : each));

/** How many were issued since then: what is asked of a CA for one station has a bound. */
export const issuedSince = (all: readonly CertificateRecord[], since: number): number =>
  all.filter(({ issuedAt, issuedBy }) => issuedBy !== "csms" && issuedAt !== undefined && issuedAt >= since).length;
