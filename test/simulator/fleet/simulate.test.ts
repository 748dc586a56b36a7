import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SmallCsms } from "../../../src/simulator/csms/small-csms.ts";
import { HttpPeer, SECRET, type TestEvent, eventsOf, until } from "../../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";

const SCRIPT = join(import.meta.dirname, "../../../src/simulator/cli/main.ts");
const MIXES = ["mtls", "tls", "basic", "none"].flatMap((profile) =>
  ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"].map((protocol) => ({ profile, protocol })),
);

let kerbside: Kerbside;
let receiver: HttpPeer;
const started: ChildProcess[] = [];

beforeAll(async () => {
  receiver = await HttpPeer.start();
  kerbside = await startKerbside();
  await kerbside.api("PUT", "/v1/webhooks/witness", { url: receiver.url, secret: SECRET, types: ["ocpp.call"] });
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await kerbside?.stop();
  await receiver?.stop();
});

interface Run {
  child: ChildProcess;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function simulate(...args: string[]): Run {
  const child = spawn(process.execPath, [SCRIPT, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (text) => {
    stdout += text;
  });
  child.stderr?.on("data", (text) => {
    stderr += text;
  });
  return { child, ended: once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr })) };
}

function doors(): string[] {
  const { httpUrl, tlsUrl, mtlsUrl, pki } = kerbside.edge;
  const dir = join(pki.dir, "..");
  return ["--target", httpUrl, "--tls-target", tlsUrl, "--mtls-target", mtlsUrl, "--dir", dir];
}

// biome-ignore lint/suspicious/noExplicitAny: it is what the test is to find out
const summaryIn = (stdout: string): any => JSON.parse(stdout.trim().split("\n").at(-1) ?? "");

/** What the broker's webhook saw of an action. */
const callsOf = (action: string): TestEvent[] =>
  eventsOf(receiver)
    .filter(({ data }) => data.action === action)
    .map(({ data, subject }) => ({ ...data, stationId: subject }));

test("Twelve stations of all profiles and protocols charge, obey, and the summary says what the broker saw", async () => {
  const times = ["--duration", "5s", "--session", "2s", "--meter-interval", "500ms"];
  const { ended } = simulate("--stations", "12", ...times, "--seed", "3", ...doors());
  await until("boots", () => callsOf("BootNotification").length === 12);
  const reset = await kerbside.command("SIM-00003", "Reset", { type: "Soft" });
  const variables = await kerbside.command("SIM-00008", "GetVariables", {
    getVariableData: [{ component: { name: "ChargingStation" }, variable: { name: "Model" } }],
  });
  const refused = await kerbside.command("SIM-00008", "ClearDisplayMessage", { id: 1 });
  expect([
    reset.body.payload,
    variables.body.payload.getVariableResult[0].attributeValue,
    refused.body.error.code,
  ]).toEqual([{ status: "Accepted" }, "Simulator", "NotSupported"]);
  const { code, stdout, stderr } = await ended;
  expect(stderr).toBe("");
  const summary = summaryIn(stdout);
  expect([code, summary.passed, summary.in, summary.missing, summary.callFailures, summary.connectFailures]).toEqual([
    ...[0, true, 12, {}, {}, {}],
  ]);
  expect(summary.drops).toEqual({});
  expect(summary.commands).toEqual({ Reset: 1, GetVariables: 1, ClearDisplayMessage: 1 });
  expect(summary.groups.map(({ profile, protocol }: never) => `${profile} ${protocol}`).sort()).toEqual(
    MIXES.map(({ profile, protocol }) => `${profile} ${protocol}`).sort(),
  );
  for (const group of summary.groups) {
    expect(group).toMatchObject({ stations: 1, callFailures: {} });
    for (const { count, p50, p90, p99, max } of [group.connectMs, group.callMs]) {
      expect(count).toBeGreaterThan(0);
      expect([p50, p90, p99, max]).toEqual([p50, p90, p99, max].toSorted((a, b) => a - b));
    }
  }
  // One of them booted again after its reset.
  expect(summary.connectMs.count).toBe(13);

  const ends = () => [
    ...callsOf("StopTransaction"),
    ...callsOf("TransactionEvent").filter(({ payload }) => payload.eventType === "Ended"),
  ];
  await until("all sessions", () => ends().length >= summary.sessions);
  expect(ends().length).toBe(summary.sessions);
  expect(summary.sessions).toBeGreaterThanOrEqual(12);
  expect(callsOf("BootNotification").length).toBe(summary.boots);
  expect(energySeen()).toBe(summary.energyWh);
  expect(summary.energyWh).toBeGreaterThan(0);
});

