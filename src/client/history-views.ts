/**
 * What a station has said and was asked, as types: those of /openapi.json. Must not hold a value.
 */
import type { Deviation, EventType, Protocol, SecurityProfile } from "./views.ts";

export interface MessageQuery {
  /** Sequences: with `before`, or neither, the newest first; with `after` alone the oldest first. */
  before?: number | undefined;
  after?: number | undefined;
  /** Messages of one page, at most (50, and 200 at most). */
  limit?: number;
  action?: string;
  type?: EventType;
}

export interface Message {
  sequence: number;
  at: string;
  type: EventType;
  /** As the station sees it: `out` is a command. */
  direction: "in" | "out" | null;
  protocol?: Protocol;
  messageId?: string;
  action?: string;
  payload?: unknown;
  /** The CALLRESULT's payload, or `{ error }`. */
  answer?: unknown;
  answeredBy?: string | null;
  latencyMs?: number | null;
  deviations?: Deviation[];
  path?: string;
  suppressedBefore?: number;
  isCut?: true;
  state?: string;
  createdAt?: string;
  sentAt?: string;
  completedAt?: string;
  received?: unknown;
  actor?: string | null;
  connection?: Record<string, unknown>;
  security?: Record<string, unknown>;
}

export interface MessagePage {
  messages: Message[];
  /** Of the next page, as `before`, or as `after` where that alone was asked for; `null`: this was the last. */
  cursor: number | null;
}

export interface Certificate {
  /** SHA-256, lower hex. */
  fingerprint: string;
  subject: string | null;
  issuer: string | null;
  issuerKeyId: string | null;
  serialNumber: string | null;
  notAfter: string;
  state: "issued" | "in-use" | "former" | "retired" | "refused" | "expired";
  issuedBy: string | null;
  issuedAt: string | null;
  firstUsedAt: string | null;
  lastUsedAt: string | null;
  retiredAt: string | null;
  revoked: boolean;
}

export interface Connection {
  connectionId: string;
  protocol: Protocol;
  securityProfile: SecurityProfile;
  remoteAddress: string | null;
  certificate: { fingerprint: string; notAfter: string } | null;
  connectedAt: string;
  disconnectedAt: string | null;
  durationSeconds: number;
  code: number | null;
  reason: string | null;
  /** Of the live one. */
  heartbeats?: number;
}
