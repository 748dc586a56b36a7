/**
 * What an attempt at a delivery comes to: where the webhook stands after it, and how much is tried next. Must not know how
 * a delivery travels or where cursors are kept.
 */
import { backOff } from "./back-off.ts";
import { BATCH_MAX_EVENTS, type Cursor, RETRY_MAX_MS, withDeadLetters } from "./outbox.ts";

/** What was tried. */
export interface Attempt {
  /** The last event it reached, those included that the webhook did not ask for. */
  upTo: number;
  /** Events sent, by their sequences. */
  sent: readonly number[];
  /** Of all it reached those of transactions, by their sequences. */
  transactions: readonly number[];
  /** All it reached, with their bytes. */
  reached?: readonly { sequence: number; bytes: number }[];
  /** Of those sent the ones that are past their 72 h. */
  expired: readonly number[];
}

export type AttemptOutcome =
  | { kind: "delivered" }
  /** The receiver does not want this batch: it is too large (413), or something in it is (400, 422). */
  | { kind: "refused"; reason: "too-large" | "content" }
  | { kind: "failed"; retryAfterMs: number | null };

export interface AttemptCircumstances {
  now: number;
  baseMs: number;
  /** 0 ≤ random < 1 */
  random: number;
  /** Whether events follow that have not been tried. */
  hasMore: boolean;
  /** An event that this webhook has acknowledged and that is still there; `null`: there is none. */
  proof: number | null;
}

/** Events refused one by one before it is the receiver that is in trouble, and not the events. */
export const SUSPECTS_MAX = 5;
/** Refusals in a row of one event, each after its wait, before events behind it are tried where the receiver took none before. */
export const UNPROVEN_RETRIES = 3;
/** A receiver may ask to be tried sooner than by the back-off, but not sooner than that. */
const RETRY_AFTER_LEAST_MS = 60_000;
/** Of a delivery that passed, after one that was too large: what the next may have more. */
const GROWTH = 1 / 8;

/** The cursor after an attempt. What happened to it meanwhile (events given up, say) stays. */
export function settled(
  cursor: Cursor,
  attempt: Attempt,
  outcome: AttemptOutcome,
  circumstances: AttemptCircumstances,
): Cursor {
  // Nothing was sent, so nothing is known of the events that were refused before.
  const isProbe = cursor.suspects !== undefined || cursor.proof !== undefined;
  if (attempt.sent.length === 0 && isProbe) return failed(cursor, attempt, null, circumstances);
  switch (outcome.kind) {
    case "delivered":
      return delivered(cursor, attempt);
    case "refused":
      return refused(cursor, attempt, outcome.reason, circumstances);
    case "failed":
      return failed(cursor, attempt, outcome.retryAfterMs, circumstances);
  }
}

function delivered(cursor: Cursor, attempt: Attempt): Cursor {
  // Another passed: it is those events that will not. Or the receiver has recovered between them, so they are tried once more.
  if (cursor.proof !== undefined || cursor.suspects !== undefined) {
    return { ...withoutSuspects(cursor), proven: cursor.suspects ?? 1, retryAt: 0 };
  }
  const next = advanced(withoutSuspects(cursor), attempt.upTo, attempt);
  return grown({ ...next, failures: 0, retryAt: 0 }, attempt.sent.length);
}

function refused(
  cursor: Cursor,
  attempt: Attempt,
  reason: "too-large" | "content",
  circumstances: AttemptCircumstances,
): Cursor {
  if (cursor.proof !== undefined) return failed(cursor, attempt, null, circumstances);
  const events = attempt.sent.length;
  if (events > 1) return { ...cursor, batchMax: Math.floor(events / 2), retryAt: 0 };
  const [sequence = attempt.upTo] = attempt.sent;
  const suspects = (cursor.suspects ?? 0) + 1;
  const { proven = 0, ...rest } = cursor;
  if (proven > 0) {
    const next = advanced(withDeadLetters(rest, sequence, sequence, 1), attempt.upTo, attempt);
    return proven > 1 ? { ...next, proven: proven - 1 } : next;
  }
  if (reason === "too-large" && suspects === 1) {
    const next = backedOff(withDeadLetters(cursor, sequence, sequence, 1), null, circumstances);
    return advanced(next, attempt.upTo, attempt);
  }
  if (attempt.expired.length > 0) return failed(cursor, attempt, null, circumstances);
  // What it took before is the better proof: events that it did not take yet would come out of their order.
  const { proof, hasMore } = circumstances;
  if (suspects === 1 && proof !== null) return { ...cursor, batchMax: 1, proof, retryAt: 0 };
  if (suspects > SUSPECTS_MAX || !hasMore) return failed(cursor, attempt, null, circumstances);
  const { refusals = 0 } = cursor;
  // [interface.md §2] Within one station deliveries are in order: a receiver that recovers is to get this one first.
  if (suspects === 1 && refusals < UNPROVEN_RETRIES) {
    return { ...failed(cursor, attempt, null, circumstances), refusals: refusals + 1 };
  }
  return { ...cursor, batchMax: 1, suspects, suspectTo: attempt.upTo, retryAt: 0 };
}

