/**
 * `npm run demo`: the local edge and a live fleet on it in one terminal, until SIGINT. Must not know how either is made.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { localFolder } from "../../local/state/local-folder.ts";
import { parseArguments } from "./arguments.ts";
import { Broker } from "../fleet/broker.ts";
import { CAST, ODD } from "../demo/cast.ts";
import { wholeWh } from "../station/charging-session.ts";
import type { ChargingStation } from "../station/charging-station.ts";
import { demoLines, type FleetLook, type StationLook } from "./demo-display.ts";
import { type DemoEdge, startDemoEdge } from "./demo-edge.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { interruption } from "./interruption.ts";
import { Latencies } from "../fleet/latencies.ts";
import { startOddFleet } from "../demo/odd-fleet.ts";
import { Operator } from "../demo/operator.ts";
import { type Receiver, startReceiver } from "../demo/receiver.ts";
import { simulate } from "../fleet/simulate.ts";
import type { SimulationOptions } from "../fleet/simulation-options.ts";
import { summaryText } from "./summary-text.ts";

const FLEET = [
  "--stations",
  String(CAST.length),
  "--scenario",
  "charging",
  "--session",
  "90s",
  "--meter-interval",
  "5s",
];
/** Until somebody has seen enough, or forgot it. */
const DURATION = ["--duration", "24h", "--rate", "10"];
/** Short, so that the silent station is found within a minute and a half, and what stations count is told each minute. */
const EDGE = { HEARTBEAT_INTERVAL_SECONDS: "20", PRESENCE_CHECK_SECONDS: "30", METRICS_SECONDS: "60" };
/** ms that the stations have once the signal came: with the edge's own end below 5 s. */
const HURRY_MS = 1_500;
const TERMINAL_MS = 500;
const LINES_MS = 5_000;
const HOME_AND_ERASE = "\u001b[H\u001b[J";
const [ALTERNATE_SCREEN, MAIN_SCREEN] = ["\u001b[?1049h\u001b[?25l", "\u001b[?25h\u001b[?1049l"];

const interrupt = interruption();

async function main(): Promise<void> {
  process.stdout.write("Starting the local edge …\n");
  const edge = await startDemoEdge({ ...EDGE, ...process.env });
  const receiver = await startReceiver();
  try {
    await show(edge, receiver);
    if (edge.gone.aborted) throw new Error("The local edge ended by itself");
  } finally {
    await Promise.all([edge.stop(), receiver.stop()]);
  }
}

async function show(edge: DemoEdge, receiver: Receiver): Promise<void> {
  const dir = localFolder(process.env);
  const options = optionsOf(edge, dir);
  const [target] = options.targets;
  if (target === undefined) throw new Error("The local edge did not say where it is");
  const key = readFileSync(join(dir, "api-key"), "utf8").trim();
  const over = new AbortController();
  const signal = AbortSignal.any([interrupt, edge.gone, over.signal]);
  const head = [
    `Console   ${edge.httpUrl}/`,
    `API key   ${key}`,
    `${CAST.length} stations below, and ${Object.keys(ODD).length} that misbehave: see the label "demo" on the console. Ctrl-C ends it.`,
    "",
  ];
  const operator = new Operator(edge.httpUrl, key, signal);
  // Before the stations, or what they say first is nobody's.
  await operator.subscribe(receiver);
  const odd = await startOddFleet(await Broker.find(target, dir), signal);
  let stopDisplay = () => {};
  const summary = await simulate(options, {
    ...{ dir, hurryMs: HURRY_MS, interrupt: AbortSignal.any([interrupt, edge.gone]) },
    onFleet: (fleet) => {
      stopDisplay = display(fleet, head, process.stdout);
      void operator.work(odd.isAway);
    },
    warn: () => {},
  }).finally(() => {
    stopDisplay();
    over.abort();
  });
  await odd.ended;
  process.stdout.write(process.stdout.isTTY ? summaryText(summary) : `${JSON.stringify(summary)}\n`);
}

function optionsOf({ httpUrl, tlsUrl, mtlsUrl }: DemoEdge, dir: string): SimulationOptions {
  const doors = ["--target", httpUrl, "--tls-target", tlsUrl, "--mtls-target", mtlsUrl, "--dir", dir];
  const parsed = parseArguments([...FLEET, ...DURATION, ...doors], process.env, Math.random());
  if (!parsed.ok || parsed.value === "help") throw new Error(parsed.ok ? "help" : parsed.error);
  return { ...parsed.value, cast: CAST };
}

/** Gives back what ends it. */
function display(fleet: Fleet, head: readonly string[], out: NodeJS.WriteStream): () => void {
  if (!out.isTTY) {
    out.write(`${head.join("\n")}\n`);
    const timer = setInterval(() => out.write(`${JSON.stringify({ type: "demo", ...lookAt(fleet) })}\n`), LINES_MS);
    return () => clearInterval(timer);
  }
  out.write(ALTERNATE_SCREEN);
  const draw = () => {
    const lines = [...head, ...demoLines(lookAt(fleet))].slice(0, (out.rows || 40) - 1);
    out.write(HOME_AND_ERASE + lines.map((line) => line.slice(0, (out.columns || 80) - 1)).join("\n"));
  };
  draw();
  const timer = setInterval(draw, TERMINAL_MS);
  return () => {
    clearInterval(timer);
    out.write(MAIN_SCREEN);
  };
}

function lookAt({ stations, statistics }: Fleet): FleetLook {
  const all = new Latencies();
  for (const { calls } of statistics.groups) all.merge(calls);
  const numbers = [...stations.keys()].sort((a, b) => a - b);
  return {
    stations: numbers.map((number) => stationLook(stations.get(number) as ChargingStation)),
    calls: all.count,
    failed: statistics.sum(({ callFailures }) => callFailures.total),
    sessions: statistics.sum(({ sessions }) => sessions),
    p50Ms: all.percentile(0.5),
  };
}

function stationLook({ station, isIn, evse }: ChargingStation): StationLook {
  const { session, status } = evse;
  return {
    ...{ stationId: station.stationId, protocol: station.protocol, profile: station.profile, isIn, status },
    powerW: session?.powerW ?? 0,
    energyWh: session === null ? null : wholeWh(session.registerWh) - wholeWh(session.meterStartWh),
    socPercent: session === null ? null : Math.round(session.vehicle.stateOfCharge * 100),
  };
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
