import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../support/edge-client.ts";
import { readArguments } from "./arguments.ts";
import { billOf, COMPONENTS, dollarsOf, logsByVolume, type Usage } from "./bill.ts";
import { type Deployment, loggingOf, readDeployment } from "./deployment.ts";
import { measure } from "./measure.ts";
import { KINDS, type Measurement, NO_COUNTS, readRun } from "./measurement.ts";
import { MESSAGES_PER_REQUEST, PRICES } from "./prices.ts";
import { cost } from "./run.ts";
import { SERIES } from "./series.ts";
import { DAY_MS, DEFAULT_TRAFFIC, messagesOf, stepsOf } from "./traffic.ts";
import { type Fleet, usageOf, withoutHibernation } from "./usage.ts";

const NOTHING = Object.fromEntries(COMPONENTS.map((component) => [component, 0])) as Usage;
const MONTHLY = 100_000 * 30;
const DEPLOYMENT: Deployment = { batchMessages: 100, batchSeconds: 1, headSampling: 1, invocationLogs: 1 };
const FLEET: Fleet = { stations: 100_000, traffic: DEFAULT_TRAFFIC, receiverMs: 0, platformMs: 0 };

/** One row for each message but heartbeats, and no more. */
const PLAIN: Measurement = {
  measuredAt: "2026-11-24T00:00:00.000Z",
  webhooks: 1,
  csms: { kind: "none", thinkMs: 0 },
  receiverMs: 0,
  traffic: DEFAULT_TRAFFIC,
  kinds: {
    heartbeat: { times: 288, counts: { ...NO_COUNTS, socketMessages: 288, awakeMs: 288 } },
    message: { times: 54, counts: { ...NO_COUNTS, socketMessages: 54, rowsWritten: 54, awakeMs: 54 } },
    reconnect: { times: 2, counts: { ...NO_COUNTS, workerRequests: 2, objectRequests: 2, queueMessages: 4 } },
    alarm: { times: 24, counts: { ...NO_COUNTS, objectRequests: 24, alarmsSet: 24 } },
    command: { times: 0, counts: NO_COUNTS },
  },
  actions: {},
  directory: { transitions: 4, rowsWritten: 4, rowsRead: 8, counterWrites: 0, counterRows: 0 },
  storedBytes: 100_000,
  logLines: 0,
  cpuMs: { heartbeat: 0.1, message: 0.2, reconnect: 1 },
};

describe("The bill", () => {
  test("of a fleet that never hibernates comes to $414,728 for its duration and its messages", () => {
    const objectRequests = ((288 + 54) * MONTHLY) / MESSAGES_PER_REQUEST;
    const { lines, base } = billOf(withoutHibernation({ ...NOTHING, objectRequests }, 100_000), false);
    expect(base).toBe(5);
    expect(lines.reduce((sum, { dollars }) => sum + dollars, 0)).toBeCloseTo(414_727.7, 1);
  });

  test("grows by $864 where every heartbeat of a fleet writes a row", () => {
    expect(dollarsOf("rowsWritten", 288 * MONTHLY)).toBeCloseTo(1_001 - 137, 6);
  });

  test.each(COMPONENTS)("asks nothing for %s that the plan includes, and the price for what is beyond", (component) => {
    const { included, per, dollars } = PRICES[component];
    expect(billOf({ ...NOTHING, [component]: included }).total).toBe(5);
    expect(billOf({ ...NOTHING, [component]: included + per }).total).toBeCloseTo(5 + dollars, 9);
    expect(billOf({ ...NOTHING, [component]: per }, false).total).toBeCloseTo(5 + dollars, 9);
  });

  test("of logs by volume has what goes in and, for the week that it is kept, what is stored", () => {
    expect(logsByVolume(75e6, 1_000)).toBeCloseTo(6.25 + 0.1 * (17.5 - 12), 6);
  });
});

