import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EndedAfterEach } from "../support/bare-edge.ts";

const ended = new EndedAfterEach();
const newFolder = () => ended.newFolder();

const isRunning = (pid: number) =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));

test("It prints addresses, key and root certificate, then ready, and SIGTERM ends it with exit code 0", async () => {
  const dir = newFolder();
  // By the CAs of its own PKI, which STATION_CAS need not name.
  const edge = ended.startProcess(dir, { MTLS_TRUST: "worker" });
  expect(await edge.ready()).toBe(true);
  const text = edge.lines.join("\n");
  expect(text).toContain(readFileSync(join(dir, "api-key"), "utf8").trim());
  expect(text).toContain(join(dir, "pki/root.cert.pem"));
  expect((await fetch(`${edge.httpUrl}/healthz`)).status).toBe(200);
  // Twice, as from a terminal and from npm.
  edge.child.kill("SIGTERM");
  expect(await edge.kill("SIGINT")).toBe(0);
  expect(existsSync(join(dir, "workerd.pid"))).toBe(false);
});

test.each([
  ["that it wrote down", true],
  ["that it was killed too early to write down", false],
])("The next start ends the workerd of a killed one, %s", async (_, isWrittenDown) => {
  const dir = newFolder();
  const killed = ended.startProcess(dir);
  await killed.ready();
  const record = join(dir, "workerd.pid");
  if (!existsSync(record)) return;
  const { workerd } = JSON.parse(readFileSync(record, "utf8"));
  await killed.kill();
  if (!isWrittenDown) rmSync(record);
  const next = ended.startProcess(dir);
  await next.ready();
  expect(isRunning(workerd.pid)).toBe(false);
  expect(await next.kill("SIGINT")).toBe(0);
});

test("A port in use gives one sentence and exit code 1", async () => {
  const taken = http.createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  ended.push(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const edge = ended.startProcess(newFolder(), { KERBSIDE_MTLS_PORT: String(port) });
  expect([await edge.ended(), edge.errors]).toEqual([1, `Port ${port} is already in use\n`]);
});

test("A setting that the Worker cannot use is named at once, and its value is not", async () => {
  const wrong = { VALIDATION: "odd", CSMS_SECRET: "s3cret" };
  const edge = ended.startProcess(newFolder(), wrong);
  expect(await edge.ended()).toBe(1);
  expect(edge.errors).toMatch(/^the environment is not usable: VALIDATION: .*; CSMS_SECRET: .*\n$/);
  expect(edge.errors).not.toContain(wrong.CSMS_SECRET);
});
