/**
 * `npm run chaos`: kills the local edge again and again under a fleet that charges, and counts what was lost. Exit code 1
 * if anything was. Must not know how it is done.
 */
import { wholeNumber } from "../../src/programs/option-values.ts";
import { programOptions } from "../support/program-options.ts";
import { chosenFaults, FAULTS } from "./faults.ts";
import { judge } from "./report.ts";
import { runChaos } from "./run.ts";

const USAGE = `Usage: npm run chaos -- [--seed N] [--stations 500] [--kills 50] [--minutes 10] [--only a,b] [--without c] [--log FILE]
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

/** It has a run, options and a table of its own. */
if (process.argv.includes("--bridge")) await import("./bridge/main.ts");

const options = programOptions(
  USAGE,
  {
    bridge: { type: "boolean" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    stations: { type: "string", default: "500" },
    kills: { type: "string", default: "50" },
    only: { type: "string", default: "" },
    without: { type: "string", default: "" },
    minutes: { type: "string", default: String(MINUTES_MAX) },
    log: { type: "string" },
  },
  (values) => ({
    seed: wholeNumber("seed", values.seed, 0, 2 ** 32 - 1),
    stations: wholeNumber("stations", values.stations, 1, 3_500),
    kills: wholeNumber("kills", values.kills, 0, 1_000),
    chosen: chosenFaults(values.only, values.without),
    wholeMs: wholeNumber("minutes", values.minutes, 1, MINUTES_MAX) * 60_000,
    logFile: values.log,
  }),
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const { seed, kills, chosen, wholeMs } = options;
process.stdout.write(`seed ${seed}\n`);
const settlementMs = Math.min(Math.max(wholeMs / 4, SETTLEMENT_MIN_MS), SETTLEMENT_MAX_MS);
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
  ...options,
  counts,
  killingMs: Math.max(wholeMs - settlementMs - restMs, wholeMs / 4),
  settlementMs,
  calmSeconds: CALM_SECONDS,
  bounds: BOUNDS,
  progress: (line) => {
    const text = Object.entries(line).map(([name, value]) => `${name} ${value}`);
    process.stdout.write(process.stdout.isTTY ? `${text.join("  ")}\n` : `${JSON.stringify(line)}\n`);
  },
});
const { passed, table, evidence } = judge(outcome, kills);
process.stdout.write(`\n${evidence === "" ? "" : `${evidence}\n\n`}seed ${seed}\n${table}\n`);
process.exit(passed ? 0 : 1);
