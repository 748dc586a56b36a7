/**
 * The calm after: asks the API what still waits, and in the end what it says of every station and command.
 * Must not judge it.
 */
import type { Command, Kerbside } from "../../src/client/kerbside.ts";
import { forEach } from "./api.ts";
import type { Caller } from "./callers.ts";
import type { Ledgers, StationView } from "./ledger.ts";
import type { ChaosStation } from "./station.ts";

const AT_ONCE = 16;
const COMMANDS_MAX = 500;

async function viewOf(id: string, kerbside: Kerbside): Promise<StationView> {
  const { online, queue, labels, boot } = await kerbside.station(id).get();
  return {
    stationId: id,
    online,
    queuedEvents: queue.events,
    queuedCommands: queue.commands,
    registration: labels.registration ?? null,
    bootedAs: boot?.serialNumber ?? null,
  };
}

const unknown = (stationId: string): StationView => ({
  stationId,
  online: false,
  queuedEvents: 0,
  queuedCommands: 0,
  registration: null,
  bootedAs: null,
});

/** What is still waited for, in words; `null`: nothing. */
export async function isSettled(stations: readonly ChaosStation[], kerbside: Kerbside): Promise<string | null> {
  const waiting: string[] = [];
  await forEach(stations, AT_ONCE, async ({ id }) => {
    const { online, queuedEvents, queuedCommands } = await viewOf(id, kerbside);
    if (!online) waiting.push(`${id} offline`);
    else if (queuedEvents + queuedCommands > 0)
      waiting.push(`${id}: ${queuedEvents} events, ${queuedCommands} commands`);
    else if ((await commandsOf(id, kerbside)).some(({ state }) => state === "sent"))
      waiting.push(`${id}: an open command`);
  });
  return waiting.length === 0 ? null : `${waiting.length}, as ${waiting[0]}`;
}

const commandsOf = async (id: string, kerbside: Kerbside): Promise<Command[]> =>
  (await kerbside.station(id).commandsPage({ limit: COMMANDS_MAX })).commands;

export async function collect(
  stations: readonly ChaosStation[],
  callers: readonly Caller[],
  kerbside: Kerbside,
): Promise<Pick<Ledgers, "stations" | "requests" | "commands" | "views">> {
  const commands: Command[] = [];
  const views: StationView[] = [];
  await forEach(stations, AT_ONCE, async ({ id }) => {
    try {
      commands.push(...(await commandsOf(id, kerbside)));
      views.push(await viewOf(id, kerbside));
    } catch {
      // An edge that does not answer is found by that; the run must still tell what it saw.
      views.push(unknown(id));
    }
  });
  return {
    stations: stations.map(({ recorder }) => recorder.ledger),
    requests: callers.flatMap(({ requests }) => requests),
    commands,
    views,
  };
}
