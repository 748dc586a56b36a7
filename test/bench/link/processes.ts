/**
 * The processes between a station and its CSMS, each started, looked at and ended by itself. Must not know what is measured.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { BridgeProcess } from "../../../src/simulator/csms/bridge-process.ts";
import { processTree } from "../figures.ts";
import { Requests } from "../requests.ts";
import type { EdgeServerOptions } from "../servers/edge.ts";
import type { Served } from "../servers/serve.ts";

const NODE = join(import.meta.dirname, "../../../node_modules/.bin/node");
const SERVERS = join(import.meta.dirname, "../servers");

/** One of `servers/`, which ends with its stdin. */
export class ServerProcess {
  readonly served: Served;
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, served: Served) {
    this.#child = child;
    this.served = served;
    this.pid = child.pid ?? 0;
  }

  static async start(script: "csms" | "edge", options: object = {}): Promise<ServerProcess> {
    const args = [join(SERVERS, `${script}.ts`), JSON.stringify(options)];
    const child = spawn(NODE, args, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin?.on("error", () => {});
    const lines = createInterface(child.stdout as NodeJS.ReadableStream);
    const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => [""])])) as [string];
    if (line === "") throw new Error(`${script} did not start`);
    return new ServerProcess(child, JSON.parse(line) as Served);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
  }
}

/** A local edge with its state in memory. */
export class LinkEdge {
  readonly url: string;
  readonly front: number;
  readonly workerds: readonly number[];
  readonly #server: ServerProcess;
  readonly #dir: string;
  readonly #requests: Requests;

  private constructor(server: ServerProcess, dir: string) {
    this.#server = server;
    this.#dir = dir;
    const { port } = server.served;
    this.url = `http://127.0.0.1:${port}`;
    this.#requests = new Requests({ ...server.served, note: () => {} });
    this.front = server.pid;
    this.workerds = processTree(server.pid).flatMap(({ pid, name }) => (name === "workerd" ? [pid] : []));
  }

  /** @param place a folder for its state */
  static async start(place: string, options: Omit<EdgeServerOptions, "dir">): Promise<LinkEdge> {
    const dir = mkdtempSync(join(place, "kerbside-link-"));
    process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
    return new LinkEdge(await ServerProcess.start("edge", { dir, ...options }), dir);
  }

  async register(id: string, registration: object): Promise<void> {
    await this.#requests.ask("PUT", `/v1/stations/${id}`, JSON.stringify({ securityProfile: 0, ...registration }));
  }

  stationUrl(id: string): string {
    return `${this.url.replace("http", "ws")}/ocpp/${id}`;
  }

  async bridge(csms: ServerProcess, label: string, connectsPerSecond: number): Promise<BridgeProcess> {
    const started = await BridgeProcess.start({
      ...{ api: this.url, keyFile: join(this.#dir, "api-key"), label, connectsPerSecond },
      csms: `ws://127.0.0.1:${csms.served.port}/ocpp`,
    });
    if (started.ok) return started.value;
    throw new Error(started.error);
  }

  async stop(): Promise<void> {
    this.#requests.close();
    await this.#server.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

export const rssKb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
