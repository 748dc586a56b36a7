/**
 * What the API answers, as types: those of /openapi.json. Must not hold a value.
 */
import type { Protocol } from "../ocpp/protocol.ts";
import type { ActionOf, OcppRequest, OcppResponse } from "../ocpp/schemas/types.ts";

export type { ActionOf, OcppRequest, OcppResponse, Protocol };
/** OCPP's; 0: none. */
export type SecurityProfile = 0 | 1 | 2 | 3;

export interface Registration {
  securityProfile: SecurityProfile;
  /** 16 to 64 bytes, or `generate`. */
  password?: string;
  passwordOverlap?: boolean;
  certificate?: { commonName?: string; organization?: string; fingerprints?: string[] };
  protocols?: Protocol[];
  assumeProtocol?: boolean;
  validation?: "strict" | "lenient" | "forward";
  heartbeatIntervalSeconds?: number;
  csms?: "link" | "http" | "standalone";
  apply?: "next-connect" | "now";
  /** Where its object is made, as the platform names it. */
  locationHint?: "wnam" | "enam" | "sam" | "weur" | "eeur" | "apac" | "oc" | "afr" | "me";
  labels?: Record<string, string>;
}

export interface RegistrationView {
  stationId: string;
  securityProfile: SecurityProfile;
  hasPassword: boolean;
  passwordOverlap?: true;
  certificate: { commonName: string; organization?: string; fingerprints?: string[] };
  protocols: Protocol[];
  assumeProtocol: boolean;
  heartbeatIntervalSeconds?: number;
  validation?: "strict" | "lenient" | "forward";
  csms?: "link" | "http" | "standalone";
  locationHint?: string;
  labels: Record<string, string>;
}

export interface Registered extends RegistrationView {
  /** The generated one, this once. */
  password?: string;
}

export interface Connector {
  connectorId: number;
  evseId?: number;
  status: string;
  errorCode?: string;
  timestamp?: string;
}

export interface StationView extends Omit<RegistrationView, "csms"> {
  online: boolean;
  connection: {
    protocol: Protocol;
    securityProfile: SecurityProfile;
    since: string;
    lastMessageAt: string;
    remoteAddress: string | null;
    certificate: { fingerprint: string; notAfter: string } | null;
  } | null;
  /** While it is offline, as is the reason: a sentence for people. */
  offlineSince?: string;
  offlineReason?: string;
  boot: {
    status: "unknown" | "Accepted" | "Pending" | "Rejected";
    at: string;
    intervalSeconds?: number;
    vendor?: string;
    model?: string;
    serialNumber?: string;
    firmwareVersion?: string;
    reason?: string;
  } | null;
  /** `registered`: what the registration names, where it names one. */
  csms: {
    kind: "link" | "http" | "standalone";
    since: string | null;
    backlog: number;
    registered?: "link" | "http" | "standalone";
  };
  /** OCPP 1.6 */
  connectors?: Connector[];
  /** OCPP 2.x */
  evses?: { evseId: number; connectors: Connector[] }[];
  queue: { commands: number; events: number; deadLetters: number };
  storage: { bytes: number; rows: number; rowsWritten: number; rowsRead: number };
}

export interface Webhook {
  name: string;
  url: string;
  types: EventType[];
}

export type EventType = CloudEvent["type"];

export interface CallErrorView {
  code: string;
  description: string;
  details: Record<string, unknown>;
  /** Who says so: the station, or the edge of what it cannot use. */
  origin: "station" | "edge";
}

interface CommandHead<A extends string> {
  commandId: string;
  stationId: string;
  action: A;
  actor?: string | null;
  /** The campaign that it is part of. */
  campaignId?: string;
  createdAt: string;
  sentAt?: string;
  completedAt?: string;
}

export interface Deviation {
  path: string;
  kind: string;
  message: string;
}

/** A command as it stands: what the station said is there where it said it. */
export type Command<P extends Protocol = Protocol, A extends ActionOf<P> = ActionOf<P>> = CommandHead<A> &
  (
    | { state: "queued" | "sent" }
    | { state: "result"; payload: OcppResponse<P, A>; deviations?: Deviation[] }
    | { state: "error"; error: CallErrorView; received?: unknown }
    /** Sent; nobody knows what became of it. */
    | { state: "timeout" }
    /** Never sent. */
    | { state: "expired" }
    /** Never sent; `error` where it was not valid when its turn came. */
    | { state: "cancelled"; error?: CallErrorView }
  );

export interface CommandPage {
  commands: Command[];
  cursor: string | null;
}

interface CloudEventOf<Type extends string, Data> {
  specversion: "1.0";
  /** The same on every retry. */
  id: string;
  source: string;
  /** The Charging Station's identity. */
  subject: string;
  type: Type;
  time: string;
  datacontenttype: "application/json";
  /** Strictly rises per station. */
  sequence: number;
  data: Data;
}

export interface ConnectionData {
  connectionId: string;
  protocol: Protocol;
  securityProfile: number;
  remoteAddress: string | null;
  since: string;
  certificate: { fingerprint: string; notAfter: string } | null;
}

export interface CallData {
  protocol: Protocol;
  messageId: string;
  action: string;
  payload: Record<string, unknown>;
  answer: Record<string, unknown> | null;
  answeredBy: "edge" | "csms";
  deviations?: Deviation[];
}

export interface RefusedCallData {
  protocol: Protocol;
  messageId: string;
  action: string;
  payload: unknown;
  code: string;
  description: string;
  path: string;
  suppressedBefore: number;
}

export type CloudEvent =
  | CloudEventOf<"ocpp.station.connected", ConnectionData>
  | CloudEventOf<"ocpp.station.disconnected", ConnectionData & { code: number; reason: string }>
  | CloudEventOf<"ocpp.call", CallData>
  | CloudEventOf<"ocpp.call.refused", RefusedCallData>
  | CloudEventOf<"ocpp.command.completed", Command>
  | CloudEventOf<"ocpp.security", { kind: string; suppressedBefore: number }>;
