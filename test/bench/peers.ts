/**
 * The comparison: Kerbside, the floor of the platform, `ocpp-rpc` and `ws` side by side in one run. Must not know how a
 * measure is taken, nor how it is shown.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../chaos/random.ts";
import { Arm, type Kind, type Place } from "./arm.ts";
import type { Bench } from "./bench.ts";
import { type Series, verdicts } from "./comparison.ts";
import { measureCpu } from "./measure-cpu.ts";
import { measureLatency } from "./measure-latency.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureRows, type Rows } from "./measure-rows.ts";
import { measureStorm } from "./measure-storm.ts";
import { measureUpgrades } from "./measure-upgrades.ts";
import { descriptorsFor, places } from "./places.ts";
import { reportText } from "./report.ts";
import { FULL_SIZES, QUICK_SIZES, SIZES } from "./sizes.ts";

const PARTS = ["cpu", "rows", "latency", "upgrades", "storm", "memory"] as const;
type Part = (typeof PARTS)[number];
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
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: PARTS.join(",") },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      workers: { type: "string", default: process.env.KERBSIDE_WORKERS ?? "1" },
      seed: { type: "string", default: "1" },
    },
  });
  const only = values.only.split(",") as Part[];
  const unknown = only.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) throw new Error(`--only takes ${PARTS.join(",")}, not ${unknown.join(",")}`);
  const sizes = { ...(values.quick ? QUICK_SIZES : values.full ? FULL_SIZES : SIZES) };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  // After each part: a run that is cut short has not measured for nothing.
  const keep = (run: Run) => {
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(run)}\n`);
  };
  const run = await measure(only, sizes, whole("--seed", values.seed), whole("--workers", values.workers), keep);
  process.stdout.write(reportText(run));
  if (verdicts(run.series).some(({ passed }) => !passed)) process.exitCode = 1;
}

async function measure(
  only: Part[],
  sizes: Bench["sizes"],
  seed: number,
  workers: number,
  keep: (run: Run) => void,
): Promise<Run> {
  const from = performance.now();
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  const found = places(join(REPOSITORY, ".kerbside"), note);
  for (const size of ["stormStations", "memoryStations"] as const) {
    sizes[size] = descriptorsFor(size, sizes[size], workers, note);
  }
  const make = (kind: Kind, storage: Place["storage"]) => {
    const place = found.find((each) => each.storage === storage);
    return place === undefined ? null : new Arm(kind, place, workers);
  };
  const arms = [
    ...found.flatMap((place) =>
      (["kerbside", "floor", "floor-row"] as const).map((kind) => new Arm(kind, place, workers)),
    ),
    new Arm("ocpp-rpc", { storage: "none", dir: os.tmpdir() }),
    new Arm("ws", { storage: "none", dir: os.tmpdir() }),
  ];
  const bench: Bench = { arms, sizes, random: new Random(seed), make, note };
  const series: Series[] = [];
  const rows: Rows[] = [];
  const soFar = (): Run => {
    const durationSeconds = Math.round((performance.now() - from) / 1000);
    const at = new Date().toISOString();
    return { at, seed, durationSeconds, machine: machine(), versions: versions(), sizes, notes, series, rows };
  };
  try {
    if (only.some((part) => part !== "memory")) for (const arm of arms) await arm.start();
    for (const part of PARTS.filter((each) => only.includes(each))) {
      const started = performance.now();
      // The last part needs the machine for fresh processes.
      if (part === "memory") for (const arm of arms) await arm.stop();
      if (part === "rows") rows.push(...(await measureRows(bench)));
      else series.push(...(await MEASURE[part](bench)));
      process.stderr.write(`${part}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
      keep(soFar());
    }
  } finally {
    for (const arm of arms) await arm.stop();
  }
  return soFar();
}

function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
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
