/**
 * The promises of the broker as pure functions over the ledgers: each gives what breaks it, with the evidence.
 * Must not know how the ledgers were come by.
 */
import { commandChecks } from "./command-checks.ts";
import { connectionChecks } from "./connection-checks.ts";
import { wasLostWithRegistration } from "./deregistered.ts";
import { healthChecks } from "./health-checks.ts";
import {
  contentOf,
  type Delivery,
  incarnationOf,
  isTransactional,
  type Ledgers,
  type SeenEvent,
  type StationMessage,
} from "./ledger.ts";

import { registrationChecks } from "./registration-checks.ts";
import { sinkChecks } from "./sink-checks.ts";
import { BACKLOG_MAX } from "./webhooks.ts";

export interface Violation {
  stationId: string;
  what: string;
  evidence: unknown;
}

export interface Check {
  title: string;
  find(ledgers: Ledgers): Violation[];
}

export const deliveryChecks: readonly Check[] = [
  {
    title: "transactional messages acknowledged and not delivered",
    find: (ledgers) => undelivered(ledgers, isTransactional),
  },
  {
    title: "other messages acknowledged and not delivered",
    find: (ledgers) => undelivered(ledgers, (message) => !isTransactional(message)),
  },
  { title: "transactional messages never acknowledged to their station", find: unacknowledged },
  { title: "deliveries that ran ahead of an unacknowledged event", find: ahead },
  { title: "events that a webhook for all of them was never given", find: missing },
  { title: "transactional messages delivered in another order than the station's", find: disordered },
  { title: "events with two ids", find: (ledgers) => twins(ledgers, isTransactional) },
  { title: "events that changed under their id or sequence", find: changed },
  { title: "events that tell another answer than the station got", find: misquoted },
];

export const allChecks: readonly Check[] = [
  ...deliveryChecks,
  ...commandChecks,
  ...connectionChecks,
  ...registrationChecks,
  ...sinkChecks,
  ...healthChecks,
];

/** Deliveries of one webhook and registration, in the order of their arrival. */
function streams({ deliveries }: Ledgers): Delivery[][] {
  const logOf = ({ events: [first] }: Delivery) => (first === undefined ? "" : incarnationOf(first));
  return [...Map.groupBy(deliveries, (each) => `${each.webhook} ${each.stationId} ${logOf(each)}`).values()];
}

/** The events of a station that a webhook acknowledged, each once, by sequence. */
export function eventsOf(ledgers: Ledgers, webhook: string): Map<string, SeenEvent[]> {
  const acknowledged = ledgers.deliveries.filter((delivery) => delivery.webhook === webhook && delivery.acknowledged);
  const byStation = Map.groupBy(acknowledged, ({ stationId }) => stationId);
  return new Map(
    Array.from(byStation, ([stationId, deliveries]) => {
      const events = new Map(deliveries.flatMap(({ events }) => events).map((event) => [event.id, event]));
      return [stationId, [...events.values()].sort((a, b) => a.sequence - b.sequence)];
    }),
  );
}

/** A CALL that the CSMS answered with an error is another attempt, not the message that was kept in the end. */
const keptCalls = (events: readonly SeenEvent[] = []): SeenEvent[] =>
  events.filter(({ type, data }) => type === "ocpp.call" && data.answer !== null && !("error" in data.answer));

const eventContent = ({ data }: SeenEvent): string => contentOf(data.action, data.payload);
const messageContent = ({ action, payload }: StationMessage): string => contentOf(action, payload);

/** As many events as messages that were acknowledged: a station without a clock says the same more than once. */
function undelivered(ledgers: Ledgers, concerns: (message: StationMessage) => boolean): Violation[] {
  const names = Object.keys(ledgers.webhooks).filter((name) => takes(ledgers, name, "ocpp.call"));
  return names.flatMap((webhook) => {
    const events = eventsOf(ledgers, webhook);
    return ledgers.stations.flatMap(({ stationId, messages }) => {
      const delivered = Map.groupBy(keptCalls(events.get(stationId)), eventContent);
      const wanted = messages.filter((message) => message.acknowledged !== null && concerns(message));
      return [...Map.groupBy(wanted, messageContent)].flatMap(([content, same]) => {
        const missing = same.length - (delivered.get(content)?.length ?? 0);
        if (missing <= 0) return [];
        const due = same.filter((message) => !wasLostWithRegistration(ledgers, webhook, stationId, message));
        const found = due.slice(0, Math.max(missing - (same.length - due.length), 0));
        return found.map((message) => ({ stationId, what: `${webhook} never got it`, evidence: message }));
      });
    });
  });
}

