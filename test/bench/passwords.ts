/**
 * `npm run bench -- passwords`: the heartbeats of one station while another process tries 1,800 wrong passwords in 5 s, beside the
 * same seconds in quiet, in turns on one edge. Must not know how passwords are compared.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../chaos/random.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { LocalEdge } from "../support/local-edge.ts";
import { BOOT_16, TestStation } from "../support/test-station.ts";
import { shuffled } from "./bench.ts";
import { show, spread } from "./figures.ts";
import type { Attack } from "./wrong-passwords.ts";

const ATTACKER = join(import.meta.dirname, "wrong-passwords.ts");
const PASSWORD = "correct horse battery";
const ATTEMPTS = 1_800;
const SECONDS = 5;
/** No station and address may try more than 100 times a minute. */
const NAMES = Array.from({ length: 36 }, (_, index) => `GUESSED-${index}`);
const ROUNDS = 5;
const HEARTBEAT_EVERY_MS = 10;
/** In which the edge becomes quiet again. */
const REST_MS = 1_000;
/** Worse than that beside a quiet edge is a bound missed, for what one address can do. */
const TIMES_MAX = 5;
const BOUND: Arm = "one address";

/** Addresses of each round's attack: one address may have 200 passwords compared at once. */
const ARMS = { quiet: 0, "one address": 1, "nine addresses": 9 } as const;
type Arm = keyof typeof ARMS;

/** Of before: on cores that others use, it is those that are measured. */
const [load = 0] = loadavg();
const folder = temporaryFolder();
const edge = new LocalEdge(folder.dir);
try {
  if (!(await edge.ready())) throw new Error(edge.errors);
  const key = readFileSync(join(folder.dir, "api-key"), "utf8").trim();
  const register = (id: string, registration: object) => edge.api(key, "PUT", `/v1/stations/${id}`, registration);
  for (const name of NAMES) await register(name, { securityProfile: 1, password: PASSWORD });
  await register("BYSTANDER", { securityProfile: 0 });
  const port = Number(new URL(edge.httpUrl).port);
  const station = await TestStation.connect({ url: `ws://localhost:${port}/ocpp/BYSTANDER` });
  await station.call("BootNotification", BOOT_16);
  await heartbeats(station);
  const medians: Record<Arm, number[]> = { quiet: [], "one address": [], "nine addresses": [] };
  const worst: Record<Arm, number[]> = { quiet: [], "one address": [], "nine addresses": [] };
  const answered: Partial<Record<Arm, string>> = {};
  const random = new Random(1);
  let address = 2;
  for (let round = 1; round <= ROUNDS; round++) {
    process.stderr.write(`Round ${round} of ${ROUNDS} ...\n`);
    for (const arm of shuffled(Object.keys(ARMS) as Arm[], random)) {
      // Each with a budget that nobody has used.
      const addresses = Array.from({ length: ARMS[arm] }, () => `127.0.0.${address++}`);
      const attack =
        addresses.length === 0 ? null : run({ port, attempts: ATTEMPTS, seconds: SECONDS, names: NAMES, addresses });
      // The attacker's own start is no part of the attack.
      if (attack !== null) await delay(300);
      const samples = await heartbeats(station);
      const { median } = spread(samples);
      medians[arm].push(median);
      worst[arm].push(samples.toSorted((a, b) => a - b)[Math.floor(samples.length * 0.99)] ?? Number.NaN);
      if (attack !== null) answered[arm] = await attack;
      await delay(REST_MS);
    }
  }
  station.kill();
  report(medians, worst, answered);
} finally {
  await edge.kill("SIGTERM");
  folder.remove();
}

async function run(attack: Attack): Promise<string> {
  const child = spawn(process.execPath, [ATTACKER, JSON.stringify(attack)], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await once(child, "close");
  return text.trim();
}

/** ms of each, one after the other. */
async function heartbeats(station: TestStation): Promise<number[]> {
  const samples: number[] = [];
  for (const end = performance.now() + SECONDS * 1_000; performance.now() < end; await delay(HEARTBEAT_EVERY_MS)) {
    const from = performance.now();
    const [type] = await station.call("Heartbeat");
    if (type !== 3) throw new Error("a heartbeat was not answered");
    samples.push(performance.now() - from);
  }
  return samples;
}

function report(
  medians: Record<Arm, number[]>,
  worst: Record<Arm, number[]>,
  answered: Partial<Record<Arm, string>>,
): void {
  const times = (figures: Record<Arm, number[]>, arm: Arm) =>
    spread(figures[arm]).median / spread(figures.quiet).median;
  console.log(
    `Heartbeats of a bystander, ms: medians and quartiles of ${ROUNDS} rounds of ${SECONDS} s each, in turns`,
  );
  console.log(`Under attack ${ATTEMPTS} wrong passwords are tried in these ${SECONDS} s`);
  console.log(`The machine has ${availableParallelism()} cores, and had a load of ${load.toFixed(1)} before\n`);
  console.log(
    "| attack from | median | × quiet | p99 | × quiet | the attacker's answers |\n| --- | --- | --- | --- | --- | --- |",
  );
  for (const arm of Object.keys(ARMS) as Arm[]) {
    const ratio = times(medians, arm);
    const cells = [
      arm,
      show(spread(medians[arm])),
      ratio.toFixed(2),
      show(spread(worst[arm])),
      times(worst, arm).toFixed(2),
    ];
    console.log(`| ${cells.join(" | ")} | ${answered[arm] ?? ""} |`);
  }
  const isWithin = times(medians, BOUND) <= TIMES_MAX;
  console.log(
    `\n${isWithin ? "WITHIN" : "OVER"}: from ${BOUND} the median heartbeat at most ${TIMES_MAX} × a quiet edge's`,
  );
  if (!isWithin) process.exitCode = 1;
}
