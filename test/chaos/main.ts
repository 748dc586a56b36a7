/**
 * `npm run chaos`: kills the local edge again and again under a fleet that charges, and counts what was lost. Exit code 1
 * if anything was. Must not know how it is done.
 */
import { parseArgs } from "node:util";
import { judge } from "./report.ts";
import { runChaos } from "./run.ts";

const HELP = `Usage: npm run chaos -- [--seed N] [--stations 500] [--kills 50] [--minutes 10]

The seed decides who charges, who fails, when and how; what the machine does in between is its own.
`;
const MINUTES_MAX = 10;
const SETTLEMENT_MAX_MS = 120_000;
/** To start the edge and to register the fleet. */
const MAKING_FLEET_MS = 10_000;

function numberOf(name: string, text: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`--${name} must be a number up to ${max}`);
}

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    stations: { type: "string", default: "500" },
    kills: { type: "string", default: "50" },
    minutes: { type: "string", default: String(MINUTES_MAX) },
    help: { type: "boolean", default: false },
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
if (values.help) process.stdout.write(HELP);
else {
  const seed = numberOf("seed", values.seed, 2 ** 32 - 1);
  const kills = numberOf("kills", values.kills, 1_000);
  process.stdout.write(`seed ${seed}\n`);
  const wholeMs = numberOf("minutes", values.minutes, MINUTES_MAX) * 60_000;
  const settlementMs = Math.min(wholeMs / 4, SETTLEMENT_MAX_MS);
  const outcome = await runChaos({
    seed,
    stations: numberOf("stations", values.stations, 3_500),
    kills,
    killingMs: wholeMs - settlementMs - MAKING_FLEET_MS,
    settlementMs,
    progress: (line) => {
      const text = Object.entries(line).map(([name, value]) => `${name} ${value}`);
      process.stdout.write(process.stdout.isTTY ? `${text.join("  ")}\n` : `${JSON.stringify(line)}\n`);
    },
  });
  const { passed, table, evidence } = judge(outcome, kills);
  process.stdout.write(`\n${evidence === "" ? "" : `${evidence}\n\n`}seed ${seed}\n${table}\n`);
  process.exit(passed ? 0 : 1);
}
