import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

const START = { connectorId: 1, idTag: "04A1", meterStart: 100, timestamp: "2026-11-20T12:00:00.000Z" };
const stopOf = (transactionId: number) => ({ transactionId, meterStop: 200, timestamp: "2026-11-20T13:00:00.000Z" });
const transactionEvent = (seqNo: number, eventType = "Updated", more = {}) => ({
  eventType,
  timestamp: "2026-11-20T12:00:00.000Z",
  triggerReason: "MeterValuePeriodic",
  seqNo,
  transactionInfo: { transactionId: "T1" },
  ...more,
});

let kerbside: Kerbside;
let csms: HttpPeer;
let receiver: HttpPeer;
/** A CSMS that numbers every question anew: a second one would show. */
let asked = 0;
beforeAll(async () => {
  [csms, receiver] = await Promise.all([HttpPeer.start(), HttpPeer.start()]);
  kerbside = await startKerbside({ CSMS_URL: csms.url, WEBHOOK_RETRY_BASE_MS: "10" });
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET, types: ["ocpp.call"] });
});
beforeEach(() => {
  asked = 0;
  csms.reply = ({ body }) => {
    const { action } = JSON.parse(body);
    asked++;
    if (action === "TransactionEvent") return { body: { payload: { totalCost: asked } } };
    const idTagInfo = { status: "Accepted" };
    return { body: { payload: action === "StartTransaction" ? { idTagInfo, transactionId: asked } : { idTagInfo } } };
  };
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all([csms?.stop(), receiver?.stop()]);
});

/** The CALLs of a station that the backend got, once its last one is there: events are in order. */
async function callsOf(id: string, station: TestStation): Promise<TestEvent[]> {
  await station.call("StatusNotification", STATUS_16, "last").catch(() => {});
  const events = () => eventsOf(receiver).filter(({ subject }) => subject === id);
  await until(`the last event of ${id}`, () => events().at(-1)?.data.messageId === "last");
  return events().slice(0, -1);
}

