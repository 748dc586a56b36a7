/**
 * What deregistration and registration anew promise: an end that is one, and a beginning that nothing of it touches.
 * Must not know how the ledgers were come by.
 */
import type { Check, Violation } from "./checks.ts";
import { LAST_ATTEMPT_MS, wasLostWithRegistration } from "./deregistered.ts";
import {
  type Delivery,
  type Deregistration,
  incarnationOf,
  type LastCommand,
  type Ledgers,
  type SeenEvent,
  shownDeliveries,
} from "./ledger.ts";

export const registrationChecks: readonly Check[] = [
  { title: "sequences that do not rise over a new registration", find: notRising },
  { title: "registrations that were answered and are not there", find: vanished },
  { title: "stations that do not show the last boot that was accepted", find: anothersBoot },
  { title: "commands of a deregistered station that neither ended nor were cancelled", find: notCancelled },
  { title: "commands of a deregistered station that came to the new registration", find: cameLater },
  { title: "DELETEs of a station not answered in time", find: slowDeletes },
  { title: "transactionIds that two transactions got", find: sharedTransactions },
];

function notRising({ deliveries }: Ledgers): Violation[] {
  return [...Map.groupBy(deliveries, ({ stationId }) => stationId)].flatMap(([stationId, own]) => {
    const ranges = new Map<string, { low: SeenEvent; high: SeenEvent }>();
    for (const event of own.flatMap(({ events }) => events)) {
      const range = ranges.get(incarnationOf(event)) ?? { low: event, high: event };
      if (event.sequence < range.low.sequence) range.low = event;
      if (event.sequence > range.high.sequence) range.high = event;
      ranges.set(incarnationOf(event), range);
    }
    const inOrder = [...ranges.values()].sort((a, b) => a.low.sequence - b.low.sequence);
    return inOrder.flatMap(({ low }, index) => {
      const before = inOrder[index - 1]?.high;
      if (before === undefined || before.sequence < low.sequence) return [];
      return [{ stationId, what: "two registrations have the same numbers", evidence: [before, low] }];
    });
  });
}

function vanished({ registrations, views, lastNumbers, interruptions }: Ledgers): Violation[] {
  const isUp = (at: number) => !interruptions.some(({ from, until }) => at >= from && at <= until);
  const looked = registrations.flatMap((registration) =>
    registration.looks
      .filter(
        ({ at, status, number }) => (status === 404 || status === 200) && isUp(at) && number !== registration.number,
      )
      .map((look) => ({
        stationId: registration.stationId,
        what: look.status === 404 ? "it was not there any more" : "another one was there",
        evidence: { registration, look },
      })),
  );
  const inTheEnd = views
    .filter(({ stationId, registration }) => (lastNumbers[stationId] ?? registration) !== registration)
    .map((view) => ({ stationId: view.stationId, what: "another registration is there in the end", evidence: view }));
  return [...looked, ...inTheEnd];
}

function anothersBoot({ stations, views }: Ledgers): Violation[] {
  const shown = new Map(views.map((view) => [view.stationId, view.bootedAs]));
  return stations
    .filter(({ stationId, bootedAs }) => bootedAs !== null && shown.get(stationId) !== bootedAs)
    .map(({ stationId, bootedAs }) => ({
      stationId,
      what: `it booted as ${bootedAs}, and ${shown.get(stationId)} is shown`,
      evidence: { bootedAs, shown: shown.get(stationId) },
    }));
}

/** Those that were promised, and did not reach the station before. */
const lastCommands = (ledgers: Ledgers) =>
  ledgers.deregistrations.flatMap((end) => end.commands.map((command) => ({ end, command })));

function notCancelled(ledgers: Ledgers): Violation[] {
  const told = new Set(
    ledgers.deliveries.flatMap(({ events }) =>
      events.filter(({ type }) => type === "ocpp.command.completed").map(({ data }) => data.commandId as string),
    ),
  );
  const reached = new Set(ledgers.stations.flatMap(({ calls }) => calls.map(({ messageId }) => messageId)));
  return lastCommands(ledgers)
    .filter(({ command }) => isOpen(command) && !told.has(command.commandId) && !reached.has(command.commandId))
    .filter(({ end }) => !isExcused(ledgers, end))
    .map(({ end, command }) => ({
      stationId: end.stationId,
      what: "nobody heard of its end",
      evidence: { command, end, deliveries: shownDeliveries(lastAttempts(ledgers, end)) },
    }));
}

const lastAttempts = ({ deliveries }: Ledgers, { stationId, sentAt, endedAt }: Deregistration): Delivery[] =>
  deliveries.filter(
    (each) => each.stationId === stationId && each.endedAt >= sentAt && each.at <= endedAt + LAST_ATTEMPT_MS,
  );

const isOpen = (command: LastCommand): command is LastCommand & { commandId: string } =>
  command.commandId !== null && (command.state === "queued" || command.state === "sent");

/** No webhook for all could be told. */
function isExcused(ledgers: Ledgers, { stationId, endedAt }: Deregistration): boolean {
  const names = Object.keys(ledgers.webhooks).filter((name) => ledgers.webhooks[name]?.length === 0);
  const before = { connectedAt: endedAt - 1 };
  return names.every((webhook) => wasLostWithRegistration(ledgers, webhook, stationId, before));
}

function cameLater(ledgers: Ledgers): Violation[] {
  const calls = new Map(ledgers.stations.map(({ stationId, calls }) => [stationId, calls]));
  return lastCommands(ledgers).flatMap(({ end, command }) =>
    (calls.get(end.stationId) ?? [])
      .filter(({ messageId, connectedAt }) => messageId === command.commandId && connectedAt >= end.endedAt)
      .map((call) => ({ stationId: end.stationId, what: "it came all the same", evidence: { end, call } })),
  );
}

function slowDeletes({ deregistrations, bounds }: Ledgers): Violation[] {
  return deregistrations.flatMap((end) =>
    end.tookMs
      .filter((tookMs) => tookMs > bounds.deregisteredMs)
      .map((tookMs) => ({ stationId: end.stationId, what: `it took ${tookMs} ms`, evidence: end })),
  );
}

/** The CSMS of this run gives each number once. */
function sharedTransactions({ stations }: Ledgers): Violation[] {
  return stations.flatMap(({ stationId, messages }) => {
    const starts = messages.filter(
      ({ action, acknowledged }) => action === "StartTransaction" && acknowledged !== null,
    );
    return [...Map.groupBy(starts, ({ acknowledged }) => acknowledged?.transactionId)]
      .filter(([, same]) => same.length > 1)
      .map(([id, same]) => ({ stationId, what: `${id} was given ${same.length} times`, evidence: same }));
  });
}