describe("A fleet's usage", () => {
  test("is the measured day's, times stations and days", () => {
    const { total, byKind, wakes } = usageOf(PLAIN, FLEET, DEPLOYMENT);
    expect(total.rowsWritten).toBeCloseTo((54 + 24) * MONTHLY, 0);
    expect(total.objectRequests).toBeCloseTo((2 + 24 + 342 / 20) * MONTHLY, 0);
    expect(total.duration).toBeCloseTo(0.342 * 0.128 * MONTHLY, 0);
    expect(total.queueOperations).toBeCloseTo(12 * MONTHLY, 0);
    expect(total.directoryRowsWritten).toBeCloseTo(4 * MONTHLY + SERIES.directoryRowsWritten, 0);
    expect(total.cpuMs).toBeCloseTo((28.8 + 54 * 0.2 + 2 + 24 * 0.2) * MONTHLY + SERIES.cpuMs, 0);
    expect(total.storage).toBeCloseTo(10, 9);
    expect(byKind.heartbeat.rowsWritten).toBe(0);
    expect(wakes).toBeCloseTo((342 + 2 + 24) * MONTHLY, 0);
  });

  test("follows other traffic than was measured, while alarms stay those of the day", () => {
    const traffic = { heartbeats: 0, messages: 108, reconnects: 2, commands: 0 };
    const { total, byKind } = usageOf(PLAIN, { ...FLEET, traffic }, DEPLOYMENT);
    expect(byKind.message.rowsWritten).toBeCloseTo(108 * MONTHLY, 0);
    expect(byKind.alarm.rowsWritten).toBeCloseTo(24 * MONTHLY, 0);
    expect(byKind.heartbeat.duration).toBe(0);
    expect(total.rowsWritten).toBeCloseTo(132 * MONTHLY, 0);
  });

  test("counts as duration the time that a webhook far away takes", () => {
    const { message, ...kinds } = PLAIN.kinds;
    const counts = { ...message.counts, receiverRounds: 54, platformCalls: 10 };
    const slow: Measurement = { ...PLAIN, kinds: { ...kinds, message: { times: 54, counts } } };
    const { total } = usageOf(slow, { ...FLEET, receiverMs: 100, platformMs: 10 }, DEPLOYMENT);
    expect(total.duration).toBeCloseTo((0.342 + 5.4 + 0.1) * 0.128 * MONTHLY, 0);
  });

  test("holds one run of the queue's consumer for what gathers in a batch, at most the batch's size", () => {
    const runs = (deployment: Partial<Deployment>) =>
      usageOf(PLAIN, FLEET, { ...DEPLOYMENT, ...deployment }).total.workerRequests -
      2 * MONTHLY -
      SERIES.workerRequests;
    const perSecond = 400_000 / 86_400;
    expect(runs({})).toBeCloseTo((4 * MONTHLY) / (1 + perSecond), 0);
    expect(runs({ batchSeconds: 60 })).toBeCloseTo((4 * MONTHLY) / 100, 0);
  });

  test("holds a row of counters for each batch, and the messages that hand over nothing but counts", () => {
    const { heartbeat, ...kinds } = PLAIN.kinds;
    const counts = { ...heartbeat.counts, queueMessages: 1, handOvers: 1 };
    const directory = { ...PLAIN.directory, transitions: 5, counterWrites: 5, counterRows: 5 };
    const counted: Measurement = { ...PLAIN, kinds: { ...kinds, heartbeat: { times: 288, counts } }, directory };
    const { total, counting } = usageOf(counted, FLEET, DEPLOYMENT);
    const batches = (5 * MONTHLY) / (1 + 500_000 / 86_400);
    expect(counting.queueOperations).toBeCloseTo(3 * MONTHLY, 0);
    expect(counting.directoryRowsWritten).toBeCloseTo(batches, 0);
    expect(total.directoryRowsWritten).toBeCloseTo(4 * MONTHLY + batches + SERIES.directoryRowsWritten, 0);
  });

  test("holds a sample of the fleet each minute and each hour, which cost some ten cents whatever its size", () => {
    expect(SERIES.directoryRowsWritten).toBe(2 * (43_200 + 720));
    const { total } = usageOf(PLAIN, { ...FLEET, stations: 1 }, DEPLOYMENT);
    expect(total.directoryRowsWritten).toBeCloseTo(4 * 30 + SERIES.directoryRowsWritten, 0);
    const dollars = dollarsOf("directoryRowsWritten", SERIES.directoryRowsWritten);
    expect(dollars + dollarsOf("workerRequests", SERIES.workerRequests)).toBeLessThan(0.11);
  });

  test("logs an event for each invocation, as far as the deployment keeps them", () => {
    const events = (given: Parameters<typeof loggingOf>[0]) =>
      usageOf(PLAIN, FLEET, { ...DEPLOYMENT, ...loggingOf(given) }).total.logEvents;
    const all = events({ enabled: true });
    expect(all).toBeGreaterThan((342 + 2 + 2 + 24) * MONTHLY);
    expect(events({ enabled: true, head_sampling_rate: 0.01 })).toBeCloseTo(all / 100, 0);
    expect(events({ enabled: true, logs: { invocation_logs: false } })).toBe(0);
    expect(events({})).toBe(0);
  });
});

