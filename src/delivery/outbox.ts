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
  /** ms since the epoch: events before it are not for this webhook, but by a replay from a time before it. */
  createdAt: number;
  /** ms since the epoch of the last call for a replay; 0: never. */
  replayAt: number;
  /** ms since the epoch: that call wants what is kept from then on, delivered or not. Absent: what was not delivered. */
  replaySince?: number;
}

/** The webhooks there are at one time. */
export interface Subscriptions {
  webhooks: readonly Webhook[];
  /** Rises with each change, so that of two lists it can be told which is the older one; 0: an older release did not count. */
  revision: number;
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
  // Absent where there is nothing of the kind, and in cursors that an older release wrote.
  /** The last event that was given up. */
  deadTo?: number;
  /** Events that were given up since the last replay. */
  lost?: number;
  /** Up to here only events of transactions still wait: the others were given up when the backlog was at its bound. */
  thinnedTo?: number;
  /** Events of transactions that wait up to `thinnedTo`. */
  kept?: number;
  /** Bytes of the log's events that do not wait any more, be they delivered or given up; with less of them more seems to wait. */
  passedBytes?: number;
  /** Events in one delivery, after a receiver that would take no more. */
  batchMax?: number;
  /** The last of the events that were refused one by one, while others are tried. */
  suspectTo?: number;
  /** Of them there are so many. */
  suspects?: number;
  /** An event acknowledged before, sent once more to see whether the receiver takes anything. */
  proof?: number;
  /** Another passed: if they are refused once more, so many of them are given up. */
  proven?: number;
  /** So often in a row the first event that waits was refused alone, where nothing that was taken before could prove anything. */
  refusals?: number;
  /** Why the last attempt failed, in words; absent where it did not, or where an older release wrote it. */
  failure?: string;
}
/** By `cursorKey`. */
export type Cursors = Record<string, Cursor>;

/** A webhook removed and made again under its name starts anew. */
export const cursorKey = ({ name, createdAt }: Webhook): string => `${name}@${createdAt}`;

/** Retries go on for 72 h (interface.md §2). */
export const GIVE_UP_AFTER_MS = 72 * 3_600_000;
/** The longest wait between two attempts. */
export const RETRY_MAX_MS = 3_600_000;
/** Events in one delivery. */
export const BATCH_MAX_EVENTS = 100;
/** Dead letters kept for a replay: the newest, and no more than a tenth of the backlog, since they take room in it. */
export const DEAD_LETTERS_MAX = 1_000;

/** @param acknowledged the last event that is not for this webhook */
export const freshCursor = (acknowledged: number, { replayAt }: Pick<Webhook, "replayAt">): Cursor => ({
  acknowledged,
  failures: 0,
  retryAt: 0,
  deadFrom: 0,
  replayedAt: replayAt,
});

/**
 * ms since the epoch: what a log kept before it is not for a webhook that it meets for the first time. One made in the future was
 * made before the clock was set back, and then no time tells what came since: rather too much than an event lost. A replay that was
 * called for before they met wants what was kept before the webhook, too.
 */
export const wantedFrom = ({ createdAt, replaySince = createdAt }: Webhook, now: number): number =>
  createdAt > now ? 0 : Math.min(createdAt, replaySince);

export type Due = { at: "now" } | { at: number } | null;

/** When the next attempt is due; `null`: there is nothing to send. */
export function due(cursor: Cursor, head: number, now: number): Due {
  if (cursor.acknowledged >= head) return null;
  // Further ahead than any wait can be: the clock was set back since.
  const isOver = cursor.retryAt <= now || cursor.retryAt > now + RETRY_MAX_MS;
  return isOver ? { at: "now" } : { at: cursor.retryAt };
}

/**
 * Heeds a call for a replay, once: nothing waits any longer, and dead letters come again with what followed them.
 * @param backlogMax events that may wait for one webhook
 */
