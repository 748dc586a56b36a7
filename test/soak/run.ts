/**
 * One soak: a server for each arm, rounds of connections to each in turn, a sample before each turn. Must not know what is
 * made of the samples.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { type CsmsAddress, csmsAddress } from "../../src/simulator/csms/csms-address.ts";
import { NotUsable } from "../../src/simulator/fleet/broker.ts";
import { forEach, pause } from "../../src/programs/pause.ts";
import { Random } from "../../src/simulator/station/random.ts";
import type { GivenTarget, SoakOptions } from "./arguments.ts";
import { type Arm, armsOf, type ChurnSpec } from "./arm.ts";
import { ArmBridge } from "./arm-bridge.ts";
import { namesOf } from "./churn.ts";
import { EdgeArm, type Watched } from "./edge-arm.ts";
import { LoadProcess } from "./load-process.ts";
import { memoryOf, type ProcessMemory } from "./process-memory.ts";

export interface ProcessSample extends ProcessMemory {
  /** Of its arm, so far. */
  connections: number;
  atMs: number;
  /** Bytes to KB; `null`: the process cannot be asked. */
  heapUsedKb: number | null;
  externalKb: number | null;
  arrayBuffersKb: number | null;
}

export interface WatchedSeries {
  name: string;
  pid: number;
  samples: ProcessSample[];
}

export interface ArmRun extends Arm {
  connections: number;
  failures: Record<string, number>;
  processes: WatchedSeries[];
}

export interface SoakRun {
  arms: ArmRun[];
  rounds: number;
  seconds: number;
  storage: "tmpfs" | "disk" | "the target's own";
  /** `time`, `rounds`, `interrupt`, or what broke. */
  endedBy: string;
}

interface Running {
  run: ArmRun;
  watched: readonly Watched[];
  /** When its last connection closed, ms. */
  restsSince: number;
}

const TMPFS = "/dev/shm";
/** Each takes a core and more while it starts. */
const STARTS_AT_ONCE = 2;

export async function soak(
  options: SoakOptions,
  interrupt: AbortSignal,
  progress: (line: string) => void,
): Promise<SoakRun> {
  const from = performance.now();
  const time = AbortSignal.timeout(options.minutes * 60_000);
  const over = AbortSignal.any([time, interrupt]);
  const tmpfs = existsSync(TMPFS);
  const folder = mkdtempSync(join(tmpfs ? TMPFS : tmpdir(), "kerbside-soak-"));
  const load = new LoadProcess();
  const ends: (() => Promise<void>)[] = [];
  let rounds = 0;
  let endedBy = "rounds";
  const running: Running[] = [];
  try {
    const csms = options.csms === null ? null : await csmsOf(options.csms);
    if (csms !== null) ends.push(csms.stop);
    const arms = armsOf(options.cohorts, options.names, kindsOf(options));
    await forEach(arms, STARTS_AT_ONCE, async (arm) => {
      if (over.aborted) return;
      const dir = join(folder, arm.name.replaceAll(" ", "-"));
      running.push(await start(arm, options, { dir, load, ends, over, csms: csms?.url ?? null }));
    });
    running.sort((a, b) => arms.indexOf(armOf(arms, a)) - arms.indexOf(armOf(arms, b)));
    progress(`${running.length} arms ready after ${seconds(from)} s`);
    const order = shuffled(running, new Random(options.seed));
    for (; !over.aborted && rounds < (options.rounds ?? Number.POSITIVE_INFINITY); rounds++) {
      for (const each of order) {
        await settle(each, options.settleMs, over);
        await sample(each, from);
        const done = await load.round(each.run.name, options.connectionsPerRound, over);
        if (done === null) break;
        each.restsSince = performance.now();
        each.run.connections += done.connections;
        for (const [reason, count] of Object.entries(done.failures)) {
          each.run.failures[reason] = (each.run.failures[reason] ?? 0) + count;
        }
      }
      progress(`round ${rounds + 1} over after ${seconds(from)} s`);
    }
    if (over.aborted) endedBy = interrupt.aborted ? "interrupt" : "time";
    // A round that was cut short counts for nothing that is known.
    else {
      for (const each of order) {
        await settle(each, options.settleMs, over);
        await sample(each, from);
      }
    }
  } catch (error) {
    if (!(error instanceof NotUsable) || rounds === 0) throw error;
    endedBy = error.message;
  } finally {
    load.stop();
    await Promise.all(ends.map((end) => end()));
    rmSync(folder, { recursive: true, force: true });
  }
  const storage = options.target !== null ? "the target's own" : tmpfs ? "tmpfs" : "disk";
  return { arms: running.map(({ run }) => run), rounds, seconds: Number(seconds(from)), storage, endedBy };
}

