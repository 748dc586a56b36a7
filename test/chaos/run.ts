/**
 * One run of chaos: a fleet that charges, backends that fail, callers that insist, an edge that is killed; then calm,
 * and what everybody saw. Must not judge it.
 */
import { setTimeout as delay } from "node:timers/promises";
import { openPki } from "../../src/local/pki/pki.ts";
import { createStationKey, issueStationCertificate } from "../../src/local/pki/station-certificate.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { SECRET } from "../support/http-peers.ts";
import { type Api, apiAt, forEach } from "./api.ts";
import { Backend, csms, receiver } from "./backend.ts";
import { Caller } from "./callers.ts";
import { EdgeProcess, type Victim } from "./edge-process.ts";
import type { Delivery, Ledgers } from "./ledger.ts";
import { Random } from "./random.ts";
import { collect, isSettled } from "./settlement.ts";
import { ChaosStation } from "./station.ts";
import { join } from "node:path";

export interface ChaosOptions {
  seed: number;
  stations: number;
  kills: number;
  /** ms from the first message on, in which the kills find their moments. */
  killingMs: number;
  /** ms at most for everything to calm down after the last. */
  settlementMs: number;
  progress(line: Record<string, unknown>): void;
}

export interface Outcome {
  ledgers: Ledgers;
  kills: Record<string, number>;
  /** Starts that did not come up, with what they said. */
  failedStarts: string[];
  settled: boolean;
  figures: Record<string, number | string>;
}

const CALLERS = 5;
/** One in so many stations comes over mTLS. */
const MTLS_EVERY = 20;
/** Messages a second of the whole fleet: what two cores carry beside the chaos itself. */
const FLEET_MESSAGES_PER_SECOND = 60;
const COMMANDS_PER_SECOND = 10;
const HEARTBEAT_SECONDS = 20;
/** ms between two times that a station loses its line or leaves, beside the kills. */
const DISTURBED_EVERY_MS = 60_000;
const PROGRESS_MS = 5_000;
const SETTLEMENT_POLL_MS = 1_000;
const AT_ONCE = 16;
const WEBHOOKS = { everything: [], calls: ["ocpp.call"] } as const;

export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const from = Date.now();
  const random = (actor: string) => Random.of(options.seed, actor);
  const deliveries: Delivery[] = [];
  const doors = [
    receiver("everything", { fair: 0.03, foul: 0.4 }, deliveries),
    receiver("calls", { fair: 0.2, foul: 0.8 }, deliveries),
    csms({ fair: 0.03, foul: 0.3 }, HEARTBEAT_SECONDS, random("csms-mood")),
  ];
  const backend = await Backend.start(doors, random);
  const folder = temporaryFolder();
  const edge = await EdgeProcess.create(folder.dir, {
    CSMS_URL: backend.urlOf("csms"),
    CSMS_TIMEOUT_MS: "3000",
    BOOT_RETRY_SECONDS: "1",
    WEBHOOK_RETRY_BASE_MS: "200",
  });
  let stations: ChaosStation[] = [];
  try {
    if (!(await edge.start())) throw new Error(`the edge did not start: ${edge.failedStarts.join("\n")}`);
    const api = apiAt(edge.url, edge.apiKey);
    stations = await makeFleet(options, edge, api, random);
    for (const [name, types] of Object.entries(WEBHOOKS)) {
      await api("PUT", `/v1/webhooks/${name}`, { url: backend.urlOf(name), secret: SECRET, types });
    }
    const ids = stations.map(({ id }) => id);
    const pace = (CALLERS * 1_000) / Math.min(COMMANDS_PER_SECOND, options.stations / 4);
    const callers = Array.from(
      { length: CALLERS },
      (_, index) => new Caller(`caller-${index}`, api, ids, random(`caller-${index}`), pace),
    );
    for (const each of [...stations, ...callers]) each.start();
    const kills = { both: 0, front: 0, workerd: 0 };
    const report = (phase: string, more: Record<string, unknown> = {}) =>
      options.progress({
        phase,
        seconds: Math.round((Date.now() - from) / 1_000),
        kills: Object.values(kills).reduce((sum, count) => sum + count),
        online: stations.filter(({ online }) => online).length,
        messages: stations.reduce((sum, { recorder }) => sum + recorder.ledger.messages.length, 0),
        deliveries: deliveries.length,
        commands: callers.reduce((sum, { requests }) => sum + requests.length, 0),
        ...more,
      });
    const ticker = setInterval(report, PROGRESS_MS, "chaos");
    const disturbing = new AbortController();
    const disturbance = disturb(stations, random("lines"), options.kills, disturbing.signal);
    try {
      await killAgainAndAgain(edge, options, random("kills"), (victim) => {
        kills[victim]++;
        report("killed", { victim });
      });
    } finally {
      clearInterval(ticker);
    }
    disturbing.abort();
    backend.recover();
    report("settling");
    await disturbance;
    const settled = await settle(stations, callers, api, Date.now() + options.settlementMs, (waiting) =>
      report("settling", { waiting }),
    );
    const ledgers = await collect(stations, callers, [...deliveries], WEBHOOKS, api);
    report("settled");
    return {
      ledgers,
      kills,
      failedStarts: edge.failedStarts,
      settled,
      figures: figuresOf(stations, callers, backend, ledgers, edge),
    };
  } finally {
    for (const station of stations) station.stop();
    await edge.stop();
    await backend.stop();
    folder.remove();
  }
}

