import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X, STATUS_16, type TestStation } from "../support/test-station.ts";

/** Events the log keeps once they are delivered: after it each new row takes the place of an old one. */
const RING_EVENTS = 200;
/** One message in so many writes a second row: how far deliveries are and what the status is. */
const STATUS_EVERY = 32;

let kerbside: Kerbside;
let subscribed: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  const entry = join(import.meta.dirname, "../support/counting-worker.js");
  receiver = await HttpPeer.start();
  [kerbside, subscribed] = await Promise.all([startKerbside({}, { entry }), startKerbside({}, { entry })]);
  await subscribed.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), subscribed?.stop()]);
  await receiver?.stop();
});

interface Cost {
  /** SQLite's own count, since the object woke, and the alarms it set, which are a row each. */
  written: number;
  alarms: number;
  read: number;
}

async function costOf(edge: Kerbside, id: string): Promise<Cost> {
  const { storage } = (await edge.api("GET", `/v1/stations/${id}`)).body;
  return { written: storage.rowsWritten, alarms: storage.alarmsSet, read: storage.rowsRead };
}

/** What some work costs, less what it costs to ask. */
async function spent(edge: Kerbside, id: string, work: () => Promise<unknown>): Promise<Cost> {
  await costOf(edge, id);
  const idle = await costOf(edge, id);
  const before = await costOf(edge, id);
  await work();
  const after = await costOf(edge, id);
  return {
    written: after.written - before.written,
    alarms: after.alarms - before.alarms,
    read: after.read - before.read - (before.read - idle.read),
  };
}

const status = (station: TestStation, messageId?: string) => station.call("StatusNotification", STATUS_16, messageId);
const drained = (id: string) =>
  until("a drained outbox", async () => {
    const { queue } = (await subscribed.api("GET", `/v1/stations/${id}`)).body;
    return queue.events === 0;
  });
async function fillRing(edge: Kerbside, station: TestStation, id: string): Promise<void> {
  for (let count = 0; count < RING_EVENTS + 50; count += 25) {
    for (let index = 0; index < 25; index++) {
      station.send([2, `fill-${count + index}`, "StatusNotification", STATUS_16]);
    }
    for (let answers = 0; answers < 25; answers++) expect((await station.next())[0]).toBe(3);
  }
  if (edge === subscribed) await drained(id);
  const { rows } = (await edge.api("GET", `/v1/stations/${id}`)).body.storage;
  expect(rows).toBeLessThan(RING_EVENTS + 100);
}

const EDGES: [string, () => Kerbside][] = [
  ["without a webhook", () => kerbside],
  ["with a webhook", () => subscribed],
];

describe.each(EDGES)("A Heartbeat, %s,", (name, edgeOf) => {
  const tag = name.replaceAll(" ", "-");

  test.each(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])("writes no row and sets no alarm in %s", async (protocol) => {
    const id = `HB-${tag}-${protocol}`;
    const station = await edgeOf().station(id, { protocols: [protocol] });
    await station.call("BootNotification", protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X);
    if (edgeOf() === subscribed) await drained(id);
    const cost = await spent(edgeOf(), id, async () => {
      for (let count = 0; count < 20; count++) expect((await station.call("Heartbeat"))[0]).toBe(3);
    });
    expect(cost).toEqual({ written: 0, alarms: 0, read: 0 });
  });

  test("writes no row and sets no alarm, though the object slept before each one", async () => {
    const id = `ASLEEP-${tag}`;
    const station = await edgeOf().station(id);
    await station.call("BootNotification", BOOT_16);
    if (edgeOf() === subscribed) await drained(id);
    for (let count = 0; count < 3; count++) {
      await edgeOf().edge.evict(id);
      await station.call("Heartbeat");
      const { written, alarms } = await costOf(edgeOf(), id);
      expect([written, alarms]).toEqual([0, 0]);
    }
  });

  test("writes no row once the log is full", async () => {
    const id = `FULL-${tag}`;
    const station = await edgeOf().station(id);
    await fillRing(edgeOf(), station, id);
    const cost = await spent(edgeOf(), id, () => station.call("Heartbeat"));
    expect(cost).toEqual({ written: 0, alarms: 0, read: 0 });
  });
});

describe("A StatusNotification without a webhook", () => {
  test.each([
    ["while the log fills", false],
    ["once the log is full", true],
  ])("writes one row and sets no alarm, %s", async (_, full) => {
    const id = full ? "ONE-FULL" : "ONE";
    const station = await kerbside.station(id);
    await station.call("BootNotification", BOOT_16);
    if (full) await fillRing(kerbside, station, id);
    let more = 0;
    let before = await costOf(kerbside, id);
    for (let count = 0; count < 2 * STATUS_EVERY; count++) {
      await status(station);
      const after = await costOf(kerbside, id);
      expect(after.alarms).toBe(before.alarms);
      expect([1, 2]).toContain(after.written - before.written);
      more += after.written - before.written - 1;
      before = after;
    }
    expect(more).toBeLessThanOrEqual(2);
  });

  test("writes one row also where the object slept before it", async () => {
    const station = await kerbside.station("ONE-ASLEEP");
    await fillRing(kerbside, station, "ONE-ASLEEP");
    for (let count = 0; count < 5; count++) {
      await kerbside.edge.evict("ONE-ASLEEP");
      await status(station);
      const { written, alarms, read } = await costOf(kerbside, "ONE-ASLEEP");
      expect(written).toBeLessThanOrEqual(2);
      expect(alarms).toBe(0);
      // To ask costs a scan; to wake costs the facts and what the status was not saved for.
      expect(read).toBeLessThan(2 * RING_EVENTS + 3 * STATUS_EVERY);
    }
  });
});

