/**
 * The server of one arm: a local edge, or the floor, as processes of its own. Must not know what connects to it. Ends only
 * what it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../../src/local/state/local-folder.ts";
import { NotUsable } from "../../src/simulator/fleet/broker.ts";
import { processTree } from "../bench/figures.ts";
import type { Arm } from "./arm.ts";
import { InspectedWorkerd } from "./inspected-workerd.ts";
import { askHeap } from "./heap-question.ts";
import type { HeapUse } from "./probe.ts";

export interface Watched {
  /** `front`, `workerd`. */
  name: string;
  pid: number;
  /** `null`: it cannot be asked. */
  heap: (() => Promise<HeapUse | null>) | null;
}

export interface Plant {
  cohort: string;
  bytes: number;
}

export const NODE = join(REPOSITORY, "node_modules/.bin/node");
const MAIN = { kerbside: join(REPOSITORY, "src/local/main.ts"), floor: join(import.meta.dirname, "floor.ts") };
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 6_000;
/** Far above any round: a limit that is reached would be measured in place of a connection. */
const NO_LIMIT = "100000000";

export class EdgeArm {
  readonly dir: string;
  readonly #child: ChildProcess;
  readonly #workerd: InspectedWorkerd;
  #addresses: string[] = [];

  private constructor(dir: string, child: ChildProcess, workerd: InspectedWorkerd) {
    this.dir = dir;
    this.#child = child;
    this.#workerd = workerd;
    process.once("exit", () => this.#kill());
  }

  /** @param signs stations' certificates, by its development PKI */
  static async start(
    kind: Exclude<Arm["kind"], "target">,
    dir: string,
    plant: Plant | null,
    signs = false,
  ): Promise<EdgeArm> {
    mkdirSync(dir, { recursive: true });
    const workerd = await InspectedWorkerd.prepare(dir);
    const preloads = [join(import.meta.dirname, "probe.ts")];
    if (plant !== null) preloads.push(join(import.meta.dirname, "plant.ts"));
    const args = ["--expose-gc", ...preloads.flatMap((path) => ["--import", path]), MAIN[kind]];
    const child = spawn(NODE, args, {
      cwd: REPOSITORY,
      // A group of its own, so that its workerd can be ended with it.
      detached: true,
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      env: {
        ...process.env,
        ...{ MINIFLARE_WORKERD_PATH: workerd.path, KERBSIDE_WORKERDS: "1" },
        ...{ KERBSIDE_DIR: dir, KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" },
        ...{ KERBSIDE_CONNECTS_PER_STATION: NO_LIMIT, KERBSIDE_CONNECTS_PER_ADDRESS: NO_LIMIT },
        ...(signs && { CERTIFICATE_ISSUER: "local" }),
        ...(plant !== null && { SOAK_PLANT_COHORT: plant.cohort, SOAK_PLANT_BYTES: String(plant.bytes) }),
      },
    });
    const edge = new EdgeArm(dir, child, workerd);
    await edge.#ready();
    return edge;
  }

  get httpUrl(): string {
    return this.#addresses[0] ?? "";
  }

  urlOf(cohort: Arm["cohort"]): string {
    const [http = "", tls = "", mtls = ""] = this.#addresses;
    return { plain: http.replace("http", "ws"), tls, mtls }[cohort];
  }

  /** The front, and what it started. */
  processes(leaveGarbage: boolean): Watched[] {
    return processTree(this.#child.pid ?? 0)
      .filter(({ pid, name }) => pid === this.#child.pid || name === "workerd")
      .map(({ pid, name }) =>
        pid === this.#child.pid
          ? { name: "front", pid, heap: () => askHeap(this.#child) }
          : { name, pid, heap: leaveGarbage ? null : () => this.#workerd.heap() },
      );
  }

  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#kill(), STOP_WITHIN_MS);
    await exited;
    clearTimeout(late);
  }

  get #isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #kill(): void {
    if (this.#isRunning && this.#child.pid !== undefined) process.kill(-this.#child.pid, "SIGKILL");
  }

  async #ready(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const lines = createInterface(this.#child.stdout as NodeJS.ReadableStream);
    const timer = setTimeout(() => resolve(false), READY_WITHIN_MS);
    lines.on("line", (line) => {
      const [address] = /(?:https?|wss?):\/\/localhost:\d+/.exec(line) ?? [];
      if (address !== undefined && this.#addresses.length < 3) this.#addresses.push(address);
      if (line === "ready") resolve(true);
    });
    lines.on("close", () => resolve(false));
    const isReady = await promise;
    clearTimeout(timer);
    if (isReady) return;
    this.#kill();
    throw new NotUsable(`The edge in ${this.dir} did not become ready`);
  }
}
