/**
 * `npm run chaos -- --bridge`: kills bridge, edge and CSMS in turn, and counts what was lost on the way to the CSMS. Exit code 1 if
 * anything was. Must not know how it is done.
 */
import { parseArgs } from "node:util";
import { judgeBridge } from "./report.ts";
import { runBridgeChaos } from "./run.ts";

const MINUTES_MAX = 60;
/** Of the whole: to start, and to settle. */
const SETTLING_SHARE = 0.25;
/** Also for longer than the CSMS has for an answer. */
const GONE_MAX_MS = 6_000;
const SETTLEMENT_MIN_MS = 60_000;

function numberOf(name: string, text: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`--${name} must be a number up to ${max}`);
}

const { values } = parseArgs({
  options: {
    bridge: { type: "boolean" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    stations: { type: "string", default: "200" },
    kills: { type: "string", default: "30" },
    minutes: { type: "string", default: "8" },
    help: { type: "boolean", default: false },
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
if (values.help) {
  process.stdout.write(
    "Usage: npm run chaos -- --bridge [--seed N] [--stations 200] [--kills 30] [--minutes 8]\n\n" +
      "SIGKILL of bridge, edge and CSMS in turn. The seed decides who charges, who fails, when and how.\n",
  );
  process.exit(0);
} else {
  const seed = numberOf("seed", values.seed, 2 ** 32 - 1);
  const kills = numberOf("kills", values.kills, 1_000);
  const wholeMs = numberOf("minutes", values.minutes, MINUTES_MAX) * 60_000;
  const settlementMs = Math.max(wholeMs * SETTLING_SHARE, SETTLEMENT_MIN_MS);
  process.stdout.write(`seed ${seed}\n`);
  const outcome = await runBridgeChaos({
    seed,
    stations: numberOf("stations", values.stations, 3_500),
    kills,
    killingMs: Math.max(wholeMs - settlementMs, wholeMs / 4),
    settlementMs,
    goneMaxMs: GONE_MAX_MS,
    progress: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
  });
  const { passed, table, evidence } = judgeBridge(outcome, kills);
  process.stdout.write(`\n${evidence === "" ? "" : `${evidence}\n\n`}seed ${seed}\n${table}\n`);
  process.exit(passed ? 0 : 1);
}
