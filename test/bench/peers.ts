/**
 * The comparison: Kerbside, the floor of the platform, `ocpp-rpc` and `ws` side by side in one run. Must not know how a
 * measure is taken, nor how it is shown.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join, resolve } from "node:path";
import { Random } from "../chaos/random.ts";
import { Arm, type Kind, type Place } from "./arm.ts";
import type { Bench } from "./bench.ts";
import { type Series, verdicts } from "./comparison.ts";
import { stationsThatFit } from "./descriptors.ts";
import { measureCpu } from "./measure-cpu.ts";
import { measureLatency } from "./measure-latency.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureRows, type Rows } from "./measure-rows.ts";
import { measureStorm } from "./measure-storm.ts";
import { measureUpgrades } from "./measure-upgrades.ts";
import { PARTS, type Part, type PeersOptions, peersOptions } from "./peers-options.ts";
import { places } from "./places.ts";
import { reportText } from "./report.ts";

const MEASURE: Record<Exclude<Part, "rows">, (bench: Bench) => Promise<Series[]>> = {
  cpu: measureCpu,
  latency: measureLatency,
  upgrades: measureUpgrades,
  storm: measureStorm,
  memory: measureMemory,
};
const REPOSITORY = resolve(import.meta.dirname, "../..");

/** All that a run found, as it stands in its JSON. */
export interface Run {
  at: string;
  seed: number;
  durationSeconds: number;
  machine: Record<string, string | number>;
  versions: Record<string, string>;
  sizes: Bench["sizes"];
  notes: string[];
  series: Series[];
  rows: Rows[];
}

export async function peers(args: readonly string[]): Promise<void> {
  const options = peersOptions(args);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  // After each part: a run that is cut short has not measured for nothing.
  const keep = (run: Run) => {
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(run)}\n`);
  };
  const run = await measure(options, keep);
  process.stdout.write(reportText(run));
  if (verdicts(run.series).some(({ passed }) => !passed)) process.exitCode = 1;
}

async function measure({ only, kinds, sizes, seed, workerds }: PeersOptions, keep: (run: Run) => void): Promise<Run> {
  const from = performance.now();
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  /** Times that each disturbance was met. */
  const disturbed = new Map<string, number>();
  const disturbance = (text: string) => disturbed.set(text, (disturbed.get(text) ?? 0) + 1);
  const found = places(join(REPOSITORY, ".kerbside"), note);
  if (workerds > 1) note(`Kerbside and each floor have ${workerds} workerd; figures of the server are of all of them.`);
  for (const size of ["stormStations", "memoryStations"] as const) {
    const count = stationsThatFit(sizes[size], workerds);
    if (count < sizes[size])
      note(`${size}: ${count} in place of ${sizes[size]}, for the file descriptors of a process.`);
    sizes[size] = count;
  }
  const arm = (kind: Kind, place: Place) => new Arm(kind, place, { workerds, note: disturbance });
  const make = (kind: Kind, storage: Place["storage"]) => {
    const place = found.find((each) => each.storage === storage);
    return place === undefined ? null : arm(kind, place);
  };
  const edges = found.flatMap((place) => (["kerbside", "floor", "floor-row"] as const).map((kind) => arm(kind, place)));
  const nodes = (["ocpp-rpc", "ws"] as const).map((kind) => arm(kind, { storage: "none", dir: os.tmpdir() }));
  const arms = [...edges, ...nodes].filter(({ kind }) => kinds.includes(kind));
  const bench: Bench = { kinds, arms, sizes, random: new Random(seed), make, note };
  const series: Series[] = [];
  const rows: Rows[] = [];
  const soFar = (): Run => {
    const durationSeconds = Math.round((performance.now() - from) / 1000);
    const at = new Date().toISOString();
    const times = [...disturbed].map(([text, count]) => `${text} (${count} times).`);
    const known = { at, seed, durationSeconds, machine: machine(), versions: versions(), sizes, series, rows };
    return { ...known, notes: [...notes, ...times] };
  };
  try {
    if (only.some((part) => part !== "memory")) for (const each of arms) await each.start();
    for (const part of PARTS.filter((each) => only.includes(each))) {
      const started = performance.now();
      // The last part needs the machine for fresh processes.
      if (part === "memory") for (const each of arms) await each.stop();
      if (part === "rows") rows.push(...(await measureRows(bench)));
      else series.push(...(await MEASURE[part](bench)));
      process.stderr.write(`${part}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
      keep(soFar());
    }
  } finally {
    for (const each of arms) await each.stop();
  }
  return soFar();
}

function machine(): Run["machine"] {
  const [cpu] = os.cpus();
  const memoryGb = Math.round(os.totalmem() / 1e9);
  return { cores: os.cpus().length, cpu: cpu?.model ?? "", memoryGb, kernel: os.release() };
}

function versions(): Run["versions"] {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string => {
    const path = join(REPOSITORY, "node_modules", name, "package.json");
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  };
  const packages = Object.fromEntries(
    ["workerd", "miniflare", "ocpp-rpc", "ws"].map((name) => [name, versionOf(name)]),
  );
  const kerbside = (require(join(REPOSITORY, "package.json")) as { version: string }).version;
  return { kerbside: `${kerbside} ${commit()}`.trim(), node: process.versions.node, ...packages };
}

/** Of a copy without its history there is none. */
function commit(): string {
  try {
    const git = ["-C", REPOSITORY, "rev-parse", "--short", "HEAD"];
    return execFileSync("git", git, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}
