/**
 * The certificates of a station as the API shows them. Must not know which of them are revoked.
 */
import type { CertificateRecord } from "../../security/certificate/history.ts";
import { isLetIn } from "../../security/certificate/succession.ts";
import type { StationContext } from "../object/context.ts";
import type { CertificateView } from "../station-rpc.ts";
import type { StoredRegistration } from "../storage/facts.ts";
import { lastEnded } from "../storage/past-connections.ts";
import { Certificates } from "./certificates.ts";

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** Newest first. */
export function certificateViews(context: StationContext): CertificateView[] {
  const { store, eventLog } = context;
  const registration = store.fact("registration");
  const current = store.fact("certificate")?.fingerprint;
  const lastUsedAt = (record: CertificateRecord) =>
    record.fingerprint !== current || record.firstUsedAt === undefined
      ? record.lastUsedAt
      : eventLog.connection?.certificate?.fingerprint === current
        ? context.now()
        : (lastEnded(eventLog.past)?.endedAt ?? record.firstUsedAt);
  return new Certificates(context).all.map((record): CertificateView => {
    const { fingerprint, subject, issuer, issuerKeyId, serialNumber, notAfter, issuedBy } = record;
    return {
      ...{ fingerprint, subject, issuer, issuerKeyId, serialNumber },
      notAfter: new Date(notAfter).toISOString(),
      state: stateOf(record, { current, registration }, context.now()),
      issuedBy: issuedBy ?? null,
      issuedAt: iso(record.issuedAt),
      firstUsedAt: iso(record.firstUsedAt),
      lastUsedAt: iso(lastUsedAt(record)),
      retiredAt: iso(record.retiredAt),
    };
  });
}

interface Standing {
  current: string | undefined;
  registration: StoredRegistration | undefined;
}

function stateOf(
  { fingerprint, notAfter, firstUsedAt, refusedAt }: CertificateRecord,
  { current, registration }: Standing,
  now: number,
): CertificateView["state"] {
  if (notAfter <= now) return "expired";
  if (fingerprint === current) return "in-use";
  const { next = [], retired = [] } = registration?.issued ?? {};
  if (next.includes(fingerprint)) return "issued";
  if (retired.includes(fingerprint)) return "retired";
  const isUsed = firstUsedAt !== undefined;
  if (refusedAt !== undefined && !isUsed) return "refused";
  // Also one that a registration names no longer, or that was issued so long ago that it gave way to newer ones.
  if (registration === undefined || !isLetIn(registration, fingerprint)) return "retired";
  return isUsed ? "former" : "issued";
}