const takes = ({ webhooks }: Ledgers, name: string, type: string): boolean =>
  webhooks[name]?.length === 0 || webhooks[name]?.includes(type) === true;

function unacknowledged({ stations }: Ledgers): Violation[] {
  return stations.flatMap(({ stationId, messages }) =>
    messages
      .filter((message) => isTransactional(message) && message.acknowledged === null)
      .map((message) => ({ stationId, what: "the station still waits for a CALLRESULT", evidence: message })),
  );
}

/** interface.md §2: event n+1 is not sent before n is acknowledged. Within a batch they rise. */
function ahead(ledgers: Ledgers): Violation[] {
  const firstSeen = new Map<string, number>();
  for (const { events, at } of ledgers.deliveries)
    for (const { id } of events) firstSeen.set(id, Math.min(firstSeen.get(id) ?? Infinity, at));
  return streams(ledgers).flatMap((deliveries) => {
    const [{ webhook, stationId }] = deliveries as [Delivery];
    const from = ledgers.guests.find((guest) => guest.webhook === webhook)?.from ?? 0;
    // What was there before a webhook got this URL was another URL's to take; after a crash it may come once more, to this one.
    const own = deliveries.flatMap(({ events }) => events).filter(({ id }) => (firstSeen.get(id) ?? 0) >= from);
    const known = [...new Set(own.map(({ sequence }) => sequence))];
    known.sort((a, b) => a - b);
    let acknowledged = 0;
    const found: Violation[] = [];
    deliveries.forEach((delivery, index) => {
      const sequences = delivery.events.map(({ sequence }) => sequence);
      const [first = 0] = sequences;
      const notYet = known.filter((sequence) => sequence > acknowledged && sequence < first);
      const skipped = notYet.length === 0 ? [] : notYet.filter((sequence) => sequence > givenUpTo(ledgers, delivery));
      const rises = sequences.every((sequence, at) => at === 0 || sequence > (sequences[at - 1] ?? 0));
      if (skipped.length > 0 || !rises) {
        const what = rises
          ? `delivery ${index} of ${webhook} skipped ${skipped}`
          : `a batch of ${webhook} does not rise`;
        found.push({ stationId, what, evidence: delivery.events.map(({ id, sequence }) => ({ id, sequence })) });
      }
      if (delivery.acknowledged) acknowledged = Math.max(acknowledged, sequences.at(-1) ?? 0);
    });
    return found;
  });
}

/** Of a backlog what is left when its oldest events are given up, those included that are kept for a replay, and some more. */
const BACKLOG_LEFT = 0.85 * BACKLOG_MAX;

/** [interface.md §2] The sequence up to which a full backlog may have lost its events to dead letters, by the newest that was seen of that log. */
function givenUpTo({ deliveries }: Ledgers, { at, events: [first] }: Delivery): number {
  if (first === undefined) return 0;
  const incarnation = incarnationOf(first);
  const seen = deliveries.filter(
    ({ events: [event], at: seenAt }) => event !== undefined && seenAt <= at && incarnationOf(event) === incarnation,
  );
  return Math.max(...seen.map(({ events }) => events.at(-1)?.sequence ?? 0)) - BACKLOG_LEFT;
}

/**
 * Events are numbered without gaps, from where the registration began: the first of a station at 1. What is known of a station
 * that was deregistered may begin with a later one.
 */
