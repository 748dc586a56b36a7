/**
 * `npm run chaos`: kills the local edge again and again under a fleet that charges, and counts what was lost. Exit code 1
 * if anything was. Must not know how it is done.
 */
import { parseArgs } from "node:util";
import { chosenFaults, FAULTS } from "./faults.ts";
import { judge } from "./report.ts";
import { runChaos } from "./run.ts";

const HELP = `Usage: npm run chaos -- [--seed N] [--stations 500] [--kills 50] [--minutes 10] [--only a,b] [--without c] [--log FILE]
       npm run chaos -- --bridge [--seed N] [--stations 200] [--kills 30] [--minutes 8]

The seed decides who charges, who fails, when and how; what the machine does in between is its own.
The faults, all of which come unless --only or --without says otherwise:
${Object.entries(FAULTS)
  .map(([name, what]) => `  ${name.padEnd(14)} ${what}`)
  .join("\n")}
`;
const MINUTES_MAX = 10;
const SETTLEMENT_MIN_MS = 45_000;
const SETTLEMENT_MAX_MS = 120_000;
/** To start the edge and to register the fleet. */
const MAKING_FLEET_MS = 10_000;
/** To kill one first start, to start again and to serve. */
const FIRST_START_MS = 7_000;
const CALM_SECONDS = 10;
/** [interface.md §2] DELETE; and /healthz, whose answer costs nothing. */
const BOUNDS = { healthMs: 1_000, deregisteredMs: 2_000 };

function numberOf(name: string, text: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`--${name} must be a number up to ${max}`);
}

/** It has a run, options and a table of its own. */
if (process.argv.includes("--bridge")) await import("./bridge/main.ts");

const { values } = parseArgs({
  options: {
    bridge: { type: "boolean", default: false },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    stations: { type: "string", default: "500" },
    kills: { type: "string", default: "50" },
    only: { type: "string", default: "" },
    without: { type: "string", default: "" },
    minutes: { type: "string", default: String(MINUTES_MAX) },
    log: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
if (values.help) process.stdout.write(HELP);
else {
  const seed = numberOf("seed", values.seed, 2 ** 32 - 1);
  const kills = numberOf("kills", values.kills, 1_000);
  process.stdout.write(`seed ${seed}\n`);
  const chosen = chosenFaults(values.only, values.without);
  const wholeMs = numberOf("minutes", values.minutes, MINUTES_MAX) * 60_000;
  const settlementMs = Math.min(Math.max(wholeMs / 4, SETTLEMENT_MIN_MS), SETTLEMENT_MAX_MS);
  const stations = numberOf("stations", values.stations, 3_500);
  const every = (ms: number, least: number) => Math.max(Math.round(wholeMs / ms), least);
  const counts = {
    registrations: every(1_500, 10),
    webhooks: every(8_000, 5),
    clock: every(45_000, 3),
    rivals: every(60_000, 2),
    firstStarts: every(100_000, 1),
  };
  const restMs =
    MAKING_FLEET_MS + CALM_SECONDS * 1_000 + (chosen.has("first-starts") ? counts.firstStarts * FIRST_START_MS : 0);
  const outcome = await runChaos({
    seed,
    stations,
    kills,
    chosen,
    counts,
    killingMs: Math.max(wholeMs - settlementMs - restMs, wholeMs / 4),
    settlementMs,
    calmSeconds: CALM_SECONDS,
    bounds: BOUNDS,
    logFile: values.log,
    progress: (line) => {
      const text = Object.entries(line).map(([name, value]) => `${name} ${value}`);
      process.stdout.write(process.stdout.isTTY ? `${text.join("  ")}\n` : `${JSON.stringify(line)}\n`);
    },
  });
  const { passed, table, evidence } = judge(outcome, kills);
  process.stdout.write(`\n${evidence === "" ? "" : `${evidence}\n\n`}seed ${seed}\n${table}\n`);
  process.exit(passed ? 0 : 1);
}