test("The deployment's batches are read from wrangler.toml", () => {
  expect(readDeployment()).toMatchObject({ batchMessages: 100, batchSeconds: 1 });
});

test("A day has as many steps as its traffic says, in order, and as many charging sessions as there is room for", () => {
  const steps = stepsOf({ ...DEFAULT_TRAFFIC, commands: 3 });
  expect(steps).toHaveLength(288 + 54 + 2 + 3);
  expect(steps.map(({ atMs }) => atMs)).toEqual(steps.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  expect(steps.at(-1)?.atMs).toBeLessThan(DAY_MS);
  const actions = messagesOf(54).map(({ action }) => action);
  expect(actions.filter((action) => action === "StopTransaction")).toHaveLength(4);
  expect(messagesOf(1).map(({ action }) => action)).toEqual(["BootNotification"]);
  expect(messagesOf(0)).toEqual([]);
});

describe("The command line", () => {
  test("without arguments is the fleet of the target", () => {
    expect(readArguments([])).toMatchObject({
      ok: true,
      value: { fleet: { stations: 100_000, traffic: DEFAULT_TRAFFIC }, webhooks: 1, withIncluded: true, max: null },
    });
  });

  test("takes each option", () => {
    const given = "--stations 5 --heartbeats 96 --messages 0 --reconnects 1 --commands 2 --webhooks 0 --max 12.50";
    const more =
      "--csms link --csms-ms 50 --receiver-ms 250 --platform-ms 20 --no-included --measured a.json --json b.json";
    expect(readArguments(`${given} ${more}`.split(" "))).toEqual({
      ok: true,
      value: {
        fleet: {
          stations: 5,
          traffic: { heartbeats: 96, messages: 0, reconnects: 1, commands: 2 },
          receiverMs: 250,
          platformMs: 20,
        },
        webhooks: 0,
        csms: { kind: "link", thinkMs: 50 },
        withIncluded: false,
        max: 12.5,
        measuredFile: "a.json",
        jsonFile: "b.json",
      },
    });
  });

  test.each([
    ["--stations", "0"],
    ["--stations", "many"],
    ["--heartbeats", "2881"],
    ["--webhooks", "11"],
    ["--csms", "binding"],
    ["--max", "-1"],
    ["--max", "1e9"],
    ["--colour", "red"],
  ])("refuses %s %s", (...given) => {
    const read = readArguments(given);
    expect(read.ok).toBe(false);
    expect(read).toMatchObject({ error: expect.stringContaining(given[0]) });
  });
});

describe("A measured day", () => {
  const folder = temporaryFolder();
  const file = join(folder.dir, "measured.json");
  let day: Measurement;
  beforeAll(async () => {
    const traffic = { heartbeats: 12, messages: 15, reconnects: 1, commands: 1 };
    day = await measure(1, traffic, { cpuMessages: 0, cpuReconnects: 0 });
    writeFileSync(file, JSON.stringify({ subscribed: day, alone: day }));
  });
  afterAll(() => folder.remove());

  test("counts each thing as often as it happened", () => {
    const { alarm, ...others } = day.kinds;
    expect(Object.fromEntries(Object.entries(others).map(([kind, { times }]) => [kind, times]))).toEqual({
      heartbeat: 12,
      message: 15,
      reconnect: 1,
      command: 1,
    });
    expect(alarm.times).toBeGreaterThan(0);
    expect(KINDS.every((kind) => day.kinds[kind].counts.wakes >= day.kinds[kind].times)).toBe(true);
  });

  test("counts no row and no alarm for a Heartbeat, and at least a row and a delivery for any other message", () => {
    const { heartbeat, message } = day.kinds;
    expect(heartbeat.counts).toMatchObject({ rowsWritten: 0, alarmsSet: 0, rowsRead: 0, deliveries: 0 });
    expect(heartbeat.counts.socketMessages).toBe(12);
    expect(message.counts.rowsWritten).toBeGreaterThanOrEqual(15);
    expect(message.counts.deliveries).toBe(15);
    expect(Object.values(day.actions).every(({ times }) => times > 0)).toBe(true);
  });

  test("counts a message for what a station has counted that stays connected, no oftener than METRICS_SECONDS", () => {
    const handOvers = KINDS.reduce((sum, kind) => sum + day.kinds[kind].counts.handOvers, 0);
    expect(handOvers).toBeGreaterThanOrEqual(1);
    expect(handOvers).toBeLessThanOrEqual(2);
    expect(day.directory.counterRows).toBe(day.directory.counterWrites);
    expect(day.directory.counterWrites).toBeGreaterThanOrEqual(handOvers);
  });

  test("counts the end of a connection and the next one, and that the directory is told of both", () => {
    const { counts } = day.kinds.reconnect;
    expect(counts).toMatchObject({ workerRequests: 1, socketMessages: 1 });
    expect(counts.queueMessages).toBe(2);
    expect(counts.rowsWritten).toBeGreaterThanOrEqual(2);
    expect(day.directory.transitions).toBeGreaterThanOrEqual(2);
    expect(day.directory.rowsWritten).toBeGreaterThan(0);
  });

  test("can be kept, and the bill made from it fails where it is over what it may be", async () => {
    expect(readRun(JSON.stringify({ subscribed: day, alone: day })).subscribed).toEqual(day);
    const run = (...more: string[]) => cost(["--measured", file, ...more]);
    expect(await run("--stations", "10", "--max", "300")).toMatchObject({
      code: 0,
      out: expect.stringContaining("WITHIN: $5.00"),
    });
    expect(await run("--max", "1")).toMatchObject({ code: 1, out: expect.stringContaining("OVER: $") });
    expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining("of $300 a month") });
    expect((await run()).out).toMatch(/^Metrics, in it: \$\d/m);
    expect((await run()).out).toMatch(/^The series of the fleet .*, in it: \$0\.1\d/m);
    expect((await run("--stations", "10")).out).not.toMatch(/WITHIN|OVER/);
  });

  test("is refused where it is another's than was asked for, or none", async () => {
    const refused = await cost(["--measured", file, "--webhooks", "2"]);
    expect(refused).toMatchObject({ code: 2, complaint: expect.stringContaining("--webhooks 1") });
    writeFileSync(join(folder.dir, "other.json"), "{}");
    const none = await cost(["--measured", join(folder.dir, "other.json")]);
    expect(none).toMatchObject({ code: 2, complaint: expect.stringContaining("no measurement") });
  });
});

test("A CSMS on its own socket sets no alarm where it answers soon, keeps the object awake until then, and adds no row to a reconnect", async () => {
  const thinkMs = 50;
  const traffic = { heartbeats: 0, messages: 4, reconnects: 1, commands: 0 };
  const none = { cpuMessages: 0, cpuReconnects: 0, fillEvents: 0 };
  const { message, reconnect } = (await measure(1, traffic, none, { kind: "link", thinkMs })).kinds;
  expect(message.counts).toMatchObject({ socketMessages: 2 * 4, workerRequests: 0, rowsWritten: 4, alarmsSet: 0 });
  // A timer watches each that it was told.
  expect(message.counts.awakeMs).toBeGreaterThanOrEqual(4 * (thinkMs - 5));
  expect(reconnect.counts).toMatchObject({ rowsWritten: 3, socketMessages: 1 });
});
