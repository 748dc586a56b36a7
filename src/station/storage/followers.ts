/**
 * Where each webhook of the list stands with a log. Must not know how events are kept or sent.
 */
import type { LogEnd } from "../../delivery/backlog.ts";
import {
  type Cursor,
  type Cursors,
  cursorKey,
  freshCursor,
  replayed,
  type Webhook,
  wantedFrom,
} from "../../delivery/outbox.ts";
import type { LogRows } from "./log-rows.ts";
import type { DeliveryFacts, EndedRegistration } from "./facts.ts";

/** A cursor for each, of a log that begins. */
export const begun = (webhooks: readonly Webhook[], floor: number): Cursors =>
  Object.fromEntries(
    webhooks.map((webhook) => [cursorKey(webhook), { ...freshCursor(floor, webhook), passedBytes: 0 }]),
  );

/** A cursor for each: a new one starts with the first event since its webhook was made, or since a replay wants them. */
export function followed(
  cursors: Cursors,
  webhooks: readonly Webhook[],
  rows: LogRows,
  end: LogEnd,
  now: number,
): Cursors {
  const cursorOf = (webhook: Webhook, known: Cursor | undefined): Cursor => {
    const cursor =
      known === undefined
        ? freshCursor(rows.lastBefore(wantedFrom(webhook, now), end.head), webhook)
        : sentAgain(replayed(known, webhook, end.head, rows.bound.events), webhook, rows, end, known);
    return cursor === known ? known : rows.counted(cursor, end);
  };
  return Object.fromEntries(
    webhooks.map((webhook) => [cursorKey(webhook), cursorOf(webhook, cursors[cursorKey(webhook)])]),
  );
}

/** Back to the time that a replay is called for from; be it of before the webhook was made; what is no longer kept is not sent. */
function sentAgain(cursor: Cursor, webhook: Webhook, rows: LogRows, { head }: LogEnd, known: Cursor): Cursor {
  const { replaySince } = webhook;
  if (cursor === known || replaySince === undefined) return cursor;
  const before = rows.lastBefore(replaySince, head);
  return before >= cursor.acknowledged ? cursor : { ...cursor, acknowledged: before };
}

/** Whether one of them is new, and whether one was sent back: what the socket knows of that one is of before. */
export const news = (cursors: Cursors, before: Cursors): { isMet: boolean; isBack: boolean } => ({
  isMet: Object.keys(cursors).some((key) => before[key] === undefined),
  isBack: Object.entries(cursors).some(([key, { acknowledged }]) => acknowledged < (before[key]?.acknowledged ?? 0)),
});

/** Whether one of them is further than the row says. */
export const isAhead = (cursors: Cursors, saved: Cursors): boolean =>
  Object.entries(cursors).some(([key, { acknowledged }]) => acknowledged > (saved[key]?.acknowledged ?? 0));

/** With one more, which is given what comes from now on. */
export const joined = (cursors: Cursors, webhook: Webhook, { head, bytes }: LogEnd): Cursors => ({
  ...cursors,
  [cursorKey(webhook)]: { ...freshCursor(head, webhook), passedBytes: bytes },
});

/** Whether events wait for another than these. */
export function waitsBeside(webhooks: readonly Webhook[], cursors: Cursors, head: number): boolean {
  const keys = new Set(webhooks.map(cursorKey));
  return Object.entries(cursors).some(([key, { acknowledged }]) => acknowledged < head && !keys.has(key));
}

/** The list that was followed; left out where it is not known: rows of older releases are to be the same. */
export const noted = (revision = 0): Pick<DeliveryFacts, "webhooksRevision"> =>
  revision > 0 ? { webhooksRevision: revision } : {};

/** What was kept of them. */
export const deliveryOf = ({ cursors, head, webhooksRevision }: EndedRegistration) => ({
  cursors,
  statusSequence: head,
  ...noted(webhooksRevision),
});
