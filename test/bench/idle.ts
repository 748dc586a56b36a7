/**
 * The local edge with nothing to do: how long until `ready`, and the CPU it then takes, alone and with silent stations
 * whose objects hibernate. Must not know how the edge is built.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../support/edge-client.ts";
import { BOOT_16, TestStation } from "../support/test-station.ts";
import { cpuMs, type Process, processTree } from "./figures.ts";

const READY_MAX_MS = 15_000;
/** Share of one core that passes for none: a process cannot be looked at for nothing. */
const IDLE_MAX_PERCENT = 0.5;
const IDLE_MS = 20_000;
const STATIONS = 20;
/** The platform lets an object hibernate after 10 s. */
const UNTIL_HIBERNATION_MS = 13_000;

const folder = temporaryFolder();
const main = resolve(import.meta.dirname, "../../src/local/main.ts");
const ports = { KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" };
const stations: TestStation[] = [];
const from = performance.now();
const edge = spawn(process.execPath, [main], {
  env: { ...process.env, ...ports, KERBSIDE_DIR: folder.dir },
  stdio: ["ignore", "pipe", "inherit"],
});
const exited = once(edge, "exit");
try {
  let url = "";
  for await (const line of createInterface(edge.stdout)) {
    url ||= /http:\/\/localhost:\d+/.exec(line)?.[0] ?? "";
    if (line === "ready") break;
  }
  const readyMs = performance.now() - from;
  edge.stdout.resume();
  if (url === "") throw new Error("the edge did not become ready");
  console.log(`| | |\n| --- | --- |\n| first start to \`ready\` | ${(readyMs / 1000).toFixed(2)} s |`);

  // What starting left to be done is not idleness.
  await delay(3_000);
  const tree = processTree(edge.pid ?? 0);
  const alone = await idle(tree);
  await connectStations(url);
  await delay(UNTIL_HIBERNATION_MS);
  const silent = await idle(tree);
  const hibernated = await countHibernated(url);

  console.log(`\nCPU over ${IDLE_MS / 1000} s idle, ms (percent of one core)\n`);
  console.log(`| process | no station | ${STATIONS} silent stations |\n| --- | --- | --- |`);
  const row = (name: string, ms: number[]) => `| ${name} | ${ms.map(showShare).join(" | ")} |`;
  for (const [index, { name }] of tree.entries()) console.log(row(name, [alone[index] ?? 0, silent[index] ?? 0]));
  const sums = [sum(alone), sum(silent)];
  console.log(row("all", sums));
  console.log(`\nObjects that had hibernated when asked afterwards: ${hibernated} of ${STATIONS}`);
  if (readyMs > READY_MAX_MS || hibernated < STATIONS || sums.some((ms) => percent(ms) > IDLE_MAX_PERCENT)) {
    console.log(`\nOVER: ready within ${READY_MAX_MS / 1000} s, all hibernated, ${IDLE_MAX_PERCENT} % of a core`);
    process.exitCode = 1;
  }
} finally {
  for (const station of stations) station.kill();
  edge.kill("SIGTERM");
  await exited;
  folder.remove();
}

async function idle(tree: Process[]): Promise<number[]> {
  const before = tree.map(({ pid }) => cpuMs(pid));
  await delay(IDLE_MS);
  return tree.map(({ pid }, index) => cpuMs(pid) - (before[index] ?? 0));
}

async function connectStations(url: string): Promise<void> {
  for (let i = 1; i <= STATIONS; i++) {
    const id = `IDLE-${i}`;
    await api(url, `/v1/stations/${id}`, { method: "PUT", body: '{ "securityProfile": 0 }' });
    const station = await TestStation.connect({ url: `${url.replace("http", "ws")}/ocpp/${id}` });
    stations.push(station);
    await station.call("BootNotification", BOOT_16);
  }
}

/** An object counts the rows that it wrote since it woke: one that never slept has those of its registration. */
async function countHibernated(url: string): Promise<number> {
  let count = 0;
  for (let i = 1; i <= STATIONS; i++) {
    const view = (await (await api(url, `/v1/stations/IDLE-${i}`)).json()) as {
      online: boolean;
      storage: { rowsWritten: number };
    };
    if (view.online && view.storage.rowsWritten === 0) count++;
  }
  return count;
}

async function api(url: string, path: string, init: RequestInit = {}): Promise<Response> {
  const key = readFileSync(join(folder.dir, "api-key"), "utf8").trim();
  const response = await fetch(url + path, { ...init, headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(ms: number): number {
  return (100 * ms) / IDLE_MS;
}

function showShare(ms: number): string {
  return `${ms.toFixed(1)} (${percent(ms).toFixed(2)} %)`;
}
