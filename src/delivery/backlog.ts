/**
 * How much may wait for one webhook, and what is given up beyond it: the oldest that is no transaction's, then the oldest.
 * Must not know how events are stored.
 */
import { type Cursor, type Cursors, deadLettersKept, withDeadLetters } from "./outbox.ts";

/** What thinning needs to know of an event. */
export interface Waiting {
  sequence: number;
  /** 1: of a transaction. */
  transaction: number;
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

/**
 * Whether a message may be refused: the backlog of every webhook is at its bound, of one that fails at the bound of the
 * message's class. One that takes its events, only late, is no reason to refuse any while it has room.
 */
export function isAtBound(cursors: Cursors, head: number, backlogMax: number, kind: MessageClass): boolean {
  const share = kind === "periodic" ? PERIODIC_SHARE : kind === "other" ? OTHER_SHARE : 1;
  const all = Object.values(cursors);
  return (
    all.length > 0 && all.every((cursor) => waitingFor(cursor, head) >= backlogMax * (cursor.failures > 0 ? share : 1))
  );
}

/** Whether the backlog is beyond its bound. Dead letters that are kept for a replay take their room in it. */
export const isBeyondBound = (cursor: Cursor, head: number, backlogMax: number): boolean =>
  waitingFor(cursor, head) > backlogMax - (cursor.deadFrom === 0 ? 0 : deadLettersKept(backlogMax));

/**
 * The cursor with its backlog within the bound again.
 * @param after what waits behind a sequence, oldest first; read no further than needed
 * @param transactionsAfter the same, of transactions alone
 */
export function thinned(
  cursor: Cursor,
  head: number,
  backlogMax: number,
  after: (sequence: number) => Iterable<Waiting>,
  transactionsAfter: (sequence: number) => Iterable<Waiting>,
): Cursor {
  const step = Math.max(1, Math.floor(backlogMax * STEP_SHARE));
  const target = backlogMax - deadLettersKept(backlogMax) - step;
  const from = Math.max(cursor.acknowledged, cursor.thinnedTo ?? 0);
  const given = { first: 0, last: 0, count: 0 };
  let thinnedTo = from;
  let kept = cursor.thinnedTo === undefined ? 0 : (cursor.kept ?? 0);
  for (const { sequence, transaction } of after(from)) {
    if (head - thinnedTo + kept <= target) break;
    thinnedTo = sequence;
    if (transaction === 1) kept++;
    else giveUp(given, sequence);
  }
  let { acknowledged } = cursor;
  // Nothing but transactions is left, and they alone are too many.
  if (head - thinnedTo + kept > backlogMax) {
    for (const { sequence } of transactionsAfter(acknowledged)) {
      if (sequence > thinnedTo || backlogMax - step >= kept) break;
      acknowledged = sequence;
      kept--;
      giveUp(given, sequence);
    }
  }
  const next: Cursor = { ...cursor, acknowledged, thinnedTo, kept };
  return given.count === 0 ? next : withDeadLetters(next, given.first, given.last, given.count);
}

function giveUp(given: { first: number; last: number; count: number }, sequence: number): void {
  given.first = given.first === 0 ? sequence : Math.min(given.first, sequence);
  given.last = Math.max(given.last, sequence);
  given.count++;
}