/** Exponential back-off. Events that are 72 h old are given up, so that a dead backend never blocks what comes after them. */
function failed(
  cursor: Cursor,
  attempt: Attempt,
  retryAfterMs: number | null,
  circumstances: AttemptCircumstances,
): Cursor {
  const [first] = attempt.expired;
  const last = attempt.expired.at(-1);
  if (first === undefined || last === undefined) {
    return backedOff(withoutSuspects(cursor), retryAfterMs, circumstances);
  }
  // Those that were refused before it are older still.
  const lost = withDeadLetters(givenUpSuspects(cursor), first, last, attempt.expired.length);
  return backedOff(advanced(withoutSuspects(lost), last, attempt), retryAfterMs, circumstances);
}

function backedOff(cursor: Cursor, retryAfterMs: number | null, { now, baseMs, random }: AttemptCircumstances): Cursor {
  const usualMs = backOff(cursor.failures, baseMs, RETRY_MAX_MS, random);
  // Not all stations at the same second, and none before it.
  const waitMs =
    retryAfterMs === null
      ? usualMs
      : Math.min(Math.max(retryAfterMs * (1 + random / 10), Math.min(usualMs, RETRY_AFTER_LEAST_MS)), RETRY_MAX_MS);
  return { ...cursor, failures: cursor.failures + 1, retryAt: now + Math.round(waitMs) };
}

/** Past `upTo`, however far it was meanwhile. */
function advanced(cursor: Cursor, upTo: number, attempt: Attempt): Cursor {
  const { transactions } = attempt;
  const acknowledged = Math.max(cursor.acknowledged, upTo);
  const bytes = bytesPassed(cursor, upTo, attempt);
  const { thinnedTo = 0, kept = 0, ...before } = cursor;
  const rest = bytes === 0 ? before : { ...before, passedBytes: (cursor.passedBytes ?? 0) + bytes };
  if (thinnedTo <= acknowledged) return { ...rest, acknowledged };
  const settledOfThem = transactions.filter(
    (sequence) => sequence > cursor.acknowledged && sequence <= Math.min(upTo, thinnedTo),
  );
  return { ...rest, acknowledged, thinnedTo, kept: Math.max(0, kept - settledOfThem.length) };
}

/** Of events that still waited: what was given up meanwhile is counted already. */
function bytesPassed(cursor: Cursor, upTo: number, { transactions, reached = [] }: Attempt): number {
  const { acknowledged, thinnedTo = 0 } = cursor;
  return reached
    .filter(({ sequence }) => sequence > acknowledged && sequence <= upTo)
    .filter(({ sequence }) => sequence > thinnedTo || transactions.includes(sequence))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

function givenUpSuspects(cursor: Cursor): Cursor {
  const { acknowledged, suspectTo, suspects } = cursor;
  if (suspectTo === undefined || suspects === undefined) return cursor;
  return withDeadLetters(cursor, acknowledged + 1, suspectTo, suspects);
}

function withoutSuspects(cursor: Cursor): Cursor {
  const { suspectTo: _, suspects: __, proof: ___, proven: ____, refusals: _____, ...rest } = cursor;
  return rest;
}

function grown({ batchMax, ...cursor }: Cursor, events: number): Cursor {
  if (batchMax === undefined) return cursor;
  const next = events < batchMax ? batchMax : batchMax + Math.max(1, Math.floor(batchMax * GROWTH));
  return next >= BATCH_MAX_EVENTS ? cursor : { ...cursor, batchMax: next };
}
