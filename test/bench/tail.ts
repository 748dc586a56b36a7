/**
 * `npm run bench -- tail`: CPU of the server a CALL of a station that nobody watches, and of one that an observer does, block by block
 * beside each other in one workerd. Must not know how a station is watched.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { SCOPES } from "../../src/security/api-key.ts";
import { Random } from "../chaos/random.ts";
import { BOOT, forEach, names, shuffled } from "./bench.ts";
import { cpuMs, processTree, show, spread } from "./figures.ts";
import type { EdgeServerOptions } from "./servers/edge.ts";
import type { Served } from "./servers/serve.ts";
import { BenchStation } from "./station.ts";

/** Named by the key of their observers; two that have none tell what is noise. */
const GROUPS = {
  nobody: null,
  "nobody, once more": null,
  "an observer, masked": "masked",
  "an observer, unmasked": "whole",
} as const;
type Group = keyof typeof GROUPS;
const STATUS = { connectorId: 1, errorCode: "NoError", status: "Available" };
const CALLS = { Heartbeat: {}, StatusNotification: STATUS } as const;
type Action = keyof typeof CALLS;
/** [issue 15] What a CALL may cost beside one that nobody watches. */
const TIMES_MAX = 1.3;
const NOISE_MAX = 1.1;
/** What is done behind an answer belongs to it. */
const AFTERWARDS_MS = 30;
const NODE = join(import.meta.dirname, "../../node_modules/.bin/node");

export interface TailSizes {
  stations: number;
  rounds: number;
  callsPerStation: number;
}

export const FULL: TailSizes = { stations: 20, rounds: 15, callsPerStation: 100 };

export interface TailFigure {
  action: Action;
  group: Group;
  /** µs of the server a CALL, a block each. */
  us: number[];
  /** Of the medians, beside those that nobody watches. */
  times: number;
}

export async function measureTail({ stations, rounds, callsPerStation }: TailSizes): Promise<TailFigure[]> {
  const server = await Server.start();
  const all = new Map<Group, BenchStation[]>();
  const observers: WebSocket[] = [];
  try {
    for (const [index, [group, key]] of Object.entries(GROUPS).entries()) {
      const list: BenchStation[] = [];
      await forEach(names(`TAIL-${index}`, stations), async (id) => {
        const station = await server.station(id);
        if (key !== null) observers.push(await server.watch(id, key));
        await station.call("BootNotification", BOOT);
        for (const action of Object.keys(CALLS) as Action[]) await station.call(action, CALLS[action]);
        list.push(station);
      });
      all.set(group as Group, list);
    }
    const samples = new Map<string, number[]>();
    const random = new Random(1);
    for (let round = 0; round < rounds; round++) {
      for (const action of shuffled(Object.keys(CALLS) as Action[], random)) {
        for (const group of shuffled([...all.keys()], random)) {
          const list = all.get(group) ?? [];
          await delay(AFTERWARDS_MS);
          const before = server.cpuMs();
          await Promise.all(
            list.map(async (station) => {
              for (let count = 0; count < callsPerStation; count++) await station.call(action, CALLS[action]);
            }),
          );
          await delay(AFTERWARDS_MS);
          const us = (1000 * (server.cpuMs() - before)) / (list.length * callsPerStation);
          const name = `${action} ${group}`;
          samples.set(name, [...(samples.get(name) ?? []), us]);
        }
      }
    }
    return (Object.keys(CALLS) as Action[]).flatMap((action) => {
      const of = (group: string) => samples.get(`${action} ${group}`) ?? [];
      const alone = spread([...of("nobody"), ...of("nobody, once more")]).median;
      return ([...all.keys()] as Group[]).map((group) => {
        const us = of(group);
        return { action, group, us, times: spread(us).median / alone };
      });
    });
  } finally {
    for (const each of observers) each.terminate();
    for (const list of all.values()) for (const station of list) station.drop();
    await server.stop();
  }
}

/** What is missed of the bounds. */
export const missed = (figures: readonly TailFigure[]): TailFigure[] =>
  figures.filter(({ group, times }) => times > (GROUPS[group] === null ? NOISE_MAX : TIMES_MAX));

export async function tail(): Promise<void> {
  const figures = await measureTail(FULL);
  console.log("| CALL | who watches | µs of workerd a CALL, median (quartiles) | times |\n| --- | --- | --- | --- |");
  for (const { action, group, us, times } of figures) {
    console.log(`| ${action} | ${group} | ${show(spread(us))} | ${times.toFixed(2)} |`);
  }
  const over = missed(figures);
  if (over.length === 0) return;
  console.log(`\nOVER: ${TIMES_MAX} with an observer, ${NOISE_MAX} between two that have none`);
  process.exitCode = 1;
}

class Server {
  readonly #child: ChildProcess;
  readonly #served: Served;
  readonly #dir: string;
  readonly #workerds: readonly number[];

  private constructor(child: ChildProcess, served: Served, dir: string) {
    this.#child = child;
    this.#served = served;
    this.#dir = dir;
    this.#workerds = processTree(child.pid ?? 0).flatMap(({ name, pid }) => (name === "workerd" ? pid : []));
  }

  static async start(): Promise<Server> {
    const dir = mkdtempSync(join("/dev/shm", "kerbside-bench-"));
    const entry = (name: string, scopes: readonly string[]) => ({
      ...{ name, scopes },
      sha256: createHash("sha256").update(name).digest("hex"),
    });
    const keys = [entry("whole", SCOPES), entry("masked", ["messages:read"])];
    const options: EdgeServerOptions = { dir, workerds: 1, env: { API_KEYS: JSON.stringify(keys) } };
    const script = join(import.meta.dirname, "servers/edge.ts");
    const child = spawn(NODE, [script, JSON.stringify(options)], { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = (await once(createInterface(child.stdout as NodeJS.ReadableStream), "line")) as [string];
    return new Server(child, JSON.parse(line) as Served, dir);
  }

  async station(id: string): Promise<BenchStation> {
    const { status } = await fetch(`http://127.0.0.1:${this.#served.port}/v1/stations/${id}`, {
      method: "PUT",
      headers: { authorization: "Bearer whole", "content-type": "application/json" },
      body: '{ "securityProfile": 0 }',
    });
    if (status !== 201) throw new Error(`${id} was not registered: ${status}`);
    return BenchStation.connect(`ws://127.0.0.1:${this.#served.port}/ocpp/${id}`);
  }

  /** Reads what it is told, and keeps none of it. */
  async watch(id: string, key: string): Promise<WebSocket> {
    const url = `ws://127.0.0.1:${this.#served.port}/v1/stations/${id}/live`;
    const headers = { authorization: `Bearer ${key}` };
    const observer = new WebSocket(url, ["kerbside.live.v1"], { headers, perMessageDeflate: false });
    await once(observer, "message");
    return observer;
  }

  cpuMs(): number {
    return this.#workerds.reduce((sum, pid) => sum + cpuMs(pid), 0);
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.stdin?.end();
    await exited;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
