/**
 * Where each webhook of the list stands with a log. Must not know how events are kept or sent.
 */
import type { LogEnd } from "../../delivery/backlog.ts";
import {
  type Cursor,
  type Cursors,
  cursorKey,
  freshCursor,
  isFailing,
  replayed,
  type Subscriptions,
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

/**
 * A cursor for each: a new one starts with the first event since its webhook was made, or since a replay wants them.
 * @param before where all of the log is for new ones: the sequence behind which it begins
 */
function followed(
  cursors: Cursors,
  webhooks: readonly Webhook[],
  rows: LogRows,
  end: LogEnd,
  now: number,
  before: number | null,
): Cursors {
  const cursorOf = (webhook: Webhook, known: Cursor | undefined): Cursor => {
    const cursor =
      known === undefined
        ? freshCursor(before ?? rows.lastBefore(wantedFrom(webhook, now), end.head), webhook)
        : sentAgain(replayed(known, webhook, end.head, rows.bound.events), webhook, rows, end, known);
    return cursor === known ? known : rows.counted(cursor, end);
  };
  return Object.fromEntries(
    webhooks.map((webhook) => [cursorKey(webhook), cursorOf(webhook, cursors[cursorKey(webhook)])]),
  );
}

/**
 * What is known of the deliveries once a list is heeded; whether a webhook was sent back, so that what the socket knows of it is of
 * before; and whether it is to be kept at once.
 */
export function following(
  { isForAll, ...known }: DeliveryFacts,
  { webhooks, revision }: Subscriptions,
  { rows, end, floor, saved }: { rows: LogRows; end: LogEnd; floor: number; saved: Cursors },
  now: number,
): { delivery: DeliveryFacts; isBack: boolean; isKept: boolean } {
  const cursors = followed(known.cursors, webhooks, rows, end, now, isForAll === true ? floor : null);
  const isMet = Object.keys(cursors).some((key) => known.cursors[key] === undefined);
  const isBack = webhooks.some((each) => isAhead(known.cursors, cursors, cursorKey(each)));
  const isNewer = revision > (known.webhooksRevision ?? 0);
  const isAheadOfRow = isNewer && Object.keys(known.cursors).some((key) => isAhead(known.cursors, saved, key));
  const isKept = isMet || isBack || isAheadOfRow || isForAll === true;
  return { delivery: { ...known, cursors, ...noted(revision) }, isBack, isKept };
}

/** Back to the time that a replay is called for from; be it of before the webhook was made; what is no longer kept is not sent. */
function sentAgain(cursor: Cursor, webhook: Webhook, rows: LogRows, { head }: LogEnd, known: Cursor): Cursor {
  const { replaySince } = webhook;
  if (cursor === known || replaySince === undefined) return cursor;
  const before = rows.lastBefore(replaySince, head);
  return before >= cursor.acknowledged ? cursor : { ...cursor, acknowledged: before };
}

/** Whether one of them is further than another list says. */
const isAhead = (cursors: Cursors, others: Cursors, key: string): boolean =>
  (cursors[key]?.acknowledged ?? 0) > (others[key]?.acknowledged ?? 0);

/** Events without a row that says how far deliveries are. Of a webhook that takes its events the next delivery writes it. */
export const unsavedMax = (cursors: Cursors, rowEvery: number): number =>
  Object.keys(cursors).length > 0 && !isFailing(cursors) ? 2 * rowEvery : rowEvery;

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

/** What outlives a registration, until its last events have had their chance. */
export const standing = ({ cursors, webhooksRevision, isForAll }: DeliveryFacts | EndedRegistration) => ({
  cursors,
  ...noted(webhooksRevision),
  ...(isForAll === true && { isForAll }),
});

export const deliveryOf = (ended: EndedRegistration) => ({ ...standing(ended), statusSequence: ended.head });
