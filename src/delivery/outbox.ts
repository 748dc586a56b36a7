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
  /** ms since the epoch of the last attempt that failed; 0: none. */
  failedAt: number;
}
/** By `cursorKey`. */
export type Cursors = Record<string, Cursor>;

/** A webhook removed and made again under its name starts anew. */
export const cursorKey = ({ name, createdAt }: Webhook): string => `${name}@${createdAt}`;

/** Retries go on for 72 h (interface.md §2). */
export const GIVE_UP_AFTER_MS = 72 * 3_600_000;
/** The longest wait between two attempts. */
export const RETRY_MAX_MS = 3_600_000;
/** Events in one delivery, and its bytes: what a receiver can take in one request. */
export const BATCH_MAX_EVENTS = 100;
export const BATCH_MAX_CHARACTERS = 1_000_000;

export const freshCursor = (acknowledged: number): Cursor => ({
  acknowledged,
  failures: 0,
  retryAt: 0,
  failedAt: 0,
});

export interface Plan {
  /** Webhooks to send to now, each from the event after its cursor. */
  due: Webhook[];
  /** ms since the epoch of the next attempt that is not due yet; `null`: none waits. */
  wakeAt: number | null;
}

export function plan(webhooks: readonly Webhook[], cursors: Cursors, head: number, now: number): Plan {
  const due: Webhook[] = [];
  let wakeAt: number | null = null;
  for (const webhook of webhooks) {
    const cursor = cursors[cursorKey(webhook)];
    if (cursor === undefined || cursor.acknowledged >= head) continue;
    const retryAt = webhook.replayAt > cursor.failedAt ? 0 : cursor.retryAt;
    if (retryAt <= now) due.push(webhook);
    else wakeAt = Math.min(wakeAt ?? retryAt, retryAt);
  }
  return { due, wakeAt };
}

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
  return {
    acknowledged: expiredUpTo ?? cursor.acknowledged,
    failures: cursor.failures + 1,
    retryAt: now + Math.round(waitMs * (0.5 + random / 2)),
    failedAt: now,
  };
}
