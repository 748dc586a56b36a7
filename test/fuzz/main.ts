/**
 * `npm run fuzz`: a million odd frames against the local edge; with `--front` or `--certificates` mutated requests or certificate
 * chains instead. Bounded to 30 minutes. Must not know how they are made.
 */
import { startKerbside } from "../support/kerbside.ts";
import { programOptions } from "../support/program-options.ts";
import { attack } from "./attack.ts";
import { fuzz } from "./run.ts";

const USAGE = `Usage: npm run fuzz -- [--seed N] [--frames 1000000]
       npm run fuzz -- --front | --certificates [--seed N] [--count N] [--rate N]

Odd frames from stations; or mutated requests and upgrades, or mutated certificate chains, so many connections a second.
`;
const values = programOptions(USAGE, {
  frames: { type: "string", default: "1000000" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  front: { type: "boolean", default: false },
  certificates: { type: "boolean", default: false },
  count: { type: "string" },
  /** Connections a second. */
  rate: { type: "string" },
});
const seed = Number(values.seed);
const frames = Number(values.frames);
/** workerd's memory in the last fifth of the run against the second one: what is above is growth. */
const GROWTH_MAX = 1.25;

process.stdout.write(`seed ${seed}\n`);
setTimeout(() => {
  process.stderr.write("the run took more than its 30 minutes\n");
  process.exit(1);
}, 30 * 60_000).unref();

/** Mutated requests and upgrades, and mutated chains. */
const COUNTS = { front: 100_000, certificates: 5_000 };
/** A second: what leaves a core that does handshakes alone half of its time. */
const RATES = { front: 250, certificates: 50 };
const attacks = (["front", "certificates"] as const).filter((name) => values[name]);
let isGood = true;
for (const name of attacks) {
  const count = Number(values.count ?? COUNTS[name]);
  isGood = (await attack({ name, count, seed, rate: Number(values.rate ?? RATES[name]) })) && isGood;
}
if (attacks.length > 0) process.exit(isGood ? 0 : 1);

const errors: string[] = [];
const log = (line: string, level: string) => {
  if (level === "error" && errors.length < 20) errors.push(line);
};
const kerbside = await startKerbside({}, { log, connectsPerStation: 1_000 });
const counts = await fuzz(kerbside, frames, seed, 8);
await kerbside.stop();

const middle = counts.rssMb.slice(2, 4);
const end = counts.rssMb.slice(-2);
const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / Math.max(list.length, 1);
const growth = middle.length === 0 ? 1 : mean(end) / mean(middle);
const rows: [string, number | string, boolean][] = [
  ["odd frames sent", counts.frames, counts.frames >= frames],
  ["answers", counts.answers, true],
  ["illegal answers", counts.illegalAnswers.length, counts.illegalAnswers.length === 0],
  ["dropped sockets", counts.droppedSockets.length, counts.droppedSockets.length === 0],
  ["Heartbeats without an answer", counts.unansweredHeartbeats.length, counts.unansweredHeartbeats.length === 0],
  ["errors in the Worker's log", errors.length, errors.length === 0],
  ["workerd RSS by tenths, MB", counts.rssMb.map((mb) => mb.toFixed(0)).join(" "), true],
  [`RSS growth, end over second fifth (≤ ${GROWTH_MAX})`, growth.toFixed(2), growth <= GROWTH_MAX],
];
for (const [name, value, isGood] of rows)
  process.stdout.write(`| ${name} | ${value} | ${isGood ? "ok" : "FAILED"} |\n`);
for (const line of [...counts.illegalAnswers, ...counts.droppedSockets, ...counts.unansweredHeartbeats, ...errors]) {
  process.stderr.write(`${line}\n`);
}
process.exit(rows.every(([, , isGood]) => isGood) ? 0 : 1);