/** An eviction waits for a delivery under way. */
const untilAtRest = (id: string) =>
  until("nothing to be under way", async () => {
    return (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events === 0;
  });

const RETURNS: [string, (id: string, old: TestStation) => Promise<TestStation>][] = [
  ["on the same connection", async (_, old) => old],
  [
    "after a reconnect",
    async (id, old) => {
      old.kill();
      return kerbside.station(id, { register: false });
    },
  ],
  [
    "after the object slept",
    async (id, old) => {
      await untilAtRest(id);
      await kerbside.edge.evict(id);
      return old;
    },
  ],
  [
    "after the object was moved",
    async (id, old) => {
      await untilAtRest(id);
      await kerbside.edge.evict(id, { webSockets: "close" });
      await old.closed;
      return kerbside.station(id, { register: false });
    },
  ],
];

describe.each(RETURNS)("A station that repeats a StartTransaction %s", (how, back) => {
  test.each([
    ["the same id", "start"],
    ["a new id", "start-again"],
  ])("under %s gets the same transactionId, and the backend sees one event", async (_, messageId) => {
    const id = `REPEAT-${RETURNS.findIndex(([name]) => name === how)}-${messageId}`;
    const station = await kerbside.station(id);
    const [, , first] = await station.call("StartTransaction", START, "start");
    const returned = await back(id, station);
    expect(await returned.call("StartTransaction", START, messageId)).toEqual([3, messageId, first]);
    const events = await callsOf(id, returned);
    expect(events.map(({ data }) => [data.messageId, data.answer])).toEqual([["start", first]]);
    expect(asked).toBe(1);
  });
});

test("A repeated StopTransaction is one event, also where a new transaction has begun in between", async () => {
  const station = await kerbside.station("STOPPED");
  const [, , { transactionId }] = await station.call("StartTransaction", START, "a");
  const [, , stopped] = await station.call("StopTransaction", stopOf(transactionId), "b");
  await station.call("StartTransaction", { ...START, meterStart: 200 }, "c");
  expect(await station.call("StopTransaction", stopOf(transactionId), "d")).toEqual([3, "d", stopped]);
  const events = await callsOf("STOPPED", station);
  expect(events.map(({ data }) => data.messageId)).toEqual(["a", "b", "c"]);
});

test.each([
  ["another meter", { ...START, meterStart: 101 }],
  ["another time", { ...START, timestamp: "2026-11-20T12:00:01.000Z" }],
  ["another connector", { ...START, connectorId: 2 }],
])("A StartTransaction with %s is a new one, with a transactionId and an event of its own", async (what, other) => {
  const id = `NEW-${what.length}`;
  const station = await kerbside.station(id);
  const [, , first] = await station.call("StartTransaction", START, "one");
  const [, , second] = await station.call("StartTransaction", other, "two");
  expect(second.transactionId).not.toBe(first.transactionId);
  expect((await callsOf(id, station)).map(({ data }) => data.messageId)).toEqual(["one", "two"]);
});

test("The same transaction of another station is new", async () => {
  const [one, other] = [await kerbside.station("MINE"), await kerbside.station("YOURS")];
  const [, , first] = await one.call("StartTransaction", START, "start");
  const [, , second] = await other.call("StartTransaction", START, "start");
  expect(second.transactionId).not.toBe(first.transactionId);
  expect(await callsOf("YOURS", other)).toHaveLength(1);
});

test("A StartTransaction that the CSMS failed is asked anew, and that one is the event", async () => {
  const station = await kerbside.station("FAILED");
  const { reply } = csms;
  csms.reply = () => ({ status: 500 });
  expect((await station.call("StartTransaction", START, "first"))[0]).toBe(4);
  csms.reply = () => ({ body: { error: { code: "InternalError", description: "no" } } });
  expect((await station.call("StartTransaction", START, "second"))[0]).toBe(4);
  csms.reply = reply;
  const [type, , { transactionId }] = await station.call("StartTransaction", START, "third");
  expect(type).toBe(3);
  const kept = (await callsOf("FAILED", station)).filter(({ data }) => data.answer.error === undefined);
  expect(kept.map(({ data }) => [data.messageId, data.answer.transactionId])).toEqual([["third", transactionId]]);
});

test("A station that comes back while the CSMS still thinks gets one answer, and the backend one event", async () => {
  const station = await kerbside.station("IMPATIENT");
  const { reply } = csms;
  csms.reply = (received) => ({ ...(reply(received) as object), delayMs: 300 });
  station.send([2, "start", "StartTransaction", START]);
  await until("the question", () => asked === 1);
  station.kill();
  const returned = await kerbside.station("IMPATIENT", { register: false });
  const [, , { transactionId }] = await returned.call("StartTransaction", START, "start");
  const events = await callsOf("IMPATIENT", returned);
  expect(events.map(({ data }) => data.answer.transactionId)).toEqual([transactionId]);
});

describe("A TransactionEvent", () => {
  const connect = async (id: string) => kerbside.station(id, { protocols: ["ocpp2.0.1"] });
  const end = async (id: string, station: TestStation) => {
    const status = { timestamp: "2026-11-20T12:00:00Z", connectorStatus: "Available", evseId: 1, connectorId: 1 };
    await station.call("StatusNotification", status, "last");
    const events = () => eventsOf(receiver).filter(({ subject }) => subject === id);
    await until(`the last event of ${id}`, () => events().at(-1)?.data.messageId === "last");
    return events()
      .slice(0, -1)
      .map(({ data }) => data.messageId);
  };

  test("of a seqNo that was acknowledged is a repetition, whatever its id, also after a reconnect", async () => {
    const station = await connect("SEQ");
    const idToken = { idToken: "04A1", type: "ISO14443" };
    const started = transactionEvent(0, "Started", { idToken });
    const [, , first] = await station.call("TransactionEvent", started, "a");
    await station.call("TransactionEvent", transactionEvent(1), "b");
    station.kill();
    const returned = await TestStation.connect(over(kerbside, "http", "SEQ", { protocols: ["ocpp2.0.1"] }));
    expect(await returned.call("TransactionEvent", { ...started, offline: true }, "c")).toEqual([3, "c", first]);
    expect((await returned.call("TransactionEvent", transactionEvent(1), "d"))[0]).toBe(3);
    expect((await returned.call("TransactionEvent", transactionEvent(2), "e"))[0]).toBe(3);
    expect(await end("SEQ", returned)).toEqual(["a", "b", "e"]);
    expect(asked).toBe(1);
  });

  test.each([
    ["seqNo", transactionEvent(2)],
    ["transaction", transactionEvent(1, "Updated", { transactionInfo: { transactionId: "T2" } })],
  ])("of another %s is new", async (what, other) => {
    const id = `SEQ-${what}`;
    const station = await connect(id);
    await station.call("TransactionEvent", transactionEvent(1), "a");
    await station.call("TransactionEvent", other, "b");
    expect(await end(id, station)).toEqual(["a", "b"]);
  });
});
