/**
 * The promises of the broker as pure functions over the ledgers: each gives what breaks it, with the evidence.
 * Must not know how the ledgers were come by.
 */
import { commandChecks } from "./command-checks.ts";
import { connectionChecks } from "./connection-checks.ts";
import {
  contentOf,
  type Delivery,
  isTransactional,
  type Ledgers,
  type SeenEvent,
  type StationMessage,
} from "./ledger.ts";

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

export const allChecks: readonly Check[] = [...deliveryChecks, ...commandChecks, ...connectionChecks];

/** Deliveries of one webhook and station, in the order of their arrival. */
function streams({ deliveries }: Ledgers): Delivery[][] {
  return [...Map.groupBy(deliveries, ({ webhook, stationId }) => `${webhook} ${stationId}`).values()];
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

function undelivered(ledgers: Ledgers, concerns: (message: StationMessage) => boolean): Violation[] {
  const names = Object.keys(ledgers.webhooks).filter((name) => takes(ledgers, name, "ocpp.call"));
  return names.flatMap((webhook) => {
    const events = eventsOf(ledgers, webhook);
    return ledgers.stations.flatMap(({ stationId, messages }) => {
      const delivered = new Set(keptCalls(events.get(stationId)).map(eventContent));
      return messages
        .filter((message) => message.acknowledged !== null && concerns(message))
        .filter((message) => !delivered.has(messageContent(message)))
        .map((message) => ({ stationId, what: `${webhook} never got it`, evidence: message }));
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
  return streams(ledgers).flatMap((deliveries) => {
    const [{ webhook, stationId }] = deliveries as [Delivery];
    const known = [...new Set(deliveries.flatMap(({ events }) => events.map(({ sequence }) => sequence)))];
    known.sort((a, b) => a - b);
    let acknowledged = 0;
    const found: Violation[] = [];
    deliveries.forEach((delivery, index) => {
      const sequences = delivery.events.map(({ sequence }) => sequence);
      const [first = 0] = sequences;
      const skipped = known.filter((sequence) => sequence > acknowledged && sequence < first);
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

/** A station's events are numbered without gaps. */
function missing(ledgers: Ledgers): Violation[] {
  const names = Object.keys(ledgers.webhooks).filter((name) => ledgers.webhooks[name]?.length === 0);
  return names.flatMap((webhook) =>
    Array.from(eventsOf(ledgers, webhook), ([stationId, events]) =>
      events.flatMap((event, index) => {
        const before = events[index - 1] ?? { sequence: 0 };
        if (event.sequence === before.sequence + 1) return [];
        return [{ stationId, what: `${webhook}: a gap before ${event.sequence}`, evidence: [before, event] }];
      }),
    ).flat(),
  );
}

/** A station sends its transactional messages one after the other, each until it is acknowledged. */
function disordered(ledgers: Ledgers): Violation[] {
  return Object.keys(ledgers.webhooks).flatMap((webhook) => {
    const events = eventsOf(ledgers, webhook);
    return ledgers.stations.flatMap(({ stationId, messages }) => {
      const place = new Map(messages.filter(isTransactional).map((message, index) => [messageContent(message), index]));
      const places = keptCalls(events.get(stationId)).flatMap((event) => {
        const index = place.get(eventContent(event));
        return index === undefined ? [] : [{ index, event }];
      });
      return places
        .filter(({ index }, at) => at > 0 && index < (places[at - 1]?.index ?? 0))
        .map(({ event }) => ({ stationId, what: `${webhook} got it behind a later one`, evidence: event }));
    });
  });
}

/** The same message of a station as two events. */
export function twins(ledgers: Ledgers, concerns: (message: StationMessage) => boolean): Violation[] {
  return Object.keys(ledgers.webhooks).flatMap((webhook) =>
    Array.from(eventsOf(ledgers, webhook), ([stationId, events]) => {
      const calls = keptCalls(events).filter(({ data }) => concerns(data));
      return [...Map.groupBy(calls, eventContent).values()]
        .filter((same) => same.length > 1)
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
        if (same.some(({ data }) => JSON.stringify(data.answer) === answer)) return [];
        return [{ stationId, what: `${webhook} was told another answer`, evidence: { message, events: same } }];
      });
    });
  });
}
