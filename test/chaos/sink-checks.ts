/**
 * What webhooks may expect that come and go or ask for a pause, and what one's trouble must not do to a station.
 * Must not know how the ledgers were come by.
 */
import type { Check, Violation } from "./checks.ts";
import { wasLostWithRegistration } from "./deregistered.ts";
import { contentOf, type Delivery, type Guest, incarnationOf, type Ledgers, shownDeliveries } from "./ledger.ts";

export const sinkChecks: readonly Check[] = [
  { title: "messages acknowledged and not delivered to the webhook that came last", find: notForTheGuest },
  { title: "events a webhook was given that are not of its types", find: unwanted },
  { title: "attempts before the time of a Retry-After", find: impatient },
  { title: "messages refused that need nobody's decision", find: refused },
  { title: "StatusNotifications behind a boot that were judged by another state", find: misjudged },
];

/** Between the answer to its PUT and a message that must reach it. */
const MARGIN_MS = 1_000;
/** For lists from before it ended, which may be 30 s old, and requests that are under way then. */
const UNDER_WAY_MS = 31_000;

function notForTheGuest(ledgers: Ledgers): Violation[] {
  const last = ledgers.guests.at(-1);
  if (last === undefined || !takes(last, "ocpp.call") || last.until !== Number.POSITIVE_INFINITY) return [];
  const own = ledgers.deliveries.filter(({ webhook, acknowledged }) => webhook === last.webhook && acknowledged);
  const given = new Set(
    own.flatMap(({ stationId, events }) =>
      events
        .filter(({ type }) => type === "ocpp.call")
        .map(({ data }) => `${stationId} ${contentOf(data.action, data.payload)}`),
    ),
  );
  return ledgers.stations.flatMap(({ stationId, messages }) =>
    messages
      .filter(({ acknowledged, sentAt }) => acknowledged !== null && sentAt > last.from + MARGIN_MS)
      .filter(({ action, payload }) => !given.has(`${stationId} ${contentOf(action, payload)}`))
      .filter((message) => !wasLostWithRegistration(ledgers, last.webhook, stationId, message))
      .map((message) => ({ stationId, what: `${last.webhook} never got it`, evidence: message })),
  );
}

const takes = ({ types }: Guest, type: string): boolean => types.length === 0 || types.includes(type);

function unwanted({ deliveries, guests, webhooks }: Ledgers): Violation[] {
  const wanted = new Map(guests.map(({ webhook, types }) => [webhook, types]));
  for (const [webhook, types] of Object.entries(webhooks)) wanted.set(webhook, types);
  const ends = new Map(guests.map(({ webhook, goneAt }) => [webhook, goneAt]));
  return deliveries.flatMap(({ webhook, stationId, events, at }) => {
    const types = wanted.get(webhook) ?? [];
    const foreign = events.filter(({ type }) => types.length > 0 && !types.includes(type));
    const isGone = at > (ends.get(webhook) ?? Infinity) + UNDER_WAY_MS;
    if (foreign.length === 0 && !isGone) return [];
    const what = isGone ? `${webhook} was gone` : `${webhook} does not take it`;
    return [
      { stationId, what, evidence: { at, goneAt: ends.get(webhook), events: foreign.length > 0 ? foreign : events } },
    ];
  });
}

/** Nothing but a replay, a restart, a jump of the clock or the end of the registration lets the next attempt come earlier. */
function impatient(ledgers: Ledgers): Violation[] {
  const streams = Map.groupBy(ledgers.deliveries, ({ webhook, stationId }) => `${webhook} ${stationId}`);
  return [...streams.values()].flatMap((deliveries) =>
    deliveries.flatMap((delivery, index) => {
      const next = deliveries[index + 1];
      const { retryAfterMs, isUnread, stationId, webhook, endedAt } = delivery;
      if (retryAfterMs === undefined || isUnread === true || next === undefined || !isSameLog(delivery, next))
        return [];
      const earlyMs = endedAt + retryAfterMs - next.at;
      if (earlyMs <= TOLERANCE_MS || isExcused(ledgers, delivery, next)) return [];
      const evidence = {
        at: delivery.at,
        endedAt,
        retryAfterMs,
        nextAt: next.at,
        around: shownDeliveries(deliveries.slice(Math.max(0, index - 3), index + 4)),
        jumps: ledgers.clockJumps,
      };
      return [{ stationId, what: `${webhook} was asked ${Math.round(earlyMs)} ms too early`, evidence }];
    }),
  );
}

const TOLERANCE_MS = 50;

const isSameLog = ({ events: [one] }: Delivery, { events: [other] }: Delivery): boolean =>
  one !== undefined && other !== undefined && incarnationOf(one) === incarnationOf(other);

function isExcused(ledgers: Ledgers, { stationId, at }: Delivery, next: Delivery): boolean {
  const isBetween = (moment: number) => moment >= at && moment <= next.at;
  return (
    ledgers.clockJumps.some(isBetween) ||
    ledgers.replays.some(isBetween) ||
    ledgers.interruptions.some(({ from, until }) => from <= next.at && until >= at) ||
    ledgers.deregistrations.some((each) => each.stationId === stationId && each.sentAt <= next.at && each.endedAt >= at)
  );
}

/** [interface.md §2] No station is refused while another sink takes its events, and a BootNotification never. */
function refused({ stations }: Ledgers): Violation[] {
  return stations.flatMap(({ stationId, refused }) =>
    refused
      .filter(({ action }) => action === "MeterValues" || action === "BootNotification")
      .map((each) => ({ stationId, what: `${each.action} was refused`, evidence: each })),
  );
}

/** [2.x B02.FR.09, B03.FR.07] By the state when its turn comes; 1.6 only recommends that it waits. */
function misjudged({ stations }: Ledgers): Violation[] {
  return stations.flatMap(({ stationId, hastyBoots }) =>
    hastyBoots.flatMap((boot) => {
      const { version, status, behind } = boot;
      const isTooLate = status === "Accepted" && behind === "refused";
      const isTooEarly = version !== "ocpp1.6" && (status === "Pending" || status === "Rejected") && behind === "taken";
      if (!isTooLate && !isTooEarly) return [];
      return [{ stationId, what: `${behind} although the boot was ${status}`, evidence: boot }];
    }),
  );
}