async function makeFleet(options: ChaosOptions, edge: EdgeProcess, api: Api, random: (actor: string) => Random) {
  const pki = await openPki(join(edge.dir, "pki"));
  const sharedKey = await createStationKey();
  const paceMs = (options.stations / FLEET_MESSAGES_PER_SECOND) * 1_000;
  const stations: ChaosStation[] = [];
  const numbers = Array.from({ length: options.stations }, (_, index) => index);
  await forEach(numbers, AT_ONCE, async (number) => {
    const id = `CHAOS-${String(number).padStart(4, "0")}`;
    const version = number % 2 === 0 ? "ocpp1.6" : "ocpp2.0.1";
    const isMtls = number % MTLS_EVERY === 3;
    const registered = await api("PUT", `/v1/stations/${id}`, {
      securityProfile: isMtls ? 3 : 0,
      protocols: [version],
    });
    if (registered.status > 201) throw new Error(`registration of ${id}: ${registered.status}`);
    const endpoint = isMtls ? `wss://localhost:${edge.ports.mtls}/ocpp` : `ws://localhost:${edge.ports.http}/ocpp`;
    const issued = isMtls ? await issueStationCertificate(pki, { stationId: id, sharedKey }) : null;
    const tls = issued === null ? {} : { tls: { ca: pki.rootPem, cert: issued.cert, key: issued.key } };
    stations[number] = new ChaosStation({
      id,
      version,
      endpoint,
      random: random(id),
      paceMs: Math.max(paceMs, 250),
      ...tls,
    });
  });
  return stations;
}

/** Lines break and stations leave for a while, all along. */
async function disturb(stations: ChaosStation[], random: Random, kills: number, signal: AbortSignal): Promise<void> {
  const away = new Set<ChaosStation>();
  const leaving = new Set<Promise<void>>();
  const everyMs = DISTURBED_EVERY_MS / stations.length;
  while (kills > 0 && !signal.aborted) {
    await delay(random.between(0.5, 1.5) * everyMs);
    const station = random.pick(stations);
    if (away.has(station)) continue;
    if (random.chance(0.6)) station.breakLine();
    else {
      away.add(station);
      const leave = station.leave(random.between(500, 12_000)).finally(() => {
        away.delete(station);
        leaving.delete(leave);
      });
      leaving.add(leave);
    }
  }
  await Promise.all(leaving);
}

/** Kills at their moments; what was killed is started again at once, and may be killed again before it is up. */
async function killAgainAndAgain(
  edge: EdgeProcess,
  options: ChaosOptions,
  random: Random,
  killed: (victim: Victim) => void,
): Promise<void> {
  const from = Date.now();
  let starting: Promise<boolean> = Promise.resolve(true);
  for (const moment of momentsOf(options.kills, options.killingMs, random)) {
    await delay(Math.max(from + moment - Date.now(), 0));
    const wanted = random.weighted({ both: 4, front: 2, workerd: 4 });
    // While it starts there is no workerd to be killed alone.
    const victim = (await edge.kill(wanted)) ? wanted : "both";
    if (victim !== wanted) await edge.kill(victim);
    killed(victim);
    if (victim !== "workerd") starting = edge.start();
  }
  await delay(Math.max(from + options.killingMs - Date.now(), 0));
  await starting;
}

/** As crashes come: many close to each other, then a long quiet time in which the fleet gets to work. ms, rising. */
function momentsOf(kills: number, withinMs: number, random: Random): number[] {
  const gaps = Array.from({ length: kills + 1 }, () =>
    random.chance(0.25) ? random.between(7, 13) : random.between(0.1, 1.5),
  );
  const scale = withinMs / gaps.reduce((sum, gap) => sum + gap);
  let at = 0;
  return gaps.slice(0, kills).map((gap) => {
    at += gap * scale;
    return at;
  });
}

/** Everybody finishes what they are at; `true` once nothing waits anywhere. */
async function settle(
  stations: ChaosStation[],
  callers: Caller[],
  api: Api,
  deadline: number,
  report: (waiting: string) => void,
): Promise<boolean> {
  const finished = Promise.all([...callers.map((caller) => caller.stop()), ...stations.map((one) => one.finish())]);
  let isFinished = false;
  void finished.then(() => {
    isFinished = true;
  });
  for (let round = 0; Date.now() < deadline; round++) {
    if (round % 10 === 5)
      for (const name of Object.keys(WEBHOOKS)) await api("POST", `/v1/webhooks/${name}/replay`).catch(() => {});
    const waiting = await isSettled(stations, api).catch((error: Error) => error.message);
    if (waiting === null && isFinished) return true;
    report(waiting ?? "messages of stations");
    await delay(SETTLEMENT_POLL_MS);
  }
  return false;
}

function figuresOf(stations: ChaosStation[], callers: Caller[], backend: Backend, ledgers: Ledgers, edge: EdgeProcess) {
  const messages = stations.flatMap(({ recorder }) => recorder.ledger.messages);
  const outcomes = Map.groupBy(ledgers.commands, ({ state }) => state);
  return {
    "edge starts": edge.starts,
    "requests to the backends, of which failed on purpose": `${backend.requests}, ${backend.failures}`,
    "messages of stations, attempts": `${messages.length}, ${messages.reduce((sum, { messageIds }) => sum + messageIds.length, 0)}`,
    "deliveries, acknowledged": `${ledgers.deliveries.length}, ${ledgers.deliveries.filter(({ acknowledged }) => acknowledged).length}`,
    "commands asked for": callers.reduce((sum, { requests }) => sum + requests.length, 0),
    "commands by state": Array.from(outcomes, ([state, list]) => `${state} ${list.length}`).join(", "),
    "CALLs of the CSMS that stations saw": stations.reduce(
      (sum, { recorder }) => sum + recorder.ledger.calls.length,
      0,
    ),
  };
}