describe("A StatusNotification with a webhook", () => {
  test.each([
    ["while the log fills", false],
    ["once the log is full", true],
  ])("writes one row, its delivery now and then another, and sets no alarm, %s", async (_, full) => {
    const id = full ? "TWO-FULL" : "TWO";
    const station = await subscribed.station(id);
    await station.call("BootNotification", BOOT_16);
    if (full) await fillRing(subscribed, station, id);
    await drained(id);
    let more = 0;
    let before = await costOf(subscribed, id);
    for (let count = 0; count < 2 * STATUS_EVERY; count++) {
      await status(station);
      await drained(id);
      const after = await costOf(subscribed, id);
      expect(after.alarms).toBe(before.alarms);
      expect([1, 2]).toContain(after.written - before.written);
      more += after.written - before.written - 1;
      before = after;
    }
    expect(more).toBeGreaterThan(0);
    expect(more).toBeLessThanOrEqual(3);
  });

  test("shares the row of a batch with those that are drained with it", async () => {
    const station = await subscribed.station("BATCH");
    await status(station);
    await drained("BATCH");
    const known = () => receiver.requests.filter(({ body }) => body.includes('"BATCH"')).length;
    const before = known();
    let batches = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    receiver.reply = ({ body }) => (body.includes('"BATCH"') ? { status: 204, after: promise } : { status: 204 });
    const cost = await spent(subscribed, "BATCH", async () => {
      for (let count = 0; count < 50; count++) await status(station);
      receiver.reply = () => ({ status: 204 });
      resolve();
      await drained("BATCH");
      batches = known() - before;
    });
    expect(batches).toBeLessThan(10);
    expect(cost.written).toBeLessThanOrEqual(50 + batches);
    expect(cost.alarms).toBe(0);
  });
});

describe("Rows read", () => {
  test("do not grow with the log: a StatusNotification with its delivery reads no more of a full one", async () => {
    const station = await subscribed.station("READS");
    await status(station);
    await drained("READS");
    const delivered = (messageId: string) =>
      until("the delivery", () => receiver.requests.some(({ body }) => body.includes(messageId)));
    const measure = async (name: string) => {
      const reads: number[] = [];
      for (let count = 0; count < 5; count++) {
        const messageId = `read-${name}-${count}`;
        const { read } = await spent(subscribed, "READS", async () => {
          await status(station, messageId);
          await delivered(messageId);
        });
        reads.push(read);
        await drained("READS");
      }
      return Math.max(...reads);
    };
    const early = await measure("early");
    await fillRing(subscribed, station, "READS");
    expect(await measure("late")).toBeLessThanOrEqual(early + 5);
    expect(early).toBeLessThan(20);
  });
});

describe("A connection", () => {
  test("writes one row, and its end another", async () => {
    await kerbside.register("ROW");
    const station = await kerbside.station("ROW");
    expect(await costOf(kerbside, "ROW")).toMatchObject({ alarms: 0 });
    const ended = await spent(kerbside, "ROW", async () => {
      station.close();
      await until("the end", async () => !(await kerbside.api("GET", "/v1/stations/ROW")).body.online);
    });
    expect(ended).toMatchObject({ written: 1, alarms: 0 });
    const connected = await spent(kerbside, "ROW", () => kerbside.station("ROW"));
    // To register it anew writes nothing.
    expect(connected).toMatchObject({ written: 1, alarms: 0 });
  });

  test("of a station that never booted sets an alarm once something is heard of it, and once only", async () => {
    const station = await kerbside.station("UNBOOTED");
    const heard = await spent(kerbside, "UNBOOTED", async () => {
      for (let count = 0; count < 5; count++) await station.call("Heartbeat");
    });
    expect(heard).toMatchObject({ written: 0, alarms: 1 });
    const day = 24 * 3_600_000;
    const { alarmAt } = (await kerbside.api("GET", "/v1/stations/UNBOOTED")).body.storage;
    expect(alarmAt).toBeGreaterThan(Date.now() + day - 60_000);
    expect(alarmAt).toBeLessThanOrEqual(Date.now() + day);
  });
});

test("A command that a backend waits for writes three rows and sets no alarm; the first one a row more", async () => {
  const station = await kerbside.station("COMMANDED");
  await station.call("BootNotification", BOOT_16);
  for (const written of [4, 3, 3]) {
    const cost = await spent(kerbside, "COMMANDED", async () => {
      const asked = kerbside.command("COMMANDED", "ClearCache");
      const [, messageId] = await station.next();
      station.send([3, messageId, { status: "Accepted" }]);
      expect((await asked).status).toBe(200);
    });
    expect(cost).toMatchObject({ written, alarms: 0 });
  }
});

test("The alarms that are counted here are those that are set: a message sets one, an unanswered delivery another", async () => {
  const station = await subscribed.station("COUNTED");
  await status(station);
  await drained("COUNTED");
  const { alarms, written } = await costOf(subscribed, "COUNTED");
  expect(alarms).toBeGreaterThan(0);
  expect(written).toBeGreaterThan(0);
  receiver.reply = ({ body }) => ({ status: body.includes('"COUNTED"') ? 500 : 204 });
  await status(station);
  await until("the next alarm", async () => (await costOf(subscribed, "COUNTED")).alarms > alarms);
});