export function replayed(cursor: Cursor, { replayAt }: Webhook, head: number, backlogMax: number): Cursor {
  if (replayAt <= cursor.replayedAt) return cursor;
  const before = firstDeadLetter(cursor, head, backlogMax) - 1;
  const acknowledged = Math.min(cursor.acknowledged, before);
  const thinnedTo = Math.min(cursor.thinnedTo ?? 0, before);
  return {
    acknowledged,
    failures: 0,
    retryAt: 0,
    deadFrom: 0,
    replayedAt: replayAt,
    ...(thinnedTo > acknowledged && { thinnedTo, kept: cursor.kept ?? 0 }),
  };
}

/** Whether a replay of what was delivered, too, is still to be heeded, be it of a webhook that the log has not met. */
export const isCalledFor = (cursors: Cursors, webhooks: readonly Webhook[]): boolean =>
  webhooks.some((webhook) => {
    const { replayedAt = 0 } = cursors[cursorKey(webhook)] ?? {};
    return webhook.replaySince !== undefined && webhook.replayAt > replayedAt;
  });

/** Dead letters that are kept for a replay. */
export const deadLettersKept = (backlogMax: number): number => Math.min(DEAD_LETTERS_MAX, Math.floor(backlogMax / 10));

/** The first dead letter that a replay would send; infinite: there is none. What is older than a whole backlog is gone. */
export function firstDeadLetter({ acknowledged, deadFrom, deadTo }: Cursor, head: number, backlogMax: number): number {
  if (deadFrom === 0) return Number.POSITIVE_INFINITY;
  const newest = (deadTo ?? acknowledged) - deadLettersKept(backlogMax) + 1;
  return Math.max(deadFrom, newest, head - backlogMax + 1);
}

/** Whether some webhook does not take its events, or has given some up. */
export const isInTrouble = (cursors: Cursors): boolean =>
  Object.values(cursors).some(({ failures, deadFrom }) => failures > 0 || deadFrom > 0);

/** ms; the longest wait for a list of webhooks that could not be had. */
export const DRAIN_RETRY_MAX_MS = 600_000;

/**
 * ms since the epoch of the next drain, after one that could not even begin: what has waited long waits as long again. So the waits
 * double, and nothing needs to be remembered over hibernation.
 * @param waitingSince ms since the epoch of what waits
 * @param random 0 ≤ random < 1: all stations had to wait at the same time
 */
export function nextDrainAt(waitingSince: number, now: number, baseMs: number, random: number): number {
  const waitedMs = Math.min(Math.max(now - waitingSince, baseMs), DRAIN_RETRY_MAX_MS);
  return now + Math.round(waitedMs * (0.5 + random));
}

/** Whether some webhook did not take the last it was sent. */
export const isFailing = (cursors: Cursors): boolean => Object.values(cursors).some(({ failures }) => failures > 0);

/** Events given up since the last replay. */
export function lostEvents({ acknowledged, deadFrom, deadTo, lost }: Cursor): number {
  return deadFrom === 0 ? 0 : (lost ?? (deadTo ?? acknowledged) - deadFrom + 1);
}

/** Gives up `lost` events, of which `first` and `last` are the outer ones. */
export const withDeadLetters = (cursor: Cursor, first: number, last: number, lost: number): Cursor => ({
  ...cursor,
  deadFrom: cursor.deadFrom === 0 ? first : Math.min(cursor.deadFrom, first),
  deadTo: Math.max(cursor.deadTo ?? 0, last),
  lost: lostEvents(cursor) + lost,
});

/** The last event that no webhook needs any more, so that its row may be used again, and so of all rows before it. */
export const spentUpTo = (cursors: Cursors, head: number, backlogMax: number): number =>
  lowest(cursors, head, backlogMax, ({ acknowledged }) => acknowledged);

/** The last event of which no webhook needs any but those of transactions: rows of others before it may be used again. */
export const thinnedUpTo = (cursors: Cursors, head: number, backlogMax: number): number =>
  lowest(cursors, head, backlogMax, ({ acknowledged, thinnedTo = 0 }) => Math.max(acknowledged, thinnedTo));

function lowest(cursors: Cursors, head: number, backlogMax: number, reached: (cursor: Cursor) => number): number {
  return Object.values(cursors).reduce(
    (low, cursor) => Math.min(low, reached(cursor), firstDeadLetter(cursor, head, backlogMax) - 1),
    head,
  );
}
