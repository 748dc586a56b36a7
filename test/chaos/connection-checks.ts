/**
 * What presence promises: one beginning and one end for each connection, and everybody online in the end.
 * Must not know how the ledgers were come by.
 */
import type { Check, Violation } from "./checks.ts";
import { wasLostWithRegistration } from "./deregistered.ts";
import { incarnationOf, type Ledgers, type SeenEvent, shownDeliveries } from "./ledger.ts";

export const connectionChecks: readonly Check[] = [
  { title: "connections without exactly one beginning and one end", find: wrongConnections },
  { title: "stations not online again", find: offline },
  { title: "stations with a queue that is not empty", find: unsettled },
];

function wrongConnections(ledgers: Ledgers): Violation[] {
  const { deliveries, webhooks, views } = ledgers;
  const [everything = ""] = Object.keys(webhooks).filter((name) => webhooks[name]?.length === 0);
  const events = new Map<string, Map<string, SeenEvent>>(views.map(({ stationId }) => [stationId, new Map()]));
  for (const { webhook, stationId, events: batch } of deliveries) {
    if (webhook !== everything) continue;
    for (const event of batch) if (/\.(dis)?connected$/.test(event.type)) events.get(stationId)?.set(event.id, event);
  }
  const live = new Set(views.filter(({ online }) => online).map(({ stationId }) => stationId));
  return Array.from(events, ([id, seen]) => {
    const mayLackItsEnd = ledgers.deregistrations
      .filter(({ stationId }) => stationId === id)
      .some(({ endedAt }) => wasLostWithRegistration(ledgers, everything, id, { connectedAt: endedAt - 1 }));
    return ofStation(id, [...seen.values()], live.has(id), mayLackItsEnd, {
      deregistrations: ledgers.deregistrations.filter(({ stationId }) => stationId === id),
      deliveries: shownDeliveries(deliveries.filter((each) => each.stationId === id)),
    });
  }).flat();
}

/** @param mayLackItsEnd of the last connection under a registration that ended: its end may have gone with that */
function ofStation(
  stationId: string,
  events: SeenEvent[],
  online: boolean,
  mayLackItsEnd: boolean,
  around: object,
): Violation[] {
  const inOrder = events.sort((a, b) => a.sequence - b.sequence);
  const connections = [...Map.groupBy(inOrder, ({ data }) => data.connectionId as string).values()];
  return connections.flatMap((own, index) => {
    const told = own.map(({ type }) => type.slice("ocpp.station.".length)).join(", ");
    const isLive = online && index === connections.length - 1;
    if (told === (isLive ? "connected" : "connected, disconnected")) return [];
    const [next] = connections[index + 1] ?? [];
    const isLastOfItsLog = next !== undefined && incarnationOf(next) !== incarnationOf(own[0] as SeenEvent);
    if (told === "connected" && isLastOfItsLog && mayLackItsEnd) return [];
    return [{ stationId, what: `a connection was told as: ${told}`, evidence: { own, ...around } }];
  });
}

function offline({ views }: Ledgers): Violation[] {
  return views
    .filter(({ online }) => !online)
    .map((view) => ({ stationId: view.stationId, what: "it is offline", evidence: view }));
}

function unsettled({ views }: Ledgers): Violation[] {
  return views
    .filter(({ queuedEvents, queuedCommands }) => queuedEvents > 0 || queuedCommands > 0)
    .map((view) => ({ stationId: view.stationId, what: "something still waits", evidence: view }));
}
