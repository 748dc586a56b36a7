/**
 * What a station's object is asked for by the Worker and the fleet: types alone, which both sides of a deploy have. Must not know
 * how any of it is done.
 *
 * In a deploy the one who asks and the one who answers may be of two releases (docs/decisions/0036). So what is added later is
 * optional, here and in what is named here: an older peer leaves it out, and what a newer one adds is not heeded. A method that is
 * new rejects at an older object with a TypeError. Of an answer that is one of several words or kinds a newer peer may say another.
 */
import type { WebhookBacklog } from "../delivery/backlog.ts";
import type { CommandFault } from "../ocpp/payload-check.ts";
import type { Boot, ConnectorStatus } from "../ocpp/station-status.ts";
import type { CsmsKind } from "../ocpp/csms-kind.ts";
import type { Strictness } from "../ocpp/strictness.ts";
import type { Result } from "../result.ts";
import type { Registration } from "../security/admission.ts";
import type { OperationKind, OperationView, Wishes } from "../security/operation/operation.ts";
import type { Reach } from "../security/fleet-part.ts";
import type { RefusalReason } from "../security/refusal.ts";
import type { Transition } from "../fleet/transition.ts";
import type { Retry } from "./command/command-row.ts";
import type { CommandView } from "./command/command-view.ts";

/** [interface.md §2] `null`: no such station. */
export type Known<T> = T | null;

/** What a PUT asks for; what it leaves out is reset, but for the password: it is kept unless a new one comes. */
export interface RegisterRequest {
  securityProfile: Registration["securityProfile"];
  password?: string;
  /** The password before counts until the new one was used; without a new one it says nothing unless it is `false`. */
  passwordOverlap?: boolean;
  certificate?: Partial<Registration["certificate"]>;
  protocols: Registration["protocols"];
  assumeProtocol: boolean;
  /** A ceiling on the interval that an accepted boot is told. */
  heartbeatIntervalSeconds?: number;
  validation?: Strictness;
  csms?: CsmsKind;
  /** Whether the live connection is ended for it; unsaid: only for a raised security profile. */
  apply?: "next-connect" | "now";
  locationHint?: string;
  labels: Record<string, string>;
  /** What whoever asks may reach; unsaid: all. A station that is registered outside of it is none of theirs. */
  within?: Reach;
}

export interface RegistrationView {
  stationId: string;
  securityProfile: number;
  hasPassword: boolean;
  /** While the password before counts too. */
  passwordOverlap?: true;
  certificate: Registration["certificate"];
  protocols: string[];
  assumeProtocol: boolean;
  heartbeatIntervalSeconds?: number;
  validation?: Strictness;
  csms?: CsmsKind;
  locationHint?: string;
  labels: Record<string, string>;
}

export interface Registered {
  created: boolean;
  /** The names of what is another than before; unsaid by an older release. */
  changed?: string[];
  registration: RegistrationView;
  /** The generated password, shown this once. */
  password?: string;
}

/** `no-directory`: it could not be told; asked again, all is made good. `outside`: only where a request says within what. */
export type RegistrationRefusal = "password-required" | "no-directory" | "outside";

export interface StationView extends Omit<RegistrationView, "csms"> {
  online: boolean;
  connection: {
    protocol: string;
    securityProfile: number;
    since: string;
    lastMessageAt: string;
    remoteAddress: string | null;
    certificate: { fingerprint: string; notAfter: string } | null;
  } | null;
  /** While it is offline, as far as it is known. */
  offlineSince?: string;
  offlineReason?: string;
  boot: Boot | null;
  /** Who answers its CALLs; `since` and `backlog` of a CSMS that comes by its own socket; `registered`, if it is. */
  csms: { kind: CsmsKind; since: string | null; backlog: number; registered?: CsmsKind };
  /** OCPP 1.6 */
  connectors?: ConnectorStatus[];
  /** OCPP 2.x */
  evses?: { evseId: number; connectors: Omit<ConnectorStatus, "evseId">[] }[];
  /** `deadLetters`: given up since the last replay, which sends the newest of them again. */
  queue: { commands: number; events: number; deadLetters: number };
  /** `rowsWritten` and `rowsRead` count since the object woke. */
  storage: { bytes: number; rows: number; rowsWritten: number; rowsRead: number };
}

export interface CommandRequest {
  action: string;
  payload: Record<string, unknown>;
  timeoutSeconds: number;
  expiresInSeconds: number;
  /** What becomes of a CALL whose connection broke before its answer. */
  retry?: Retry;
  idempotency?: { key: string; bodyDigest: string } | null;
  /** Of a CALL of the CSMS's link, under whose messageId it is answered. */
  linkMessageId?: string;
  linkId?: string;
  /** The name of the key that it came by, or who else asks; unsaid by an older release. */
  actor?: string;
  /** The campaign that it is part of, which is told what becomes of it. */
  campaignId?: string;
  /** Of its payload: kept no longer than it takes, and never shown. Asked for by the object itself alone. */
  secret?: string;
}

