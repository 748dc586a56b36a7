/**
 * What the directory learns of one station: a whole snapshot at each transition, so that a lost or late one is mended
 * by the next. Must not know the queue or D1.
 */
import { backOff } from "../delivery/back-off.ts";
import type { AuditMessage } from "./audit-entry.ts";
import type { CampaignMessage } from "./campaigns/campaign-outcome.ts";
import type { DoorReport } from "./door-report.ts";
import type { SecurityMessage } from "./problems/security-event.ts";
import { fields, flag, listOf, nullable, number, oneOf, optional, recordOf, text, time } from "../shape.ts";
import { COUNTED, type Counted, type CountsMessage } from "./metrics/families.ts";
import type { Disconnect } from "./offline-reason.ts";

export interface Transition {
  stationId: string;
  /** ms since the epoch; says nothing of the order, since a clock may be set back. */
  at: number;
  /** Of the registration; absent in what an older release sent. */
  incarnation?: string;
  /** The log's head, then what changed without an event: orders the snapshots of one station. */
  sequence: number;
  revision?: number;
  /** `null`: deregistered, as an older release said it. */
  station: StationSnapshot | null;
  /** What waits for the worst served webhook where some webhook does not take its events; `null`, or absent: nothing of which that is known. */
  backlog?: Backlog | null;
  /** What its object has counted since it told last; it has its own order, and is no part of the snapshot. */
  counts?: Counted;
}

export interface Backlog {
  events: number;
  /** ms since the epoch of the oldest one; `null`: there is none left. */
  since: number | null;
}

export interface StationSnapshot {
  registeredProfile: number;
  labels: Record<string, string>;
  online: boolean;
  /** Of the connection; `null` while offline. */
  protocol: string | null;
  securityProfile: number | null;
  vendor: string | null;
  model: string | null;
  /** Some webhook does not take its events, or has given some up. */
  undelivered: boolean;
  /** Events that the worst served webhook was not given, since its last replay; absent in what an older release sent. */
  deadLetters?: number;
  /** ms since the epoch; when the connection came that is there, or was there last. Absent where that is not known. */
  connectedAt?: number;
  /** What follows is absent in what an older release sent, or where it is not known. */
  serialNumber?: string | null;
  /** ms since the epoch; of the certificate of the last connection. */
  certificateNotAfter?: number | null;
  /** By what that certificate may be revoked: its fingerprint, and its issuer's number for it where that is known. */
  certificateKeys?: string[] | null;
  /** Somebody answers what the edge does not decide: a live link, or an endpoint. */
  hasCsms?: boolean;
  /** How the last connection ended; `null`: it has had none. */
  disconnect?: Disconnect | null;
}

/** Of each registration the newest, in whatever order they came. */
export function newestOfEach(transitions: readonly Transition[]): Transition[] {
  const inOrder = transitions.toSorted((a, b) => a.sequence - b.sequence || (a.revision ?? 0) - (b.revision ?? 0));
  const newest = new Map(inOrder.map((each) => [`${each.stationId}/${each.incarnation ?? ""}`, each]));
  return [...newest.values()];
}

/** A call to every station in trouble behind `after`, in the order of their ids, to deliver at once. */
export interface ReplayPage {
  replayAfter: string;
  /** After those that are known to be in trouble the connected ones: what a crash took is known to nobody. `all`: what was delivered is sent again. */
  among?: "online" | "all";
  /** Names the replay: an isolate asks for the list of webhooks once for it. Absent in pages of older releases, as the next. */
  order?: string;
  webhook?: string;
  /** Stations that were asked before. */
  asked?: number;
}

/** A call to every station behind `sayAgainAfter` to tell the directory how it stands; `null`: to begin, if nobody did since `lostAt`. */
export interface SayAgainPage {
  sayAgainAfter: string | null;
  /** ms since the epoch; absent: whenever others began. */
  lostAt?: number;
}

/** Connections by a certificate that one of these names (security/revocation.ts) are to end, those of stations behind `after`. */
export interface RevokedPage {
  revoked: string[];
  /** ms since the epoch; not looked at before. */
  notBefore: number;
  after?: string;
}

/**
 * What travels on the queue TRANSITIONS, for up to four days: written by releases before, or after one that was rolled back. Later
 * fields are optional; what is not named is not heeded, and a message that lacks what is read is none.
 */
export type FleetMessage =
  | Transition
  | ReplayPage
  | SayAgainPage
  | RevokedPage
  | DoorReport
  | AuditMessage
  | CampaignMessage
  | SecurityMessage
  | CountsMessage;

const TRANSITION = fields({
  stationId: text,
  at: number,
  incarnation: optional(text),
  sequence: number,
  revision: optional(number),
  backlog: optional(nullable(fields({ events: number, since: nullable(number) }))),
  counts: optional(COUNTED),
  station: nullable(
    fields({
      registeredProfile: number,
      labels: recordOf(text),
      online: flag,
      protocol: nullable(text),
      securityProfile: nullable(number),
      vendor: nullable(text),
      model: nullable(text),
      undelivered: flag,
      deadLetters: optional(number),
      connectedAt: optional(number),
      serialNumber: optional(nullable(text)),
      certificateNotAfter: optional(nullable(time)),
      certificateKeys: optional(nullable(listOf(text))),
      hasCsms: optional(flag),
      disconnect: optional(nullable(fields({ at: time, code: number, reason: text, silentMs: optional(number) }))),
    }),
  ),
});
const REPLAY_PAGE = fields({
  replayAfter: text,
  among: optional(oneOf("online", "all")),
  order: optional(text),
  webhook: optional(text),
  asked: optional(number),
});
const SAY_AGAIN_PAGE = fields({ sayAgainAfter: nullable(text), lostAt: optional(number) });
const REVOKED_PAGE = fields({ revoked: listOf(text), notBefore: number, after: optional(text) });

export const isTransition = (body: unknown): body is Transition => TRANSITION(body) === null;

export type Page = ReplayPage | SayAgainPage | RevokedPage;

export const isPage = (body: unknown): body is Page =>
  [REPLAY_PAGE, SAY_AGAIN_PAGE, REVOKED_PAGE].some((check) => check(body) === null);

/** Bytes of transitions in one statement: D1 takes 2,000,000 in a parameter. */
export const STATEMENT_MAX_BYTES = 1_000_000;
/** Seconds before a message comes again, doubled each time; of the wait a half is random. */
const RETRY_BASE_SECONDS = 10;
const RETRY_MAX_SECONDS = 3_600;
const encoder = new TextEncoder();

/** In their order, each batch within the bytes of one statement, and at least one in each. */
export function batchesOf<T>(all: readonly T[], transitionOf: (each: T) => Transition | CountsMessage): T[][] {
  const batches: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const each of all) {
    const size = encoder.encode(JSON.stringify(transitionOf(each))).length + 1;
    if (bytes + size > STATEMENT_MAX_BYTES) {
      batches.push([]);
      bytes = 1;
    }
    batches.at(-1)?.push(each);
    bytes += size;
  }
  return batches;
}

/** @param attempts that failed, this one included */
export function retryDelaySeconds(attempts: number, random: number): number {
  return Math.round(backOff(Math.max(attempts, 1) - 1, RETRY_BASE_SECONDS, RETRY_MAX_SECONDS, random));
}
