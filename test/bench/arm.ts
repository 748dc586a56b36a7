/**
 * One server of the comparison as a process of its own: started, asked, looked at, ended. Must not know what is measured.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { cpuMs, processTree } from "./figures.ts";
import { Requests } from "./requests.ts";
import type { EdgeServerOptions } from "./servers/edge.ts";
import type { Served } from "./servers/serve.ts";
import { BenchStation } from "./station.ts";

export const KINDS = ["kerbside", "floor", "floor-row", "ocpp-rpc", "ws"] as const;
export type Kind = (typeof KINDS)[number];
export type Storage = "tmpfs" | "disk" | "none";

/** A place for state, with what it lies on. */
export interface Place {
  storage: Storage;
  dir: string;
}

export interface ArmOptions {
  /** Processes that share the stations, where it is an edge; one by default. */
  workerds?: number;
  /** Takes what disturbed a measurement. */
  note?: (text: string) => void;
}

/** ms or bytes of the server alone, which is workerd where there is one, and with the front before it. */
export interface Use {
  server: number;
  withFront: number;
}

const NODE = join(import.meta.dirname, "../../node_modules/.bin/node");
const FLOOR = join(import.meta.dirname, "servers/floor-worker.js");
const READY_WITHIN_MS = 60_000;
/** A server passes for quiet once it takes less than this in QUIET_MS. */
const QUIET_CPU_MS = 3;
const QUIET_MS = 100;
const QUIET_WITHIN_MS = 10_000;
const COMMAND = JSON.stringify({ action: "ChangeAvailability", payload: { connectorId: 1, type: "Operative" } });

export class Arm {
  readonly kind: Kind;
  readonly storage: Storage;
  readonly #place: string;
  readonly #workerds: number;
  readonly #note: (text: string) => void;
  #child: ChildProcess | null = null;
  #dir = "";
  #served: Served = { port: 0, apiKey: "" };
  #requests: Requests | null = null;
  #servers: number[] = [];
  #front: number | null = null;

  constructor(kind: Kind, { storage, dir }: Place, { workerds = 1, note = () => {} }: ArmOptions = {}) {
    this.kind = kind;
    this.storage = kind === "ocpp-rpc" || kind === "ws" ? "none" : storage;
    this.#place = dir;
    this.#workerds = workerds;
    this.#note = note;
  }

  get name(): string {
    return this.storage === "none" ? this.kind : `${this.kind} ${this.storage}`;
  }

  get isEdge(): boolean {
    return this.storage !== "none";
  }

  /** Processes that are the server: each workerd, or the one Node process. */
  get servers(): readonly number[] {
    return this.#servers;
  }

  async start(): Promise<void> {
    if (this.#dir === "") {
      this.#dir = mkdtempSync(join(this.#place, "kerbside-bench-"));
      process.once("exit", this.#removeFolder);
    }
    const child = spawn(NODE, this.#script(), { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    // What is written to an ended server is nothing to end for.
    child.stdin?.on("error", () => {});
    const timer = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
    const lines = createInterface(child.stdout as NodeJS.ReadableStream);
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => [""])])) as [string];
    clearTimeout(timer);
    if (line === "") throw new Error(`${this.name} did not start`);
    this.#served = JSON.parse(line) as Served;
    this.#requests = new Requests({ ...this.#served, note: (text) => this.#note(`${this.name}: ${text}`) });
    const pid = child.pid ?? 0;
    const runtimes = processTree(pid).filter(({ name }) => name === "workerd");
    this.#servers = this.isEdge ? runtimes.map((it) => it.pid) : [pid];
    this.#front = this.isEdge ? pid : null;
  }

  /** As a fresh process that finds what it has kept. */
  async restart(): Promise<void> {
    await this.#end();
    await this.start();
  }

  async stop(): Promise<void> {
    await this.#end();
    process.off("exit", this.#removeFolder);
    this.#removeFolder();
  }

  async #end(): Promise<void> {
    this.#requests?.close();
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.stdin?.end();
      await exited;
    }
    this.#child = null;
  }

  connect(id: string): Promise<BenchStation> {
    return this.#named(BenchStation.connect(`ws://127.0.0.1:${this.#served.port}/ocpp/${id}`));
  }

  async register(id: string): Promise<void> {
    if (this.isEdge) await this.#ask("PUT", id, '{ "securityProfile": 0 }');
  }

  /** Resolves once the station's answer is there. `false`: the command was lost on its way, and has no latency. */
  command(id: string): Promise<boolean> {
    return this.#named(this.#asked.post(`/v1/stations/${id}/commands`, COMMAND));
  }

  async rows(id: string): Promise<{ written: number; read: number }> {
    const { storage } = JSON.parse(await this.#ask("GET", id));
    return { written: storage.rowsWritten, read: storage.rowsRead };
  }

  cpuMs(): Use {
    return this.#use(cpuMs);
  }

  rssKb(): Use {
    return this.#use((pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]));
  }

  /** Waits until what the last work left to be done is done. */
  async quiet(): Promise<void> {
    const deadline = performance.now() + QUIET_WITHIN_MS;
    for (let before = this.cpuMs().withFront; performance.now() < deadline; ) {
      await delay(QUIET_MS);
      const now = this.cpuMs().withFront;
      if (now - before < QUIET_CPU_MS) return;
      before = now;
    }
  }

  readonly #removeFolder = (): void => {
    if (this.#dir !== "") rmSync(this.#dir, { recursive: true, force: true });
    this.#dir = "";
  };

  #use(of: (pid: number) => number): Use {
    const server = this.#servers.reduce((sum, pid) => sum + of(pid), 0);
    return { server, withFront: server + (this.#front === null ? 0 : of(this.#front)) };
  }

  #script(): string[] {
    const script = this.isEdge ? "edge" : this.kind;
    const options: EdgeServerOptions = {
      dir: this.#dir,
      workerds: this.#workerds,
      ...(this.kind !== "kerbside" && { entry: FLOOR }),
      ...(this.kind === "floor-row" && { env: { WRITES_ROW: "true" } }),
    };
    return [join(import.meta.dirname, `servers/${script}.ts`), JSON.stringify(options)];
  }

  get #asked(): Requests {
    if (this.#requests === null) throw new Error(`${this.name} was not started`);
    return this.#requests;
  }

  #ask(method: "GET" | "PUT", id: string, body?: string): Promise<string> {
    return this.#named(this.#asked.ask(method, `/v1/stations/${id}`, body));
  }

  /** A server that is gone resets whatever is under way: then its end is what must be read, not ECONNRESET. */
  async #named<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const { exitCode = null, signalCode = null } = this.#child ?? {};
      const end = exitCode ?? signalCode;
      const why = end === null ? (error as Error).message : `the server ended by itself, with ${end}`;
      throw new Error(`${this.name}: ${why}`, { cause: error });
    }
  }
}