export type CommandRefusal =
  | { kind: "station-offline" }
  | { kind: "idempotency-conflict" }
  | { kind: "queue-full"; bound: string }
  | { kind: "not-accepted"; detail: string }
  | { kind: "invalid"; faults: readonly CommandFault[] };

export interface CommandPage {
  commands: CommandView[];
  /** Of the next page; `null`: this was the last. */
  cursor: string | null;
}

export interface MessagesQuery {
  /** Sequences, both exclusive; with `after` alone the oldest come first. */
  before?: number;
  after?: number;
  limit: number;
  action?: string;
  type?: string;
  /** What is nobody's to read is hidden. */
  isMasked: boolean;
}

/** One event of the log; what else it has goes by its type (docs/api.md). */
export interface MessageEntry extends Record<string, unknown> {
  sequence: number;
  at: string;
  type: string;
  /** `in`: the station said it; `out`: it was asked of it; `null`: neither. */
  direction: "in" | "out" | null;
}

export interface MessagesPage {
  messages: MessageEntry[];
  /** What `before`, or `after`, of the next page is; `null`: this was the last. */
  cursor: number | null;
}

export interface ConnectionView {
  connectionId: string;
  protocol: string;
  securityProfile: number;
  remoteAddress: string | null;
  certificate: { fingerprint: string; notAfter: string } | null;
  connectedAt: string;
  /** When its end was found; `null`: it is live, and so are `code` and `reason`. */
  disconnectedAt: string | null;
  durationSeconds: number;
  code: number | null;
  reason: string | null;
  /** Of the live one alone: those that came on it, which no event tells of. */
  heartbeats?: number;
}

/** `issued`: the station may have it, and has not used it. `former`: another one is used, and this one would be let in. */
export interface CertificateView {
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
}

export interface OperationRequest extends Wishes {
  kind: OperationKind;
  /** Absent: one is made where one is needed. */
  password?: string;
  expiresInSeconds: number;
  actor: string;
}

/** `under-way`: of either kind. `not-applicable`: as the registration stands, which the detail says. */
export type OperationRefusal =
  | { kind: "under-way"; operation: OperationKind }
  | { kind: "not-applicable"; detail: string }
  | { kind: "invalid"; path: string; message: string };

/** Where the object answers at once, its stub still answers by a promise. */
type Answer<T> = T | Promise<T>;

export interface StationRpc {
  register(request: RegisterRequest): Answer<Registered | RegistrationRefusal>;
  describe(): Answer<Known<StationView>>;
  deregister(): Answer<boolean>;
  disconnect(): Answer<boolean>;
  reportRefusal(reason: RefusalReason, remoteAddress: string | null): Answer<void>;
  /** Ends the connection if one of these names its certificate (security/revocation.ts). */
  endRevoked(keys: readonly string[]): Answer<boolean>;
  /** @param wait whether the answer is to be waited for; a command that must wait for a connection never is. */
  command(request: CommandRequest, wait: boolean): Answer<Known<Result<CommandView, CommandRefusal>>>;
  readCommand(id: string): Answer<Known<CommandView>>;
  /** @param before left out by a Worker of an older release, which wants the list alone, as an object of it answers whatever is asked */
  listCommands(limit: number, before?: string | null): Answer<Known<CommandPage | CommandView[]>>;
  cancelCommand(id: string): Answer<"cancelled" | "not-queued" | "unknown">;
  operate(request: OperationRequest): Answer<Known<Result<OperationView, OperationRefusal>>>;
  /** `none`: no such operation was ever begun. */
  readOperation(kind: OperationKind): Answer<Known<OperationView | "none">>;
  /** As it stands then. */
  cancelOperation(kind: OperationKind): Answer<Known<OperationView | "none" | "not-running">>;
  listMessages(query: MessagesQuery): Answer<Known<MessagesPage>>;
  /** Newest first. */
  listConnections(): Answer<Known<ConnectionView[]>>;
  /** Newest first, 20 at most. */
  listCertificates(): Answer<Known<CertificateView[]>>;
  /**
   * Has the alarm deliver what waits, by the newest list of webhooks.
   * @param order names the replay that asks for it
   * @param isFromTime it wants what was delivered, too
   */
  deliverSoon(order?: string, isFromTime?: boolean): Answer<void>;
  /** How far each webhook is with its events. */
  backlogs(): Answer<Known<WebhookBacklog[]>>;
  /** Has the directory told how things stand, whatever it was told before. */
  sayAgain(): Answer<void>;
  /** How it stands, as the directory is to have it; nobody else is told. */
  standing(): Answer<Known<Transition>>;
  /** Makes its row of the directory again, where that was lost. */
  list(): Answer<void>;
  /** Finds what a crash took, and delivers what waits: for a process that was started again. */
  lookAt(): Answer<void>;
}
