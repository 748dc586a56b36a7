import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";

const SCRIPT = join(import.meta.dirname, "../../src/local/main.ts");
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function newFolder(): string {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  return folder.dir;
}

function startProcess(dir: string, env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
  const ports = { KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" };
  const child = spawn(process.execPath, [SCRIPT], { env: { ...process.env, ...ports, KERBSIDE_DIR: dir, ...env } });
  cleanups.push(() => child.kill("SIGKILL"));
  return child;
}

async function linesUntilReady(child: ChildProcessWithoutNullStreams): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (line === "ready") break;
  }
  return lines;
}

const isRunning = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

test("It prints addresses, key and root certificate, then ready, and SIGTERM ends it with exit code 0", async () => {
  const dir = newFolder();
  const child = startProcess(dir);
  const lines = await linesUntilReady(child);
  const text = lines.join("\n");
  expect(lines.at(-1)).toBe("ready");
  expect(text).toContain(readFileSync(join(dir, "api-key"), "utf8").trim());
  expect(text).toContain(join(dir, "pki/root.cert.pem"));
  const [, url] = /(http:\/\/localhost:\d+)/.exec(text) ?? [];
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  // Twice, as from a terminal and from npm.
  child.kill("SIGTERM");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(existsSync(join(dir, "workerd.pid"))).toBe(false);
});

test.each([
  ["that it wrote down", true],
  ["that it was killed too early to write down", false],
])("The next start ends the workerd of a killed one, %s", async (_, isWrittenDown) => {
  const dir = newFolder();
  const killed = startProcess(dir);
  await linesUntilReady(killed);
  const record = join(dir, "workerd.pid");
  if (!existsSync(record)) return;
  const { workerd } = JSON.parse(readFileSync(record, "utf8"));
  killed.kill("SIGKILL");
  await once(killed, "exit");
  if (!isWrittenDown) rmSync(record);
  const next = startProcess(dir);
  await linesUntilReady(next);
  expect(isRunning(workerd.pid)).toBe(false);
  next.kill("SIGINT");
  expect(await once(next, "exit")).toEqual([0, null]);
});

test("A port in use gives one sentence and exit code 1", async () => {
  const taken = http.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  cleanups.push(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const child = startProcess(newFolder(), { KERBSIDE_MTLS_PORT: String(port) });
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  expect([code, stderr]).toEqual([1, `Port ${port} is already in use\n`]);
});
