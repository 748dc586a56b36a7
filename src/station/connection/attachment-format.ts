/**
 * What rides with a socket, as any release may have left it there: a deploy keeps the sockets that sleep (docs/decisions/0036). Must
 * not know sockets, nor throw.
 */
import type { FrameRate } from "../../ocpp/frame-rate.ts";
import { PROTOCOLS } from "../../ocpp/protocol.ts";
import type { DurableSession } from "../../ocpp/session.ts";
import { STRICTNESSES } from "../../ocpp/strictness.ts";
import { err, ok, type Result } from "../../result.ts";
import {
  type Check,
  fields,
  flag,
  isRecord,
  listOf,
  nullable,
  number,
  oneOf,
  optional,
  recordOf,
  text,
  time,
} from "../../shape.ts";
import type { Acknowledged } from "../storage/carried-acknowledgements.ts";
import type { CarriedCounts } from "../object/counts.ts";
import type { ConnectionFacts } from "../storage/facts.ts";

/**
 * Raised where a release before would misread what is written from then on, and by nothing else: a new field is optional, and what
 * this release does not know is left out.
 */
export const ATTACHMENT_VERSION = 2;

export interface Attachment {
  connection: ConnectionFacts;
  session: DurableSession;
  /** ms since the epoch */
  lastMessageAt: number;
  /** ms since the epoch of the last message at the last look that found somebody; 0: there was none. */
  presenceCheckedAt: number;
  /** No alarm looks for it: nothing was heard on it yet of a station that never booted here, nor was it called. */
  unwatched?: boolean;
  /** What webhooks have acknowledged since the last row that says so; absent in sockets of older releases. */
  acknowledged?: Acknowledged;
  /** Only where much of it is used up; absent: it is full. */
  rate?: FrameRate;
  /** A CALL of it is with the CSMS: which, who asked knows. */
  asks?: boolean;
  /** Somebody watches, or did a moment ago: what is kept for it. */
  watch?: string;
  /** What was counted and not handed over yet; absent: nothing. */
  counts?: CarriedCounts;
}

/** As it is written; absent in sockets of the releases before versions: 1. */
export type VersionedAttachment = Attachment & { version: number };

const CONNECTION = fields({
  id: text,
  protocol: text,
  securityProfile: number,
  since: time,
  remoteAddress: nullable(text),
  certificate: nullable(fields({ fingerprint: text, notAfter: time })),
  admissionRevision: optional(number),
  heartbeats: optional(number),
});

const OPEN_CALL = fields({
  messageId: text,
  deadline: number,
  timeoutMs: optional(number),
  probe: optional(flag),
});

const SESSION = fields({
  protocol: oneOf(...PROTOCOLS),
  // The first release checked no payload.
  strictness: optional(oneOf(...STRICTNESSES)),
  registrationStatus: oneOf("unknown", "Accepted", "Pending", "Rejected"),
  openCall: nullable(OPEN_CALL),
  invited: listOf(text),
  lastAnswered: nullable(fields({ messageId: text, digest: number, frame: text, at: optional(number) })),
});

const COUNTS = fields({ since: number, in: number, out: number, sums: nullable(recordOf(number)) });

const ATTACHMENT: Check = fields({
  connection: CONNECTION,
  session: SESSION,
  lastMessageAt: number,
  // The first release did not look for who is silent.
  presenceCheckedAt: optional(number),
  unwatched: optional(flag),
  acknowledged: optional(recordOf(number)),
  asks: optional(flag),
  watch: optional(text),
  counts: optional(COUNTS),
  rate: optional(fields({ tokens: number, characters: number, at: number, refused: number })),
});

/** `null`: nothing rides with it, so it is nobody's socket. An error says what is wrong, and repeats nothing of what was there. */
export function attachmentOf(value: unknown): Result<Attachment | null, string> {
  if (value === null || value === undefined) return ok(null);
  if (!isRecord(value)) return err("it is no object");
  const { version = 1, ...rest } = value;
  if (!Number.isInteger(version) || Number(version) < 1) return err("its version is no number");
  if (Number(version) > ATTACHMENT_VERSION)
    return err(`it has version ${String(version)}, and ${ATTACHMENT_VERSION} is the newest known here`);
  const fault = ATTACHMENT(rest);
  if (fault !== null) return err(`version ${String(version)} has no such ${fault}`);
  return ok(known(rest as unknown as Attachment));
}

/** What this release knows of it: what a newer one added is not carried on, since it may be true no longer. */
function known(read: Attachment): Attachment {
  const { connection, session, lastMessageAt, presenceCheckedAt = 0, unwatched, acknowledged, rate } = read;
  const { asks, watch, counts } = read;
  const { protocol, strictness = "lenient", registrationStatus, openCall, invited, lastAnswered } = session;
  return {
    connection,
    session: { protocol, strictness, registrationStatus, openCall, invited, lastAnswered },
    ...{ lastMessageAt, presenceCheckedAt },
    ...(unwatched !== undefined && { unwatched }),
    ...(acknowledged !== undefined && { acknowledged }),
    ...(rate !== undefined && { rate }),
    ...(asks !== undefined && { asks }),
    ...(watch !== undefined && { watch }),
    ...(counts !== undefined && { counts }),
  };
}
