/**
 * One server of the comparison as a process of its own: started, asked, looked at, ended. Must not know what is measured.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { cpuMs, processTree } from "./figures.ts";
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
  readonly #workers: number;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  #child: ChildProcess | null = null;
  #dir = "";
  #served: Served = { port: 0, apiKey: "" };
  #servers: number[] = [];
  #front: number | null = null;

  /** @param workers workerd processes behind the front, where the edge takes that setting */
  constructor(kind: Kind, { storage, dir }: Place, workers = 1) {
    this.kind = kind;
    this.storage = kind === "ocpp-rpc" || kind === "ws" ? "none" : storage;
    this.#place = dir;
    this.#workers = workers;
  }

  get name(): string {
    return this.storage === "none" ? this.kind : `${this.kind} ${this.storage}`;
  }

  get isEdge(): boolean {
    return this.storage !== "none";
  }

  async start(): Promise<void> {
    this.#dir = mkdtempSync(join(this.#place, "kerbside-bench-"));
    process.once("exit", this.#removeFolder);
    const env = { ...process.env, ...(this.#workers > 1 && { KERBSIDE_WORKERS: String(this.#workers) }) };
    const child = spawn(NODE, this.#script(), { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    // What is written to an ended server is nothing to end for.
    child.stdin?.on("error", () => {});
    const timer = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
    const lines = createInterface(child.stdout as NodeJS.ReadableStream);
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => [""])])) as [string];
    clearTimeout(timer);
    if (line === "") throw new Error(`${this.name} did not start`);
    this.#served = JSON.parse(line) as Served;
    const pid = child.pid ?? 0;
    const runtimes = processTree(pid).filter(({ name }) => name === "workerd");
    this.#servers = this.isEdge ? runtimes.map((it) => it.pid) : [pid];
    this.#front = this.isEdge ? pid : null;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.stdin?.end();
      await exited;
    }
    this.#child = null;
    process.off("exit", this.#removeFolder);
    this.#removeFolder();
  }

  connect(id: string): Promise<BenchStation> {
    return BenchStation.connect(`ws://127.0.0.1:${this.#served.port}/ocpp/${id}`);
  }

  async register(id: string): Promise<void> {
    if (this.isEdge) await this.#ask("PUT", `/v1/stations/${id}`, '{ "securityProfile": 0 }');
  }

  /** Resolves once the station's answer is there. */
  async command(id: string): Promise<void> {
    await this.#ask("POST", `/v1/stations/${id}/commands`, COMMAND);
  }

  async rows(id: string): Promise<{ written: number; read: number }> {
    const { storage } = JSON.parse(await this.#ask("GET", `/v1/stations/${id}`));
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
    const options = {
      dir: this.#dir,
      ...(this.kind !== "kerbside" && { entry: FLOOR }),
      ...(this.kind === "floor-row" && { env: { WRITES_ROW: "true" } }),
    };
    return [join(import.meta.dirname, `servers/${script}.ts`), JSON.stringify(options)];
  }

  #ask(method: string, path: string, body?: string): Promise<string> {
    const { port, apiKey } = this.#served;
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port, method, path, headers, agent: this.#agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          if ((answer.statusCode ?? 0) < 300) resolve(text);
          else reject(new Error(`${this.name} ${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}
