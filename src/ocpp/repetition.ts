/**
 * Is this CALL one that was acknowledged before? A station that got no answer asks again, after a reconnect under the
 * same messageId or a new one; what counts is what identifies the message (docs/decisions/0027, 0035). Must not know where
 * acknowledged calls are kept.
 */
import { answeredBy, isTransactional } from "./actions.ts";
import { isPayload, type Payload } from "./message.ts";
import {
  clockSeen,
  isBeginning,
  isGiven,
  isSameEvse,
  LATE_AFTER_MS,
  transactionOf,
  usableInstantOf,
} from "./station-clock.ts";

export interface CallIdentity {
  messageId: string;
  action: string;
  payload: Payload;
}

export interface KeptCall extends CallIdentity {
  /** The CALLRESULT's payload, or `{ error }`. */
  answer: Payload | null;
}

/** What lies between a kept CALL and the one that may repeat it. */
export interface Meanwhile {
  /** ms, by the edge's clock: when the kept one was acknowledged. */
  keptAt: number;
  /** ms since then, never negative: a clock may have been set. */
  elapsedMs: number;
  /** A BootNotification was acknowledged. */
  booted: boolean;
  /** Calls that are kept since, the oldest first. */
  between: Iterable<KeptCall & { at: number }>;
}

/** ms for which a station may be waiting for the answer that it asks for again: twice the 30 s of [2.x P4 §4.1.2]. */
export const REPEATED_WITHIN_MS = 60_000;
/** ms for which a message without a usable time can be the repetition of the one before it: a long outage of the network. */
export const CLOCKLESS_WITHIN_MS = 86_400_000;
/** Kept calls that are looked through for an end; behind more of them a message without a usable time is taken for a new one. */
const BETWEEN_MAX = 16;

/**
 * Can it be recognised once its answer is kept? An authorization and a boot are asked for anew each time; what carries
 * no decision reports a state: said twice, it is still so.
 */
export function isRecognisable({ action, payload }: { action: string; payload: Payload }): boolean {
  if (isTransactional(action)) return true;
  return action !== "Authorize" && action !== "BootNotification" && answeredBy(action, payload) === "csms";
}

/** The tables of cases are in docs/decisions/0027 and 0035; where it is unsure, a message is a new one: a second event is seen, a lost transaction is not. */
export function isRepetition(call: CallIdentity, earlier: KeptCall, meanwhile: Meanwhile): boolean {
  if (!isSameContent(call, earlier)) return false;
  const isSoonUnderItsId = call.messageId === earlier.messageId && meanwhile.elapsedMs <= REPEATED_WITHIN_MS;
  if (!isTransactional(call.action)) return isSoonUnderItsId;
  const instant = usableInstantOf({ ...earlier, at: meanwhile.keptAt });
  if (instant !== null) return isByItsTime(earlier, instant, isSoonUnderItsId, meanwhile);
  if (call.action === "StopTransaction" && isGiven(call.payload.transactionId)) {
    return !isEnded(meanwhile.between, (other) => givesTransaction(other, call.payload.transactionId));
  }
  if (meanwhile.booted && !isSoonUnderItsId) return false;
  if (meanwhile.elapsedMs > CLOCKLESS_WITHIN_MS) return false;
  return !isEnded(meanwhile.between, (other) => isSamePlace(call, other));
}

/** Its time tells, unless its clock is seen to have stood still; or may have, where a transaction may begin by it. */
function isByItsTime(
  earlier: KeptCall,
  instant: number,
  isSoonUnderItsId: boolean,
  { keptAt, booted, between }: Meanwhile,
): boolean {
  const { stoodStill, ranInAQueue } = clockSeen({ ...earlier, at: keptAt }, instant, between);
  if (stoodStill) return false;
  const isLate = keptAt - instant > LATE_AFTER_MS;
  return !(isBeginning(earlier) && isLate && booted) || isSoonUnderItsId || ranInAQueue;
}

/** Is it what the CSMS is being asked already, on a line that is gone? */
export const isSameQuestion = (call: CallIdentity, asked: CallIdentity): boolean =>
  isSameContent(call, asked) &&
  // What a DataTransfer means is the vendor's: two of the same content may count something.
  (call.messageId === asked.messageId || call.action !== "DataTransfer");

/** The same CALL: its id and all that it says. */
export const isSameCall = (one: CallIdentity, other: CallIdentity): boolean =>
  one === other || (one.messageId === other.messageId && isSameContent(one, other));

/** As values: neither the order of keys nor how a number is written matters. */
export const isSameContent = (one: CallIdentity, other: CallIdentity): boolean =>
  one.action === other.action && contentOf(one) === contentOf(other);

/**
 * A small key that two calls of which one may repeat the other have in common; 30 bits, so that V8 keeps it without a
 * box. Different calls may have the same one.
 */
export function fingerprint(call: CallIdentity): number {
  // [1.6 §3.7, 2.x E13] A transaction message may be repeated under a new id.
  const id = isTransactional(call.action) ? "" : call.messageId;
  return digest(`${id} ${call.action} ${contentOf(call)}`) >>> 2;
}

/** FNV-1a */
export function digest(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** All that a CALL says, one text for one value. */
export function contentOf({ action, payload }: CallIdentity): string {
  if (!isTransactional(action)) return canonical(payload);
  // [2.x E04] A message that was queued when its answer did not come may say so when it is repeated.
  const { offline: _, timestamp, ...rest } = payload;
  return `${timeOf(timestamp)} ${canonical(rest)}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isPayload(value)) return JSON.stringify(value) ?? "null";
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

/** The instant where there is one: some stations write the same one otherwise when they repeat it. */
function timeOf(timestamp: unknown): string {
  const instant = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  return Number.isNaN(instant) ? (JSON.stringify(timestamp) ?? "") : String(instant);
}

function givesTransaction({ action, answer }: KeptCall, transactionId: unknown): boolean {
  return action === "StartTransaction" && answer?.transactionId === transactionId;
}

function isEnded(between: Iterable<KeptCall>, ends: (other: KeptCall) => boolean): boolean {
  let count = 0;
  for (const other of between) if (++count > BETWEEN_MAX || ends(other)) return true;
  return false;
}

/** Would a station have said `other`, had it not got the answer to `call`? [1.6 §3.7, 2.x E13] It says them in order. */
function isSamePlace(call: CallIdentity, other: CallIdentity): boolean {
  if (!isTransactional(other.action)) return false;
  if (call.action === "StartTransaction" && other.action === "StartTransaction") {
    return call.payload.connectorId === other.payload.connectorId;
  }
  if (call.action !== "TransactionEvent" || other.action !== "TransactionEvent") return true;
  return transactionOf(call.payload) === transactionOf(other.payload) || isSameEvse(call.payload, other.payload);
}