async function csmsOf(given: string): Promise<CsmsAddress> {
  const found = await csmsAddress(given);
  if (found.ok) return found.value;
  throw new NotUsable(found.error);
}

function kindsOf({ target, floor }: SoakOptions): Arm["kind"][] {
  if (target !== null) return ["target"];
  return floor ? ["kerbside", "floor"] : ["kerbside"];
}

interface Surroundings {
  dir: string;
  load: LoadProcess;
  /** What ends the processes that were started. */
  ends: (() => Promise<void>)[];
  over: AbortSignal;
  /** Its address; `null`: there is none. */
  csms: string | null;
}

async function start(arm: Arm, options: SoakOptions, { dir, load, ends, over, csms }: Surroundings): Promise<Running> {
  const { protocol, concurrency, seed, plant, target, renew } = options;
  const stationsALane = Math.ceil(options.stations / concurrency);
  const shared = { arm, protocol, concurrency, stationsALane, seed, renews: renew };
  let watched: Watched[];
  if (arm.kind === "target") {
    const given = target as GivenTarget;
    watched = given.pids.map((pid) => ({ name: nameOf(pid), pid, heap: null }));
    const api = given.dir === null ? null : given.api.href;
    await load.open({ ...shared, ...given, url: given.url.href, api, run: null });
  } else {
    const isPlanted = arm.kind === "kerbside" && arm.cohort === plant?.cohort;
    const edge = await EdgeArm.start(arm.kind, dir, isPlanted ? plant : null, renew);
    ends.push(() => edge.stop());
    watched = edge.processes(options.leaveGarbage);
    const api = arm.kind === "floor" ? null : edge.httpUrl;
    const files: Pick<ChurnSpec, "ca" | "clientCert" | "clientKey"> = { ca: null, clientCert: null, clientKey: null };
    const run = csms === null ? null : randomUUID();
    await load.open({ ...shared, ...files, dir, api, run, url: `${edge.urlOf(arm.cohort)}/ocpp` });
    if (csms !== null && run !== null) {
      const stations = namesOf(shared).length;
      const isLeaking = plant?.cohort === "bridge";
      const task = { dir, csms, run, stations, api: edge.httpUrl, plant: isLeaking ? plant : null };
      const bridge = await ArmBridge.start(task, over);
      ends.push(() => bridge.stop());
      watched.push(bridge.watched);
    }
  }
  const processes = watched.map(({ name, pid }) => ({ name, pid, samples: [] }));
  return { watched, restsSince: Number.NEGATIVE_INFINITY, run: { ...arm, connections: 0, failures: {}, processes } };
}

/** The platform lets an object hibernate after 10 s: a sample with them awake and one with them asleep differ by megabytes. */
async function settle({ restsSince }: Running, settleMs: number, over: AbortSignal): Promise<void> {
  const leftMs = restsSince + settleMs - performance.now();
  if (leftMs > 0) await pause(leftMs, over);
}

async function sample({ run, watched }: Running, from: number): Promise<void> {
  for (const [index, { name, pid, heap }] of watched.entries()) {
    const use = heap === null ? null : await heap();
    const memory = memoryOf(pid);
    if (memory === null) throw new NotUsable(`${name} of ${run.name}, process ${pid}, is gone or not ours to look at`);
    const kb = (bytes: number | undefined) => (bytes === undefined ? null : Math.round(bytes / 1_024));
    run.processes[index]?.samples.push({
      ...memory,
      connections: run.connections,
      atMs: Math.round(performance.now() - from),
      heapUsedKb: kb(use?.heapUsed),
      externalKb: kb(use?.external),
      arrayBuffersKb: kb(use?.arrayBuffers),
    });
  }
}

/** Drawn once: with the same order each round every arm rests equally long before it is looked at. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(random.integer(0, rest.length - 1), 1)[0] as T);
}

const armOf = (arms: readonly Arm[], { run }: Running) => arms.find(({ name }) => name === run.name) as Arm;
const seconds = (from: number) => ((performance.now() - from) / 1_000).toFixed(1);

function nameOf(pid: number): string {
  try {
    return `${readFileSync(`/proc/${pid}/comm`, "utf8").trim()} ${pid}`;
  } catch {
    throw new NotUsable(`There is no process ${pid}`);
  }
}
