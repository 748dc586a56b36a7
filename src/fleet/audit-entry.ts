/**
 * An entry of the audit: who did what, when, to which station. Must not know who writes it, nor hold a secret or a payload.
 */
import { fields, listOf, nullable, number, record, text } from "../shape.ts";

/** What was done; a newer release may know more of them. */
export type AuditKind =
  | "station.registered"
  | "station.changed"
  | "station.deregistered"
  | "station.disconnected"
  | "command.sent"
  | "command.cancelled"
  | "campaign.created"
  | "campaign.paused"
  | "campaign.resumed"
  | "campaign.cancelled"
  | "password-rotation.begun"
  | "password-rotation.cancelled"
  | "security-upgrade.begun"
  | "security-upgrade.cancelled"
  | "webhook.put"
  | "webhook.deleted"
  | "webhook.replayed"
  | "certificate.revoked"
  | "certificate.released"
  | "crl.put"
  | "key.refused";

/** What else there is to say of it: names, never values that somebody may want to hide. */
export interface AuditDetail {
  /** Of a registration: the names of what is another. */
  changed?: string[];
  action?: string;
  commandId?: string;
  webhook?: string;
  /** What names it: a fingerprint, or its issuer's key and number. */
  certificate?: string;
  campaignId?: string;
  /** The key identifier of the CA whose list was put. */
  issuer?: string;
  /** What a key was refused: an operation of the API, and the scope that it lacked, if it was that. */
  operation?: string;
  scope?: string;
  /** It was asked for and not answered: whether it was done is not known here. */
  outcome?: "unknown";
}

export interface AuditEntry {
  /** ms since the epoch */
  at: number;
  /** With `at` one of its kind: said twice, it is one entry. */
  id: string;
  /** The name of an API key, or who else acts. */
  actor: string;
  kind: AuditKind;
  stationId: string | null;
  detail: AuditDetail;
}

/** What the directory did not take at once, as it comes by the queue TRANSITIONS. */
export interface AuditMessage {
  audit: AuditEntry[];
}

const AUDIT_MESSAGE = fields({
  audit: listOf(fields({ at: number, id: text, actor: text, kind: text, stationId: nullable(text), detail: record })),
});

export const isAuditMessage = (body: unknown): body is AuditMessage => AUDIT_MESSAGE(body) === null;