/** In Wh: what the transactions that the broker saw add up to; each checked on the way. */
function energySeen(): number {
  let energyWh = 0;
  const starts = callsOf("StartTransaction");
  const stops = callsOf("StopTransaction");
  for (const { stationId, payload } of stops) {
    const start = starts.find(
      (each) => each.stationId === stationId && each.answer.transactionId === payload.transactionId,
    );
    expect(payload.meterStop).toBeGreaterThanOrEqual(start?.payload.meterStart);
    energyWh += payload.meterStop - start?.payload.meterStart;
  }
  const transactions = Map.groupBy(
    callsOf("TransactionEvent"),
    ({ payload }) => payload.transactionInfo.transactionId as string,
  );
  for (const events of transactions.values()) {
    expect(events.map(({ payload }) => payload.seqNo)).toEqual(events.map((_, index) => index));
    const values = events.map(({ payload }) => payload.meterValue[0].sampledValue[0].value as number);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    energyWh += Number(values.at(-1)) - Number(values[0]);
  }
  return energyWh;
}

describe("While the stations are few and the time is short", () => {
  test("churn, storm and SIGINT end with a summary of what was", async () => {
    const few = ["--stations", "4", "--protocol", "ocpp2.0.1", "--shared-key", ...doors()];
    const churn = simulate(
      "--scenario",
      "churn",
      "--names",
      "fresh",
      "--duration",
      "5s",
      "--prefix",
      "CH",
      ...few,
      "--profile",
      "none",
    );
    const storm = simulate("--scenario", "storm", "--duration", "12s", "--prefix", "ST", ...few);
    const idle = simulate("--scenario", "idle", "--duration", "1h", "--prefix", "ID", ...few);
    await until("idle stations", () => callsOf("BootNotification").filter(isOf("ID")).length === 4);
    idle.child.kill("SIGINT");
    idle.child.kill("SIGINT");
    const [churned, stormed, idled] = await Promise.all([churn.ended, storm.ended, idle.ended]);
    expect([churned.code, stormed.code, idled.code]).toEqual([0, 0, 0]);
    const { rounds, boots, connectMs } = summaryIn(churned.stdout);
    expect(rounds).toBeGreaterThanOrEqual(2);
    expect([boots, connectMs.count]).toEqual([callsOf("BootNotification").filter(isOf("CH")).length, boots]);
    expect((await kerbside.api("GET", "/v1/stations/CH-00000-r0")).status).toBe(404);
    // Who only lost the line does not boot again.
    const blown = summaryIn(stormed.stdout);
    expect(blown.rounds).toBeGreaterThanOrEqual(1);
    expect(blown).toMatchObject({ boots: 4, connectMs: { count: 4 + 4 * blown.rounds } });
    expect(summaryIn(idled.stdout)).toMatchObject({ passed: true, in: 4, interruptedBySignal: true });
  });
});

const isGiven = ({ subject }: TestEvent) => subject.startsWith("GIVEN");
const isOf = (prefix: string) => (event: TestEvent) => event.stationId.startsWith(prefix);