function missing(ledgers: Ledgers): Violation[] {
  const isFirst = (stationId: string) => !ledgers.deregistrations.some((each) => each.stationId === stationId);
  const names = Object.keys(ledgers.webhooks).filter((name) => ledgers.webhooks[name]?.length === 0);
  return names.flatMap((webhook) =>
    Array.from(eventsOf(ledgers, webhook), ([stationId, events]) =>
      [...Map.groupBy(events, incarnationOf).values()].flatMap((own, registration) =>
        own.flatMap((event, index) => {
          const start = registration === 0 && isFirst(stationId) ? 0 : event.sequence - 1;
          const before = own[index - 1] ?? { sequence: start };
          if (event.sequence === before.sequence + 1) return [];
          return [{ stationId, what: `${webhook}: a gap before ${event.sequence}`, evidence: [before, event] }];
        }),
      ),
    ).flat(),
  );
}

/** A station sends its transactional messages one after the other, each until it is acknowledged. */
function disordered(ledgers: Ledgers): Violation[] {
  return Object.keys(ledgers.webhooks).flatMap((webhook) => {
    const events = eventsOf(ledgers, webhook);
    return ledgers.stations.flatMap(({ stationId, messages }) => {
      const place = new Map<string, number | null>();
      messages.filter(isTransactional).forEach((message, index) => {
        const content = messageContent(message);
        // Which of several that look alike it is, nobody can tell.
        place.set(content, place.has(content) ? null : index);
      });
      const places = keptCalls(events.get(stationId)).flatMap((event) => {
        const index = place.get(eventContent(event)) ?? null;
        return index === null ? [] : [{ index, event }];
      });
      return places
        .filter(({ index }, at) => at > 0 && index < (places[at - 1]?.index ?? 0))
        .map(({ event }) => ({ stationId, what: `${webhook} got it behind a later one`, evidence: event }));
    });
  });
}

/** More events under one registration than there were messages, or one messageId that stands for the same twice. */
export function twins(ledgers: Ledgers, concerns: (message: { action: string }) => boolean): Violation[] {
  const said = new Map(
    ledgers.stations.map(({ stationId, messages }) => [stationId, Map.groupBy(messages, messageContent)]),
  );
  return Object.keys(ledgers.webhooks).flatMap((webhook) =>
    Array.from(eventsOf(ledgers, webhook), ([stationId, events]) => {
      const calls = keptCalls(events).filter(({ data }) => concerns(data));
      return [...Map.groupBy(calls, (event) => `${incarnationOf(event)} ${eventContent(event)}`).values()]
        .filter((same) => same.length > 1)
        .filter((same) => {
          const messages = said.get(stationId)?.get(eventContent(same[0] as SeenEvent))?.length ?? 1;
          return same.length > messages || new Set(same.map(({ data }) => data.messageId)).size < same.length;
        })
        .map((same) => ({ stationId, what: `${webhook}: one message, ${same.length} events`, evidence: same }));
    }).flat(),
  );
}

function changed(ledgers: Ledgers): Violation[] {
  const seen = new Map<string, SeenEvent>();
  return ledgers.deliveries.flatMap(({ stationId, webhook, events }) =>
    events.flatMap((event) => {
      const keys = [`id ${event.id}`, `sequence ${stationId} ${event.sequence}`];
      const others = keys.map((key) => seen.get(key)).filter((other) => other !== undefined);
      for (const key of keys) if (!seen.has(key)) seen.set(key, event);
      const other = others.find(({ text }) => text !== event.text);
      return other === undefined
        ? []
        : [{ stationId, what: `${webhook}: it came otherwise`, evidence: [other, event] }];
    }),
  );
}

function misquoted(ledgers: Ledgers): Violation[] {
  return Object.keys(ledgers.webhooks).flatMap((webhook) => {
    const events = eventsOf(ledgers, webhook);
    return ledgers.stations.flatMap(({ stationId, messages }) => {
      const told = Map.groupBy(keptCalls(events.get(stationId)), eventContent);
      return messages.filter(isTransactional).flatMap((message) => {
        const same = told.get(messageContent(message)) ?? [];
        const answer = JSON.stringify(message.acknowledged);
        if (message.acknowledged === null || same.length === 0) return [];
        // Of several that look alike its own event may be the one that went with the registration.
        if (wasLostWithRegistration(ledgers, webhook, stationId, message)) return [];
        if (same.some(({ data }) => JSON.stringify(data.answer) === answer)) return [];
        return [{ stationId, what: `${webhook} was told another answer`, evidence: { message, events: same } }];
      });
    });
  });
}
