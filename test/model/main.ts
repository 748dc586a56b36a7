/**
 * `npm run model`: sequences of what may happen to one station, held against a plain model of the contract. Exit code 1 with
 * the shrunk sequence if the two part. Must not know how it is done.
 */
import { parseArgs } from "node:util";
import { runModel } from "./run.ts";

const HELP = `Usage: npm run model -- [--seed N] [--runs 10000] [--minutes 60] [--lanes 2] [--path P]

The seed decides the sequences. A counterexample is found again with --lanes 1, its own seed, and its path.
`;

function numberOf(name: string, text: string, max: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`--${name} must be a number up to ${max}`);
}

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    runs: { type: "string", default: "10000" },
    minutes: { type: "string", default: "60" },
    lanes: { type: "string", default: "2" },
    path: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else {
  const seed = numberOf("seed", values.seed, 2 ** 31 - 1);
  process.stdout.write(`seed ${seed}\n`);
  const startedAt = performance.now();
  const { sequences, counterexamples } = await runModel({
    seed,
    runs: numberOf("runs", values.runs, 1_000_000),
    minutes: numberOf("minutes", values.minutes, 1_440),
    lanes: numberOf("lanes", values.lanes, 16),
    path: values.path,
    progress: (lane, runs) => {
      if (runs % 250 === 0) process.stdout.write(`lane ${lane}: ${runs} sequences\n`);
    },
    found: (counterexample) => process.stdout.write(`\n${counterexample}\n`),
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `\nseed ${seed}: ${sequences} sequences in ${seconds} s, ${counterexamples.length} counterexamples\n`,
  );
  process.exit(counterexamples.length === 0 ? 0 : 1);
}
