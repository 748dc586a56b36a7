/**
 * How much may wait for one webhook, in events and in bytes, and what is given up beyond it: the oldest that is no
 * transaction's, then the oldest. Must not know how events are stored.
 */
import { type Cursor, type Cursors, deadLettersKept, withDeadLetters } from "./outbox.ts";

/** What may wait for one webhook. */
export interface Bound {
  events: number;
  bytes: number;
}

/** How far a log has come. */
export interface LogEnd {
  /** Its newest sequence. */
  head: number;
  /** Of all that it ever took. */
  bytes: number;
}

/** Where a webhook stands with a station. */
export interface WebhookBacklog {
  webhook: string;
  /** Events that wait for it. */
  events: number;
  /** ms since the epoch of the oldest; `null`: none waits. */
  oldestAt: number | null;
  /** Attempts that failed in a row. */
  failures: number;
  /** Why the last of them did; `null`: none did, or it is not known. */
  failure: string | null;
  /** ms since the epoch; no attempt before it. `null`: none is waited for. */
  retryAt: number | null;
  /** Events that were given up since the last replay. */
  deadLetters: number;
}

/** What thinning needs to know of an event. */
export interface Waiting {
  sequence: number;
  /** 1: of a transaction. */
  transaction: number;
  bytes: number;
}

/** Of the bound: where a station keeps its own messages, if no receiver takes any. The last tenth is transactions' alone. */
const PERIODIC_SHARE = 0.5;
const OTHER_SHARE = 0.8;
/** Of the bound: what is given up at once, so that it is not looked for at each event. */
const STEP_SHARE = 0.01;

export type MessageClass = "periodic" | "other" | "transactional";

/** Events that wait for one webhook. */
export function waitingFor({ acknowledged, thinnedTo = 0, kept = 0 }: Cursor, head: number): number {
  return Math.max(0, head - Math.max(acknowledged, thinnedTo)) + (thinnedTo > acknowledged ? kept : 0);
}

/** Their bytes, or more where it is not known exactly; never less. */
export const waitingBytes = ({ passedBytes = 0 }: Cursor, { bytes }: Pick<LogEnd, "bytes">): number =>
  Math.max(0, bytes - passedBytes);

/**
 * Whether a message may be refused: the backlog of every webhook is at its bound, of one that fails at the bound of the
 * message's class. One that takes its events, only late, is no reason to refuse any while it has room.
 */
export function isAtBound(cursors: Cursors, end: LogEnd, bound: Bound, kind: MessageClass): boolean {
  const share = kind === "periodic" ? PERIODIC_SHARE : kind === "other" ? OTHER_SHARE : 1;
  const isFull = (cursor: Cursor) => {
    const filled = Math.max(waitingFor(cursor, end.head) / bound.events, waitingBytes(cursor, end) / bound.bytes);
    return filled >= (cursor.failures > 0 ? share : 1);
  };
  const all = Object.values(cursors);
  return all.length > 0 && all.every(isFull);
}

/** Whether the backlog is beyond its bound. Dead letters that are kept for a replay take their room in it. */
export const isBeyondBound = (cursor: Cursor, end: LogEnd, bound: Bound): boolean =>
  isBeyondEvents(cursor, end, bound) || isBeyondBytes(cursor, end, bound);

const isBeyondEvents = (cursor: Cursor, { head }: LogEnd, { events }: Bound): boolean =>
  waitingFor(cursor, head) > events - (cursor.deadFrom === 0 ? 0 : deadLettersKept(events));

export const isBeyondBytes = (cursor: Cursor, end: LogEnd, bound: Bound): boolean =>
  waitingBytes(cursor, end) > bound.bytes;

/**
 * The cursor with its backlog within the bound again.
 * @param after what waits behind a sequence, oldest first; read no further than needed
 * @param transactionsAfter the same, of transactions alone
 */
export function thinned(
  cursor: Cursor,
  end: LogEnd,
  bound: Bound,
  after: (sequence: number) => Iterable<Waiting>,
  transactionsAfter: (sequence: number) => Iterable<Waiting>,
): Cursor {
  const { head } = end;
  const step = Math.max(1, Math.floor(bound.events * STEP_SHARE));
  // What one bound asks for is no reason to give up more by the other.
  const events = isBeyondEvents(cursor, end, bound)
    ? bound.events - deadLettersKept(bound.events) - step
    : bound.events;
  const bytesMax = isBeyondBytes(cursor, end, bound) ? Math.floor(bound.bytes * (1 - STEP_SHARE)) : bound.bytes;
  const from = Math.max(cursor.acknowledged, cursor.thinnedTo ?? 0);
  const given: Given = { first: 0, last: 0, count: 0, bytes: 0 };
  let thinnedTo = from;
  let kept = cursor.thinnedTo === undefined ? 0 : (cursor.kept ?? 0);
  const isWithin = (max: number) =>
    head - thinnedTo + kept <= max && waitingBytes(cursor, end) - given.bytes <= bytesMax;
  for (const event of after(from)) {
    if (isWithin(events)) break;
    thinnedTo = event.sequence;
    if (event.transaction === 1) kept++;
    else giveUp(given, event);
  }
  let { acknowledged } = cursor;
  // Nothing but transactions is left, and they alone are too many.
  if (!isWithin(bound.events)) {
    for (const event of transactionsAfter(acknowledged)) {
      if (event.sequence > thinnedTo || isWithin(bound.events - step)) break;
      acknowledged = event.sequence;
      kept--;
      giveUp(given, event);
    }
  }
  const passedBytes = (cursor.passedBytes ?? 0) + given.bytes;
  const next: Cursor = { ...cursor, acknowledged, thinnedTo, kept, passedBytes };
  return given.count === 0 ? next : withDeadLetters(next, given.first, given.last, given.count);
}

interface Given {
  first: number;
  last: number;
  count: number;
  bytes: number;
}

function giveUp(given: Given, { sequence, bytes }: Waiting): void {
  given.first = given.first === 0 ? sequence : Math.min(given.first, sequence);
  given.last = Math.max(given.last, sequence);
  given.count++;
  given.bytes += bytes;
}
