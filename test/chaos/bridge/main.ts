/**
 * `npm run chaos -- --bridge`: kills bridge, edge and CSMS in turn, and counts what was lost on the way to the CSMS. Exit code 1 if
 * anything was. Must not know how it is done.
 */
import { wholeNumber } from "../../../src/programs/option-values.ts";
import { programOptions } from "../../support/program-options.ts";
import { judgeBridge } from "./report.ts";
import { runBridgeChaos } from "./run.ts";

const MINUTES_MAX = 60;
/** Of the whole: to start, and to settle. */
const SETTLING_SHARE = 0.25;
/** Also for longer than the CSMS has for an answer. */
const GONE_MAX_MS = 6_000;
const SETTLEMENT_MIN_MS = 60_000;

const USAGE = `Usage: npm run chaos -- --bridge [--seed N] [--stations 200] [--kills 30] [--minutes 8]

SIGKILL of bridge, edge and CSMS in turn. The seed decides who charges, who fails, when and how.
`;

const { seed, kills, wholeMs, stations } = programOptions(
  USAGE,
  {
    bridge: { type: "boolean" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    stations: { type: "string", default: "200" },
    kills: { type: "string", default: "30" },
    minutes: { type: "string", default: "8" },
  },
  (values) => ({
    seed: wholeNumber("seed", values.seed, 0, 2 ** 32 - 1),
    kills: wholeNumber("kills", values.kills, 0, 1_000),
    wholeMs: wholeNumber("minutes", values.minutes, 1, MINUTES_MAX) * 60_000,
    stations: wholeNumber("stations", values.stations, 1, 3_500),
  }),
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const settlementMs = Math.max(wholeMs * SETTLING_SHARE, SETTLEMENT_MIN_MS);
process.stdout.write(`seed ${seed}\n`);
const outcome = await runBridgeChaos({
  seed,
  stations,
  kills,
  killingMs: Math.max(wholeMs - settlementMs, wholeMs / 4),
  settlementMs,
  goneMaxMs: GONE_MAX_MS,
  progress: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
});
const { passed, table, evidence } = judgeBridge(outcome, kills);
process.stdout.write(`\n${evidence === "" ? "" : `${evidence}\n\n`}seed ${seed}\n${table}\n`);
process.exit(passed ? 0 : 1);