test("A CSMS behind a bridge decides for the stations, and the summary says what the bridge counted", {
  timeout: 120_000,
}, async () => {
  const csms = await SmallCsms.start();
  const { url } = csms;
  const heard: [protocol: string, type: number, id: string, action: string][] = [];
  csms.onFrame = (protocol, frame) => heard.push([protocol, ...(JSON.parse(frame) as [number, string, string])]);
  // As long as it takes: both are told when it is enough.
  const times = ["--duration", "1h", "--session", "1s", "--meter-interval", "500ms"];
  const given = simulate(
    ...["--stations", "3", "--profile", "none", "--prefix", "GIVEN", "--csms", url],
    ...[...times, ...doors()],
  );
  const builtIn = simulate(
    ...["--stations", "1", "--profile", "mtls", "--prefix", "BUILTIN", "--csms", "builtin", "--scenario", "idle"],
    ...["--duration", "1h", ...doors()],
  );
  const boots = (prefix: string) => callsOf("BootNotification").filter(isOf(prefix)).length;
  await until("the one of the built-in CSMS", () => boots("BUILTIN") === 1, 60_000);
  builtIn.child.kill("SIGINT");
  await until("those of the given one", () => boots("GIVEN") === 3, 60_000);
  await until("its meter values", () => heard.length >= 20, 60_000);
  given.child.kill("SIGINT");
  const { code, stdout, stderr } = await given.ended;
  const summary = summaryIn(stdout);
  expect([code, stderr, summary.passed, summary.in, summary.boots]).toEqual([0, "", true, 3, 3]);
  const { bridge } = summary;
  expect(bridge).toMatchObject({ csms: url, stations: 3, linked: 3, sockets: { open: 3 }, refusals: {} });
  const own = heard.filter(([, , id]) => !id.startsWith("bridge-heartbeat-"));
  // All that stations say but Heartbeats, which the edge answers alone; each one's very last words may be cut off anywhere.
  const said = summary.callMs.count - summary.heartbeats;
  for (const frames of [bridge.framesToCsms, bridge.framesToStations, bridge.answers, own.length]) {
    expect(frames).toBeLessThanOrEqual(said + 3);
    expect(frames).toBeGreaterThanOrEqual(said - 3);
  }
  expect(new Set(own.map(([protocol]) => protocol)).size).toBe(3);
  const ids = own.map(([, , id]) => id);
  const decided = eventsOf(receiver).filter((event) => isGiven(event) && event.data.answeredBy === "csms");
  expect(decided.filter(({ data }) => data.action === "BootNotification")).toHaveLength(3);
  for (const { data } of decided) expect(ids).toContain(data.messageId);
  expect((await kerbside.api("GET", "/v1/stations/GIVEN-00000")).body.csms).toMatchObject({ kind: "link", backlog: 0 });
  const idled = await builtIn.ended;
  expect([idled.code, summaryIn(idled.stdout).bridge]).toEqual([
    0,
    expect.objectContaining({ stations: 1, linked: 1, framesToCsms: expect.any(Number), refusals: {} }),
  ]);
  await csms.stop();
  const gone = await simulate("--stations", "1", "--csms", url, ...doors()).ended;
  expect([gone.code, gone.stderr]).toEqual([
    1,
    `The CSMS at ${new URL(url).origin} does not answer: ECONNREFUSED; --csms builtin starts a small one\n`,
  ]);
});

test("A broker that is down is named in one sentence, with exit code 1", async () => {
  const gone = await HttpPeer.start();
  await gone.stop();
  const { origin } = new URL(gone.url);
  const { code, stderr, stdout } = await simulate("--target", origin, "--stations", "1").ended;
  expect([code, stdout, stderr]).toEqual([
    1,
    "",
    `${origin} does not answer: ECONNREFUSED. Is the local edge running (npm start)?\n`,
  ]);
});

test("Bad arguments give the usage and exit code 2", async () => {
  const [party, remote] = await Promise.all([
    simulate("--scenario", "party").ended,
    simulate("--target", "http://192.0.2.1").ended,
  ]);
  expect([party.code, remote.code]).toEqual([2, 2]);
  expect(party.stderr).toMatch(/^--scenario must be one of .*\n\nUsage: npm run simulate/);
  expect(remote.stderr).toContain("--allow-remote");
});
