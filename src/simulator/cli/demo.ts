/**
 * `npm run demo`: the local edge and a live fleet on it in one terminal, until SIGINT. Must not know how either is made.
 */
import { join } from "node:path";
import { localFolder } from "../../local/state/local-folder.ts";
import { parseArguments } from "./arguments.ts";
import { wholeWh } from "../station/charging-session.ts";
import type { ChargingStation } from "../station/charging-station.ts";
import { demoLines, type FleetLook, type StationLook } from "./demo-display.ts";
import { startDemoEdge } from "./demo-edge.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { interruption } from "./interruption.ts";
import { Latencies } from "../fleet/latencies.ts";
import { simulate } from "../fleet/simulate.ts";
import { summaryText } from "./summary-text.ts";

const FLEET = ["--stations", "25", "--scenario", "charging", "--session", "90s", "--meter-interval", "5s"];
/** As long as a timer can wait: until somebody has seen enough. */
const DURATION = ["--duration", "500h", "--rate", "10", "--prefix", "DEMO"];
const HEARTBEAT_INTERVAL_SECONDS = "20";
const TERMINAL_MS = 500;
const LINES_MS = 5_000;
const HOME_AND_ERASE = "\u001b[H\u001b[J";
const [ALTERNATE_SCREEN, MAIN_SCREEN] = ["\u001b[?1049h\u001b[?25l", "\u001b[?25h\u001b[?1049l"];

const interrupt = interruption();

async function main(): Promise<void> {
  const dir = localFolder(process.env);
  process.stdout.write("Starting the local edge …\n");
  const parsed = parseArguments([...FLEET, ...DURATION], process.env, Math.random());
  if (!parsed.ok || parsed.value === "help") throw new Error(parsed.ok ? "help" : parsed.error);
  const edge = await startDemoEdge({ HEARTBEAT_INTERVAL_SECONDS, ...process.env });
  try {
    const url = parsed.value.targets[0]?.http.origin;
    const head = [`Kerbside on ${url}, API key in ${join(dir, "api-key")}. Ctrl-C ends it.`, ""];
    let stopDisplay = () => {};
    const summary = await simulate(parsed.value, {
      dir,
      interrupt: AbortSignal.any([interrupt, edge.gone]),
      onFleet: (fleet) => {
        stopDisplay = display(fleet, head, process.stdout);
      },
      warn: () => {},
    }).finally(() => stopDisplay());
    process.stdout.write(process.stdout.isTTY ? summaryText(summary) : `${JSON.stringify(summary)}\n`);
    if (edge.gone.aborted) throw new Error("The local edge ended by itself");
  } finally {
    await edge.stop();
  }
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
