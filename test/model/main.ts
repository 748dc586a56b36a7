/**
 * `npm run model`: sequences of what may happen to one station, held against a plain model of the contract. Exit code 1 with
 * the shrunk sequence if the two part. Must not know how it is done.
 */
import { wholeNumber } from "../../src/programs/option-values.ts";
import { programOptions } from "../support/program-options.ts";
import { runModel } from "./run.ts";

const USAGE = `Usage: npm run model -- [--seed N] [--runs 10000] [--minutes 60] [--lanes 2] [--path P]

The seed decides the sequences. A counterexample is found again with --lanes 1, its own seed, and its path.
`;

const { seed, runs, minutes, lanes, path } = programOptions(
  USAGE,
  {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    runs: { type: "string", default: "10000" },
    minutes: { type: "string", default: "60" },
    lanes: { type: "string", default: "2" },
    path: { type: "string" },
  },
  (values) => ({
    seed: wholeNumber("seed", values.seed, 0, 2 ** 31 - 1),
    runs: wholeNumber("runs", values.runs, 1, 1_000_000),
    minutes: wholeNumber("minutes", values.minutes, 1, 1_440),
    lanes: wholeNumber("lanes", values.lanes, 1, 16),
    path: values.path,
  }),
);
process.stdout.write(`seed ${seed}\n`);
const startedAt = performance.now();
const { sequences, counterexamples } = await runModel({
  seed,
  runs,
  minutes,
  lanes,
  path,
  progress: (lane, done) => {
    if (done % 250 === 0) process.stdout.write(`lane ${lane}: ${done} sequences\n`);
  },
  found: (counterexample) => process.stdout.write(`\n${counterexample}\n`),
});
const seconds = Math.round((performance.now() - startedAt) / 1000);
process.stdout.write(
  `\nseed ${seed}: ${sequences} sequences in ${seconds} s, ${counterexamples.length} counterexamples\n`,
);
process.exit(counterexamples.length === 0 ? 0 : 1);
