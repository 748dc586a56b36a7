/**
 * What to send next and when to wake: pure decisions over webhooks, their cursors and the log's head.
 * Must not know how events are stored or how a delivery travels.
 */
import type { EventType } from "./event.ts";

export interface Webhook {
  name: string;
  url: string;
  secret: string;
  /** Empty: every type. */
  types: EventType[];
  /** ms since the epoch: events before it are not for this webhook. */
  createdAt: number;
  /** ms since the epoch of the last call for a replay; 0: never. */
  replayAt: number;
}

/** Where one webhook stands with one station. */
export interface Cursor {
  /** The last sequence that is acknowledged, or that was given up. */
  acknowledged: number;
  /** Attempts that failed in a row. */
  failures: number;
  /** ms since the epoch; no attempt before it. 0: at once. */
  retryAt: number;
  /** The first event that was given up since the last replay: a dead letter. 0: none. */
  deadFrom: number;
  /** The webhook's `replayAt` that was last heeded. */
  replayedAt: number;
}
/** By `cursorKey`. */
export type Cursors = Record<string, Cursor>;

/** A webhook removed and made again under its name starts anew. */
export const cursorKey = ({ name, createdAt }: Webhook): string => `${name}@${createdAt}`;

/** Retries go on for 72 h (interface.md §2). */
export const GIVE_UP_AFTER_MS = 72 * 3_600_000;
/** The longest wait between two attempts. */
export const RETRY_MAX_MS = 3_600_000;
/** Events in one delivery, and its characters: what a receiver can take in one request. */
export const BATCH_MAX_EVENTS = 100;
export const BATCH_MAX_CHARACTERS = 1_000_000;
/** Dead letters kept for a replay, counted back from the newest event. */
export const DEAD_LETTERS_MAX = 1_000;

/** @param acknowledged the last event that is not for this webhook */
export const freshCursor = (acknowledged: number, { replayAt }: Webhook): Cursor => ({
  acknowledged,
  failures: 0,
  retryAt: 0,
  deadFrom: 0,
  replayedAt: replayAt,
});

export type Due = { at: "now" } | { at: number } | null;

/** When the next attempt is due; `null`: there is nothing to send. */
export function due(cursor: Cursor, head: number, now: number): Due {
  if (cursor.acknowledged >= head) return null;
  // Further ahead than any wait can be: the clock was set back since.
  const isOver = cursor.retryAt <= now || cursor.retryAt > now + RETRY_MAX_MS;
  return isOver ? { at: "now" } : { at: cursor.retryAt };
}

export const succeeded = (cursor: Cursor, upTo: number): Cursor => ({
  ...cursor,
  acknowledged: upTo,
  failures: 0,
  retryAt: 0,
});

/**
 * The cursor after a failed attempt: exponential backoff, jittered over its upper half. Events that are 72 h old are
 * given up, so that a dead backend never blocks what comes after them.
 * @param expiredUpTo the newest sequence of the attempt that is past its 72 h; `null`: none
 * @param random 0 ≤ random < 1
 */
export function failed(
  cursor: Cursor,
  expiredUpTo: number | null,
  now: number,
  baseMs: number,
  random: number,
): Cursor {
  const waitMs = Math.min(baseMs * 2 ** Math.min(cursor.failures, 30), RETRY_MAX_MS);
  const firstLost = cursor.deadFrom === 0 ? cursor.acknowledged + 1 : cursor.deadFrom;
  return {
    ...cursor,
    acknowledged: expiredUpTo ?? cursor.acknowledged,
    failures: cursor.failures + 1,
    retryAt: now + Math.round(waitMs * (0.5 + random / 2)),
    deadFrom: expiredUpTo === null ? cursor.deadFrom : firstLost,
  };
}

/** Heeds a call for a replay, once: nothing waits any longer, and dead letters come again with what followed them. */
export function replayed(cursor: Cursor, { replayAt }: Webhook): Cursor {
  if (replayAt <= cursor.replayedAt) return cursor;
  const acknowledged = cursor.deadFrom === 0 ? cursor.acknowledged : cursor.deadFrom - 1;
  return { acknowledged, failures: 0, retryAt: 0, deadFrom: 0, replayedAt: replayAt };
}

/** The last event that no webhook needs any more, so that its row may be used again. */
export function spentUpTo(cursors: Cursors, head: number): number {
  return Object.values(cursors).reduce((low, { acknowledged, deadFrom }) => {
    const kept =
      deadFrom === 0 ? acknowledged : Math.max(deadFrom - 1, Math.min(acknowledged, head - DEAD_LETTERS_MAX));
    return Math.min(low, kept);
  }, head);
}
