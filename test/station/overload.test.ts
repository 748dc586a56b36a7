import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { expectRefusal } from "../support/problems.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

const CONNECTS_PER_STATION = 5;
/** As in src/ocpp/frame-rate.ts and src/station/storage/event-log.ts, said once more so that the code is not its own judge. */
const FRAME_BURST = 3_000;
const WARNINGS = 300;
const PERIODIC_MAX = 5_000;
const METER_16 = {
  connectorId: 1,
  meterValue: [{ timestamp: "2026-11-20T12:00:00Z", sampledValue: [{ value: "1" }] }],
};
const START_16 = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: "2026-11-20T12:00:00Z" };

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  // The longest wait there is: what is refused once stays refused until a replay.
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "3600000" }, { connectsPerStation: CONNECTS_PER_STATION });
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);
const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;

test("A station that floods is warned, then closed with 1008, and another one does not notice", async () => {
  const [flooding, calm] = [await kerbside.station("FLOOD"), await kerbside.station("CALM")];
  let served = 0;
  const serve = async () => {
    for (; flooding.socket.readyState === flooding.socket.OPEN; served++) {
      expect((await calm.call("Heartbeat"))[0]).toBe(3);
    }
  };
  const serving = serve();
  const isOpen = () => flooding.socket.readyState === flooding.socket.OPEN;
  // The bucket fills while it is emptied, so it takes some more than its size. Read in between: what a station has not read when the
  // connection ends, the close frame too, may go with it.
  for (let sent = 0; isOpen() && sent < 50_000; sent += 50) {
    for (let i = 0; i < 50; i++) flooding.send([2, `f${sent + i}`, "Heartbeat", {}]);
    await until("what is said to it", () => flooding.frames.length >= sent + 50 || !isOpen());
  }
  expect(await flooding.closed).toEqual({ code: 1008, reason: "too many messages" });
  await serving;
  expect(served).toBeGreaterThan(0);
  const answered = flooding.frames.filter(([type]) => type === 3);
  const warned = flooding.frames.filter(([type]) => type === 4);
  expect(answered.length).toBeGreaterThanOrEqual(FRAME_BURST);
  expect(warned).toHaveLength(WARNINGS);
  expect(warned[0]).toEqual([
    4,
    expect.stringMatching(/^f\d+$/),
    "InternalError",
    expect.stringContaining("slow down"),
    {},
  ]);
  const reported = () => eventsFor("FLOOD").filter(({ type }) => type === "ocpp.security");
  await until("the report", () => reported().length > 0);
  expect(reported().map(({ data }) => data.kind)).toEqual(["too-many-frames"]);
  const again = await kerbside.station("FLOOD");
  expect((await again.call("BootNotification", BOOT_16))[0]).toBe(3);
});

test("A station that connects too often gets 429, keeps the connection it has, and another one gets in", async () => {
  await kerbside.register("EAGER");
  const stations: TestStation[] = [];
  for (let i = 0; i < CONNECTS_PER_STATION; i++) {
    stations.push(await TestStation.connect(over(kerbside, "http", "EAGER")));
  }
  expectRefusal(await TestStation.refused(over(kerbside, "http", "EAGER")), "attempts");
  expect((await stations.at(-1)?.call("Heartbeat"))?.[0]).toBe(3);
  await kerbside.station("PATIENT");
  for (const station of stations) station.kill();
});

test("A backlog at its bound refuses MeterValues first, overwrites nothing, and arrives in order in the end", async () => {
  const id = "BACKLOG";
  await kerbside.register(id);
  receiver.reply = ({ body }) => (JSON.parse(body)[0].subject === id ? { status: 503 } : {});
  // Two connections: each may send its burst, since nothing is left of the one before where the object went in between.
  let acknowledged = 0;
  for (const count of [PERIODIC_MAX / 2, PERIODIC_MAX / 2]) {
    const station = await TestStation.connect(over(kerbside, "http", id));
    for (let i = 0; i < count; i++) station.send([2, `v${acknowledged + i}`, "MeterValues", METER_16]);
    await until("the answers", () => station.frames.length === count, 40_000);
    acknowledged += station.frames.filter(([type]) => type === 3).length;
    await station.close();
    await kerbside.edge.evict(id);
  }
  const station = await kerbside.station(id);
  const [type, , code, description] = await station.call("MeterValues", METER_16);
  expect([type, code]).toEqual([4, "InternalError"]);
  expect(description).toMatch(/^\d+ events are undelivered/);
  expect((await station.call("StatusNotification", STATUS_16, "status"))[0]).toBe(3);
  const [, , { transactionId }] = await station.call("StartTransaction", START_16, "start");
  const stop = { transactionId, meterStop: 1, timestamp: "2026-11-20T12:01:00Z" };
  expect((await station.call("StopTransaction", stop, "stop"))[0]).toBe(3);
  expect((await station.call("MeterValues", METER_16))[0]).toBe(4);
  const { queue } = await view(id);
  expect(queue.events).toBeGreaterThanOrEqual(PERIODIC_MAX);

  const delivered = receiver.requests.length;
  receiver.reply = () => ({});
  expect((await kerbside.api("POST", "/v1/webhooks/all/replay")).status).toBe(202);
  await until("the last event", async () => (await view(id)).queue.events === 0);
  expect((await station.call("MeterValues", METER_16))[0]).toBe(3);
  const batches = receiver.requests.slice(delivered).map(({ body }) => JSON.parse(body) as TestEvent[]);
  const events = batches.flat().filter(({ subject }) => subject === id);
  const sequences = events.slice(0, queue.events).map(({ sequence }) => sequence);
  expect(sequences).toEqual(Array.from({ length: queue.events }, (_, index) => index + 1));
  const kept = events.filter(({ data }) => data.action === "MeterValues" && data.messageId.startsWith("v"));
  expect(kept).toHaveLength(acknowledged);
  const calls = events.map(({ data }) => data.messageId);
  expect(calls.filter((messageId) => ["status", "start", "stop"].includes(messageId))).toEqual([
    "status",
    "start",
    "stop",
  ]);
}, 120_000);
