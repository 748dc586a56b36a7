/**
 * The certificates of a station as the API shows them. Must not know which of them are revoked.
 */
import type { CertificateRecord } from "../../security/certificate/history.ts";
import type { StationContext } from "../object/context.ts";
import type { CertificateView } from "../station-rpc.ts";
import { lastEnded } from "../storage/past-connections.ts";
import { Certificates } from "./certificates.ts";

const iso = (at: number | undefined): string | null => (at === undefined ? null : new Date(at).toISOString());

/** Newest first. */
export function certificateViews(context: StationContext): CertificateView[] {
  const { store, eventLog } = context;
  const { issued: { next = [], retired = [] } = {} } = store.fact("registration") ?? {};
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
      state: stateOf(record, { current, next, retired }, context.now()),
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
  next: readonly string[];
  retired: readonly string[];
}

function stateOf(
  { fingerprint, notAfter, refusedAt }: CertificateRecord,
  standing: Standing,
  now: number,
): CertificateView["state"] {
  if (notAfter <= now) return "expired";
  if (standing.next.includes(fingerprint)) return "issued";
  if (fingerprint === standing.current) return "in-use";
  if (standing.retired.includes(fingerprint)) return "retired";
  return refusedAt === undefined ? "former" : "refused";
}
