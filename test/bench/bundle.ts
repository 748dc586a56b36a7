/**
 * The Worker as wrangler would upload it: its size, and what it adds to the start of workerd over an empty Worker,
 * the two started in turn. Fails where a bound of the project is broken; must not know what is in the bundle.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { cpuMs, cpuTicksMs, show, spread } from "./figures.ts";

/** Bytes, gzipped. */
const SIZE_MAX_BYTES = 400_000;
/** ms over an empty Worker, of medians. */
const START_UP_MAX_MS = 50;
const ROUNDS = Math.max(11, Number(process.env.ROUNDS ?? 21));
const EMPTY = 'export default { fetch: () => new Response("ok") };\n';
const REPOSITORY = resolve(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);
const workerd = (require("workerd") as { default: string }).default;

interface Start {
  /** From the start of the process to the end of its first answer. */
  firstAnswerMs: number;
  /** Of all threads, when the first answer is there. */
  cpuMs: number;
  cpuTicksMs: number;
}

const folder = mkdtempSync(join(tmpdir(), "kerbside-bench-"));
try {
  const bundle = bundleAsUploaded(join(folder, "kerbside"));
  const sizes = [
    ["as uploaded", bundle.length],
    ["gzipped", gzipSync(bundle).length],
  ] as const;
  console.log("| bundle | KB |\n| --- | --- |");
  for (const [name, bytes] of sizes) console.log(`| ${name} | ${(bytes / 1000).toFixed(1)} |`);
  report("gzipped size", sizes[1][1] / 1000, SIZE_MAX_BYTES / 1000, "KB");

  const subjects = { empty: writeConfig("empty", EMPTY), kerbside: writeConfig("kerbside", bundle) };
  const starts: Record<keyof typeof subjects, Start[]> = { empty: [], kerbside: [] };
  for (let round = -1; round < ROUNDS; round++) {
    // In turn, and each first in every other round, so that neither has the warmer machine.
    const order = round % 2 === 0 ? (["empty", "kerbside"] as const) : (["kerbside", "empty"] as const);
    for (const name of order) {
      const start = await startOnce(subjects[name]);
      // The first one reads the files into memory.
      if (round >= 0) starts[name].push(start);
    }
  }
  const of = (name: keyof typeof subjects, figure: keyof Start) => spread(starts[name].map((it) => it[figure]));
  console.log(`\nStart of workerd to its first answer, ms: median (quartiles) of ${ROUNDS} interleaved rounds\n`);
  console.log("| Worker | first answer | CPU | utime + stime |\n| --- | --- | --- | --- |");
  const figures = ["firstAnswerMs", "cpuMs", "cpuTicksMs"] as const;
  for (const name of ["empty", "kerbside"] as const) {
    console.log(`| ${name} | ${figures.map((figure) => show(of(name, figure))).join(" | ")} |`);
  }
  const over = figures.map((figure) => of("kerbside", figure).median - of("empty", figure).median);
  console.log(`| difference | ${over.map((ms) => ms.toFixed(1)).join(" | ")} |`);
  report("start-up over an empty Worker", over[0] ?? Number.NaN, START_UP_MAX_MS, "ms");
  report("CPU of the start-up over an empty Worker's", over[1] ?? Number.NaN, START_UP_MAX_MS, "ms");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The one module that `wrangler deploy` would send. */
function bundleAsUploaded(outdir: string): Buffer {
  const wrangler = join(REPOSITORY, "node_modules/wrangler/bin/wrangler.js");
  execFileSync(process.execPath, [wrangler, "deploy", "--dry-run", "--outdir", outdir], {
    cwd: REPOSITORY,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: join(folder, "logs") },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const modules = readdirSync(outdir).filter((name) => !/\.map$|^README\.md$/.test(name));
  const [only, ...others] = modules;
  if (only === undefined || others.length > 0) throw new Error(`expected one module, found: ${modules.join(", ")}`);
  return readFileSync(join(outdir, only));
}

/** workerd alone, without miniflare: its start is then that of the script, and of nothing else. */
function writeConfig(name: string, script: string | Buffer): string {
  const dir = join(folder, `workerd-${name}`);
  mkdirSync(dir);
  writeFileSync(join(dir, "worker.js"), script);
  const [, date] = /^compatibility_date = "(.*)"$/m.exec(readFileSync(join(REPOSITORY, "wrangler.toml"), "utf8")) ?? [];
  const path = join(dir, "config.capnp");
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js")],
    compatibilityDate = "${date}",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
  );
  return path;
}

async function startOnce(config: string): Promise<Start> {
  const from = performance.now();
  const child = spawn(workerd, ["serve", config, "--control-fd=3"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const exited = once(child, "exit");
  try {
    const port = await listeningPort(child.stdio[3] as Readable);
    const request = http.get({ host: "127.0.0.1", port, path: "/healthz", agent: false });
    const [answer] = (await once(request, "response")) as [http.IncomingMessage];
    await answer.resume().toArray();
    const firstAnswerMs = performance.now() - from;
    if (answer.statusCode !== 200) throw new Error(`the Worker answered ${answer.statusCode}`);
    const pid = child.pid ?? 0;
    return { firstAnswerMs, cpuMs: cpuMs(pid), cpuTicksMs: cpuTicksMs(pid) };
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

async function listeningPort(control: Readable): Promise<number> {
  for await (const line of createInterface(control)) {
    const { event, port } = JSON.parse(line) as { event: string; port?: number };
    if (event === "listen" && port !== undefined) return port;
  }
  throw new Error("workerd ended before it listened");
}

function report(title: string, value: number, bound: number, unit: string): void {
  const isOver = !(value <= bound);
  console.log(`\n${title}: ${value.toFixed(1)} ${unit}, bound ${bound} ${unit}${isOver ? ": OVER" : ""}`);
  if (isOver) process.exitCode = 1;
}
