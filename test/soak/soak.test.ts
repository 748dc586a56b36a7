import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";
import { startKerbside } from "../support/kerbside.ts";
import { NODE } from "./edge-arm.ts";
import type { Report } from "./report.ts";

/** On a machine that has other work to do. */
const PATIENCE_MS = 90_000;
const out = temporaryFolder();
afterAll(out.remove);

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(NODE, [join(import.meta.dirname, "main.ts"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, stdout, stderr };
}

test("A planted leak is found in its cohort's front, and nothing else is named", { timeout: PATIENCE_MS }, async () => {
  const few = [
    "--rounds",
    "23",
    "--connections-per-round",
    "6",
    "--concurrency",
    "6",
    "--leave-garbage",
    "--settle",
    "0",
  ];
  // So few connections are all warm-up for the rest: only what is far above it is called growth.
  const big = ["--plant", "mtls:1048576", "--limit", "500000", "--warm-up", "0"];
  const arms = ["--cohorts", "tls,mtls", "--names", "same", "--minutes", "1", "--seed", "1"];
  const { code, stdout, stderr } = await run(...few, ...big, ...arms, "--out", out.dir);
  expect(stderr.replace(/^(?:round|2 arms) .*\n/gm, "")).toBe("");
  const report: Report = JSON.parse(readFileSync(join(out.dir, "report.json"), "utf8"));
  const named = report.arms.flatMap(({ name, processes }) =>
    processes.filter(({ judgement }) => judgement.verdict === "growing").map((each) => `${name}: ${each.name}`),
  );
  expect(named).toEqual(["mtls same: front"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/\| mtls same \| front \|.*growing [\d,]+ KB per 1,000 connections[a-z, ]* \|/);

  expect(report.arms.map(({ connections, failures }) => ({ connections, failures }))).toEqual([
    { connections: 138, failures: {} },
    { connections: 138, failures: {} },
  ]);
  const [front, workerd] = report.arms[1]?.processes ?? [];
  expect([front?.name, workerd?.name]).toEqual(["front", "workerd"]);
  expect(front?.samples).toHaveLength(24);
  expect(front?.samples.at(-1)).toMatchObject({ connections: 138 });
  // The plant is where it was put: outside of the heap.
  const grown = (of: "heapUsedKb" | "arrayBuffersKb") =>
    (front?.samples.at(-1)?.[of] ?? 0) - (front?.samples[0]?.[of] ?? 0);
  expect(grown("arrayBuffersKb")).toBeGreaterThan(138 * 1_000);
  expect(grown("heapUsedKb")).toBeLessThan(20_000);
  expect(workerd?.samples[0]?.heapUsedKb).toBeNull();
  for (const name of ["front", "workerd"]) {
    expect(readFileSync(join(out.dir, `${name}.svg`), "utf8")).toContain("mtls same");
    expect(
      readFileSync(join(out.dir, `${name}.png`))
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  }
});

test("With a CSMS behind it a cohort's bridge is a process of its own in the report", {
  timeout: PATIENCE_MS,
}, async () => {
  const few = ["--rounds", "2", "--connections-per-round", "4", "--concurrency", "2", "--settle", "0"];
  const quick = ["--leave-garbage", "--limit", "1000000", "--cohorts", "plain", "--csms", "builtin", "--out", out.dir];
  const { code, stdout } = await run(...few, ...quick);
  expect(stdout).toMatch(/\| plain same \| bridge \| 8 \|.*undecided/);
  expect(code).toBe(0);
  const { arms }: Report = JSON.parse(readFileSync(join(out.dir, "report.json"), "utf8"));
  // A boot that the CSMS did not accept would be one.
  expect(arms.map(({ connections, failures }) => ({ connections, failures }))).toEqual([
    { connections: 8, failures: {} },
  ]);
  const [, , bridge] = arms[0]?.processes ?? [];
  expect([bridge?.name, bridge?.samples.length]).toEqual(["bridge", 3]);
  for (const { heapUsedKb, fileDescriptors } of bridge?.samples ?? []) {
    expect(heapUsedKb).toBeGreaterThan(0);
    // A link to each of its 8 stations.
    expect(fileDescriptors).toBeGreaterThan(8);
  }
});

test("A wrong option is one sentence and exit code 2; a target that is not there, code 1", {
  timeout: PATIENCE_MS,
}, async () => {
  expect(await run("--cohorts", "ssl")).toMatchObject({ code: 2, stdout: "" });
  const gone = await run("--target", "ws://127.0.0.1:1/", "--pid", "4194304");
  expect(gone).toMatchObject({ code: 1, stderr: "There is no process 4194304\n" });
});

test("A given Kerbside is churned over mTLS: its folder registers the stations and issues their certificates", {
  timeout: PATIENCE_MS,
}, async () => {
  const { edge, api, stop } = await startKerbside();
  try {
    const folder = join(edge.pki.dir, "..");
    const target = ["--target", `${edge.mtlsUrl.replace("https", "wss")}/ocpp`, "--api", edge.httpUrl, "--dir", folder];
    const pids = [process.pid, edge.workerdPid()].flatMap((pid) => ["--pid", String(pid)]);
    const few = ["--rounds", "2", "--connections-per-round", "4", "--concurrency", "2", "--settle", "0"];
    const at = [...target, ...pids, ...few, "--limit", "1000000", "--out", out.dir];

    const { code, stdout } = await run(...at, "--cohorts", "mtls");
    expect(stdout).toMatch(/\| mtls same \| workerd \d+ \| 8 \|.*undecided/);
    expect(code).toBe(0);
    const { arms }: Report = JSON.parse(readFileSync(join(out.dir, "report.json"), "utf8"));
    expect(arms.map(({ connections, failures }) => ({ connections, failures }))).toEqual([
      { connections: 8, failures: {} },
    ]);
    expect((await api("GET", "/v1/stations/SOAK-mtls-first")).body.securityProfile).toBe(3);

    // On a port of its own the lab cannot know that certificates are wanted: it says so at once.
    expect(await run(...at)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `A station does not come in at ${target[1]}: HTTP 403; where it asks for certificates, give --cohorts mtls\n`,
    });
  } finally {
    await stop();
  }
});

test("Stations on mTLS have their certificates renewed, and come back by the new ones", {
  timeout: PATIENCE_MS,
}, async () => {
  const few = ["--rounds", "2", "--connections-per-round", "3", "--concurrency", "3", "--stations", "3"];
  const quick = ["--renew", "--leave-garbage", "--settle", "0", "--minutes", "1"];
  const folder = join(out.dir, "renewed");
  await run(...few, ...quick, "--cohorts", "mtls", "--names", "same", "--out", folder);
  const report: Report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
  // Twice each, by the one before and by the new one, which then is the one before.
  expect(report.arms.map(({ connections, failures }) => [connections, failures])).toEqual([[12, {}]]);
});
