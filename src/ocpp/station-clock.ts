/**
 * What a station's timestamps are worth as identity: whether its clock can be a set one, and whether it stood still or was
 * set back since (docs/decisions/0035). Must not know where messages are kept.
 */
import { isPayload, type Payload } from "./message.ts";

/** A message of a station, and when it was acknowledged. */
export interface TimedCall {
  action: string;
  payload: Payload;
  /** The CALLRESULT's payload, or `{ error }`. */
  answer: Payload | null;
  /** ms, by the edge's clock */
  at: number;
}

/** ms that a set clock may be ahead of the edge's: local time that is said as UTC is up to 14 h off. */
export const CLOCK_AHEAD_MAX_MS = 86_400_000;
/** ms behind which a message no longer was said as it happened: it waited in a queue, or the clock is wrong. */
export const LATE_AFTER_MS = 86_400_000;
/** ms that a message may have waited in a station's queue: two years. What claims more comes from a clock that is wrong. */
export const CLOCK_BEHIND_MAX_MS = 63_072_000_000;
/** ms by which messages that were said as they happened may have been held up on their way: a station waits 30 s for an answer [2.x P4 §4.1.2]. */
export const HELD_UP_MS = 30_000;

/** Later messages that are looked at: more than most transactions have. */
export const LATER_MAX = 128;

/** The instant that a message names; `null`: none, or none that can be read. */
export function instantOf({ timestamp }: Payload): number | null {
  // Read as text first: `Date` makes something of nearly everything.
  const [, day, time] =
    (typeof timestamp === "string" &&
      /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?/.exec(timestamp)) ||
    [];
  if (day === undefined) return null;
  const instant = Date.parse(String(timestamp));
  // A zone that `Date` cannot read, `+03`, is the same in all messages of a station.
  const read = Number.isNaN(instant) ? Date.parse(`${day}T${time ?? "00:00"}Z`) : instant;
  return Number.isNaN(read) ? null : read;
}

/** The instant of a message that a set clock can have said; `null`: it says nothing. */
export function usableInstantOf(call: Omit<TimedCall, "answer">): number | null {
  const instant = instantOf(call.payload);
  if (instant === null || instant > call.at + CLOCK_AHEAD_MAX_MS || instant < call.at - CLOCK_BEHIND_MAX_MS)
    return null;
  return instant;
}

/** What the messages behind one tell of the clock that it was said by. */
export interface ClockSeen {
  /** What the station can only have said later than it is not later by its clock: that stands, or was set back. */
  stoodStill: boolean;
  /** More time passed by its clock than by ours: the messages had waited, and their times are those of a clock that ran. */
  ranInAQueue: boolean;
}

/**
 * @param later messages that were acknowledged behind `one`, the oldest first; read no further than needed. A transaction's end,
 * and the next one's beginning, may be many messages away.
 */
export function clockSeen(one: TimedCall, instant: number, later: Iterable<TimedCall>): ClockSeen {
  const seen: ClockSeen = { stoodStill: false, ranInAQueue: false };
  let isOver = false;
  let count = 0;
  for (const other of later) {
    const then = instantOf(other.payload);
    const isAnother = isAnotherTransaction(one, other);
    if (isAnother && (then === null || then <= instant)) return { ...seen, stoodStill: true };
    if (!isOver && isOfTransaction(one, other) && waitedTogether(one, instant, other, then)) seen.ranInAQueue = true;
    // What has the number of a transaction that is over belongs to the next one.
    isOver ||= isAnother;
    if (++count === LATER_MAX) break;
  }
  return seen;
}

/** Not one that was said as it happened, by a clock that was set meanwhile. */
const waitedTogether = (one: TimedCall, instant: number, other: TimedCall, then: number | null): boolean =>
  then !== null && then - instant > other.at - one.at + HELD_UP_MS && other.at - then > HELD_UP_MS;

/** Does it begin one? Only then does a blocked driver get in where it is taken for an earlier one. */
export const isBeginning = ({ action, payload }: { action: string; payload: Payload }): boolean =>
  action === "StartTransaction" || (action === "TransactionEvent" && payload.eventType === "Started");

/**
 * Does `other`, which was kept later, end what `one` began, or begin what it belongs to anew? A message in the same second,
 * as an `Updated` behind a `Started`, does not.
 */
function isAnotherTransaction(one: TimedCall, other: TimedCall): boolean {
  if (one.action === "StopTransaction") return isBeginning(other) && mayBeOf(other, one);
  if (one.action === "StartTransaction") {
    if (other.action === "StopTransaction") return mayBeOf(one, other);
    return other.action === "StartTransaction" && one.payload.connectorId === other.payload.connectorId;
  }
  if (other.action !== "TransactionEvent") return false;
  const isSame = transactionOf(one.payload) === transactionOf(other.payload);
  if (!isBeginning(one)) return isSame && isBeginning(other);
  if (isBeginning(other)) return isSame || isSameEvse(one.payload, other.payload);
  return isSame && other.payload.eventType === "Ended";
}

/** Does `other` go on with, or end, what `one` belongs to? */
function isOfTransaction(one: TimedCall, other: TimedCall): boolean {
  if (one.action === "StartTransaction") return other.action === "StopTransaction" && mayBeOf(one, other);
  if (one.action !== "TransactionEvent" || other.action !== "TransactionEvent" || isBeginning(other)) return false;
  return transactionOf(one.payload) === transactionOf(other.payload);
}

/** By the transactionId that the CSMS gave; zero and less is what stations put where they have none. */
function mayBeOf(start: TimedCall, { payload: { transactionId } }: TimedCall): boolean {
  return !isGiven(transactionId) || start.answer?.transactionId === transactionId;
}

export const isGiven = (transactionId: unknown): boolean => typeof transactionId === "number" && transactionId > 0;

export const transactionOf = ({ transactionInfo }: Payload): unknown =>
  isPayload(transactionInfo) ? transactionInfo.transactionId : undefined;

export function isSameEvse({ evse: one }: Payload, { evse: other }: Payload): boolean {
  return isPayload(one) && isPayload(other) && one.id !== undefined && one.id === other.id;
}
