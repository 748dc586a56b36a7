/**
 * The calm after: asks the API what still waits, and in the end what it says of every station and command.
 * Must not judge it.
 */
import { type Api, forEach } from "./api.ts";
import type { Caller } from "./callers.ts";
import type { CommandView, Ledgers, StationView } from "./ledger.ts";
import type { ChaosStation } from "./station.ts";

const AT_ONCE = 16;
const COMMANDS_MAX = 500;

async function viewOf(id: string, api: Api): Promise<StationView> {
  const { status, body } = await api("GET", `/v1/stations/${id}`);
  if (status !== 200) throw new Error(`GET ${id}: ${status}`);
  return {
    stationId: id,
    online: body.online,
    queuedEvents: body.queue.events,
    queuedCommands: body.queue.commands,
    registration: body.labels?.registration ?? null,
    bootedAs: body.boot?.serialNumber ?? null,
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
export async function isSettled(stations: readonly ChaosStation[], api: Api): Promise<string | null> {
  const waiting: string[] = [];
  await forEach(stations, AT_ONCE, async ({ id }) => {
    const { online, queuedEvents, queuedCommands } = await viewOf(id, api);
    if (!online) waiting.push(`${id} offline`);
    else if (queuedEvents + queuedCommands > 0)
      waiting.push(`${id}: ${queuedEvents} events, ${queuedCommands} commands`);
    else if ((await commandsOf(id, api)).some(({ state }) => state === "sent")) waiting.push(`${id}: an open command`);
  });
  return waiting.length === 0 ? null : `${waiting.length}, as ${waiting[0]}`;
}

const commandsOf = async (id: string, api: Api): Promise<CommandView[]> =>
  (await api("GET", `/v1/stations/${id}/commands?limit=${COMMANDS_MAX}`)).body.commands;

export async function collect(
  stations: readonly ChaosStation[],
  callers: readonly Caller[],
  api: Api,
): Promise<Pick<Ledgers, "stations" | "requests" | "commands" | "views">> {
  const commands: CommandView[] = [];
  const views: StationView[] = [];
  await forEach(stations, AT_ONCE, async ({ id }) => {
    try {
      commands.push(...(await commandsOf(id, api)));
      views.push(await viewOf(id, api));
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
