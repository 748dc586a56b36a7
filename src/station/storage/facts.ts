/**
 * The few named facts of a station: what each row holds, in the form that releases before and after read. Must not know where they
 * are kept.
 */
import type { Cursors } from "../../delivery/outbox.ts";
import type { CsmsKind } from "../../ocpp/csms-kind.ts";
import type { LinkQuestion } from "../../ocpp/link.ts";
import type { StationStatus } from "../../ocpp/station-status.ts";
import type { Strictness } from "../../ocpp/strictness.ts";
import type { Registration } from "../../security/admission.ts";
import type { Issuance } from "../../security/certificate/issuance.ts";
import type { WatchedCertificate } from "../../security/certificate/watch.ts";
import type { Operation } from "../../security/operation/operation.ts";

export interface StoredRegistration extends Registration {
  /** Random, new with each first registration: part of every event id. */
  incarnation: string;
  /** The first sequence of its log is the one behind it; absent in registrations of older releases: 0. */
  floor?: number;
  /** Counts its changes, which no event tells of; absent in registrations of older releases: 0. */
  revision?: number;
  /** Counts the changes of what is looked at when a station connects; absent before the first. */
  admissionRevision?: number;
  heartbeatIntervalSeconds?: number;
  validation?: Strictness;
  /** Who is the CSMS; absent: whoever there is, the link first. */
  csms?: CsmsKind;
  locationHint?: string;
  labels: Record<string, string>;
}

/** What a connection was let in by. */
export interface ConnectionCertificate {
  fingerprint: string;
  /** [security/revocation.ts] Of the live connection alone. */
  twin?: string;
  /** ms since the epoch */
  notAfter: number;
  /** Of the key that signed it, and its number there; absent where older releases wrote it. */
  issuerKeyId?: string;
  serialNumber?: string;
}

export interface ConnectionFacts {
  id: string;
  protocol: string;
  securityProfile: number;
  /** ms since the epoch */
  since: number;
  remoteAddress: string | null;
  certificate: ConnectionCertificate | null;
  /** `StoredRegistration.admissionRevision` when it was let in; absent in sockets of older releases: 0. */
  admissionRevision?: number;
  /** Heartbeats that came on it; absent before the first, and in sockets of older releases: 0. */
  heartbeats?: number;
}

/** A connection as its events have it. */
export interface LoggedConnection {
  connectionId: string;
  protocol: string;
  securityProfile: number;
  remoteAddress: string | null;
  /** ISO 8601, as `notAfter` */
  since: string;
  certificate: (Omit<ConnectionCertificate, "notAfter" | "twin"> & { notAfter: string }) | null;
}

/** What is kept of deliveries and of the log, in one row, so that a drained batch costs one. */
export interface DeliveryFacts {
  cursors: Cursors;
  /** Like `connection` the projection of the log up to `statusSequence`; newer events are folded in when the object wakes. */
  status: StationStatus;
  /** The connection whose end is not in the log; `null`: there is none. */
  connection: LoggedConnection | null;
  statusSequence: number;
  /** The last connections that are over (past-connections.ts), of the projection too; absent in older rows, and where there is none. */
  past?: string;
  /** Of all events up to there; absent in older rows: not known. */
  bytes?: number;
  /** Counts how often trouble with a webhook began or ended, which no event tells of; absent in older rows: 0. */
  revision?: number;
  /** Up to here the log holds events of transactions alone, with gaps between them; absent where it has none. */
  reusedTo?: number;
  /** ms since the epoch at which the log (the one for people) was last told that events are given up or refused. */
  fullSaidAt?: number;
  /** Of the newest list of webhooks that it followed; absent in older rows: 0. */
  webhooksRevision?: number;
  /** It began while the list could not be had: all of it is for those that are in the first one. Absent where it was had. */
  isForAll?: true;
}

/** A registration that has ended, until the directory knows it and its last events have had their chance. */
export interface EndedRegistration {
  incarnation: string;
  /** Its log: the sequences behind `floor`, up to `head`. */
  floor: number;
  head: number;
  cursors: Cursors;
  webhooksRevision?: number;
  isForAll?: true;
  /** ms since the epoch */
  endedAt: number;
}

/**
 * Each is one row of the table `facts`, read by releases before and after: what is added to one is optional and has a default, and a
 * fact of later is neither read nor dropped.
 */
export interface Facts {
  schema: number;
  registration: StoredRegistration;
  delivery: DeliveryFacts;
  /** Ids of the commands that are queued, in their order, behind names of those that are sent; absent before the first command. */
  queue: readonly string[];
  /** The oldest first; absent where there is none. */
  ended: readonly EndedRegistration[];
  /** The queue did not take what the directory is to know; absent where it did. */
  untold: { failures: number /** ms since the epoch */; againAt: number };
  /** A CSMS has come by its own socket; ms since the epoch of the first time. */
  linked: { since: number };
  /** The operation that is under way; absent where there is none. Those that have ended are documents. */
  operation: Operation;
  /** The certificate that is on its way to the station; absent where none is. */
  issuing: Issuance;
  /** The one that it connected by last; absent where it never did by one, and in those of older releases until it does. */
  certificate: WatchedCertificate;
  /** What that CSMS is asked, where it is too large to ride with its socket. */
  question: LinkQuestion;
}
