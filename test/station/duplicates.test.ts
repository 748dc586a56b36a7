import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, type Received, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

/** Days late, as from a queue; a fixed date would one day be years late, and no station's clock. */
const DAY = new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10);
const NEXT_DAY = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);
const START = { connectorId: 1, idTag: "04A1", meterStart: 100, timestamp: `${DAY}T12:00:00.000Z` };
const stopOf = (transactionId: number) => ({ transactionId, meterStop: 200, timestamp: `${DAY}T13:00:00.000Z` });
const transactionEvent = (seqNo: number, eventType = "Updated", more = {}) => ({
  eventType,
  timestamp: `${DAY}T12:00:00.000Z`,
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
    if (action === "DataTransfer") return { body: { payload: { status: "Accepted", data: `${asked}` } } };
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

const booting =
  (reply: (received: Received) => Reply) =>
  (received: Received): Reply =>
    JSON.parse(received.body).action === "BootNotification"
      ? { body: { payload: { currentTime: "2026-11-20T12:00:00Z", interval: 60, status: "Accepted" } } }
      : reply(received);

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
  ["another time", { ...START, timestamp: `${DAY}T12:00:01.000Z` }],
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

test("A repetition is one though its keys come in another order, its spaces differ and its numbers are written otherwise", async () => {
  const station = await kerbside.station("REWRITTEN");
  const [, , first] = await station.call("StartTransaction", START, "a");
  for (const messageId of ["a", "b"]) {
    const payload = String.raw`{ "timestamp":"${DAY}T13:00:00+01:00",
      "meterStart" : 1.00e2,"idTag":"\u00304A1","connectorId":1.0 }`;
    station.send(`[2,"${messageId}", "StartTransaction",${payload}]`);
    expect(await station.next()).toEqual([3, messageId, first]);
  }
  expect((await callsOf("REWRITTEN", station)).map(({ data }) => data.messageId)).toEqual(["a"]);
  expect(asked).toBe(1);
});

describe("A station whose clock was never set", () => {
  const stopAt = (transactionId: number, meterStop: number, timestamp: string) => ({
    transactionId,
    meterStop,
    timestamp,
  });

  test.each([
    ["1970", "1970-01-01T00:00:00Z", "new ids"],
    ["0001", "0001-01-01T00:00:00.000Z", "new ids"],
    ["1970", "1970-01-01T00:00:00Z", "one id for all"],
  ])(
    "and says %s: what starts at meter 0 each time is a transaction each time (%s%s)",
    async (year, timestamp, ids) => {
      const id = `CLOCKLESS-${year}-${ids.length}`;
      const station = await kerbside.station(id);
      let count = 0;
      const idOf = () => (ids === "new ids" ? `m${++count}` : "m");
      const start = { ...START, meterStart: 0, timestamp };
      const [, , one] = await station.call("StartTransaction", start, idOf());
      expect((await station.call("StopTransaction", stopAt(one.transactionId, 100, timestamp), idOf()))[0]).toBe(3);
      const [, , two] = await station.call("StartTransaction", start, idOf());
      expect((await station.call("StopTransaction", stopAt(two.transactionId, 300, timestamp), idOf()))[0]).toBe(3);
      expect(two.transactionId).not.toBe(one.transactionId);
      expect((await callsOf(id, station)).map(({ data }) => [data.action, data.payload.meterStop])).toEqual([
        ["StartTransaction", undefined],
        ["StopTransaction", 100],
        ["StartTransaction", undefined],
        ["StopTransaction", 300],
      ]);
    },
  );

  test.each(RETURNS)("and asks again under a new id %s has started one transaction", async (how, back) => {
    const id = `CLOCKLESS-${RETURNS.findIndex(([name]) => name === how)}`;
    const station = await kerbside.station(id);
    const start = { ...START, timestamp: "1970-01-01T00:00:00Z" };
    const [, , first] = await station.call("StartTransaction", start, "a");
    const returned = await back(id, station);
    expect(await returned.call("StartTransaction", start, "b")).toEqual([3, "b", first]);
    expect((await callsOf(id, returned)).map(({ data }) => data.messageId)).toEqual(["a"]);
    expect(asked).toBe(1);
  });

  test("and lost its power in a transaction starts another one; what it had ended is ended once", async () => {
    const station = await kerbside.station("CLOCKLESS-BOOT");
    csms.reply = booting(csms.reply);
    const start = { ...START, timestamp: "1970-01-01T00:00:00Z" };
    const [, , one] = await station.call("StartTransaction", start, "a");
    const stopped = stopAt(one.transactionId, 5, start.timestamp);
    await station.call("StopTransaction", stopped, "b");
    const [, , two] = await station.call("StartTransaction", start, "c");
    await untilAtRest("CLOCKLESS-BOOT");
    await kerbside.edge.evict("CLOCKLESS-BOOT");
    await station.call("BootNotification", BOOT_16, "boot");
    expect((await station.call("StopTransaction", stopped, "d"))[0]).toBe(3);
    const [, , three] = await station.call("StartTransaction", start, "e");
    expect(new Set([one, two, three].map(({ transactionId }) => transactionId)).size).toBe(3);
    const events = await callsOf("CLOCKLESS-BOOT", station);
    expect(events.map(({ data }) => data.messageId)).toEqual(["a", "b", "c", "boot", "e"]);
  });
});

describe("A station whose clock sticks at a date that could be right", () => {
  /** Whom the CSMS lets in changes. */
  const deciding = (): { block: () => void } => {
    const { reply } = csms;
    let status = "Accepted";
    csms.reply = booting((received) => {
      reply(received);
      const { action } = JSON.parse(received.body);
      if (action === "TransactionEvent") return { body: { payload: { idTokenInfo: { status } } } };
      return { body: { payload: { transactionId: asked, idTagInfo: { status } } } };
    });
    return {
      block: () => {
        status = "Blocked";
      },
    };
  };
  const DAYS_AGO = new Date(Date.now() - 5 * 86_400_000).toISOString();

  test.each([
    ["2011", "2011-01-01T00:00:00Z"],
    ["2020", "2020-01-01T00:00:00Z"],
    ["2036", "2036-02-07T06:28:16Z"],
    ["2099", "2099-12-31T23:59:59Z"],
    ["9999", "9999-12-31T23:59:59Z"],
    ["days ago", DAYS_AGO],
  ])("(%s) has a driver who is blocked by now refused, after an end and after a boot", async (when, timestamp) => {
    const id = `STUCK-${when.slice(0, 4)}`;
    const station = await kerbside.station(id);
    const decided = deciding();
    const start = { ...START, meterStart: 0, timestamp };
    const [, , one] = await station.call("StartTransaction", start, "a");
    // Not kept from the station: it asks again.
    expect((await station.call("StartTransaction", start, "b"))[2]).toEqual(one);
    const { transactionId } = one;
    await station.call("StopTransaction", { transactionId, meterStop: 5, timestamp }, "c");
    decided.block();
    expect((await station.call("StartTransaction", start, "d"))[2].idTagInfo.status).toBe("Blocked");
    await station.call("BootNotification", BOOT_16, "boot");
    expect((await station.call("StartTransaction", start, "e"))[2].idTagInfo.status).toBe("Blocked");
    const events = await callsOf(id, station);
    expect(events.map(({ data }) => data.messageId)).toEqual(["a", "c", "d", "boot", "e"]);
  });

  test("and whose 2.x counters restart has each of its transactions asked for and kept", async () => {
    const station = await kerbside.station("STUCK-2X", { protocols: ["ocpp2.0.1"] });
    const decided = deciding();
    const event = (seqNo: number, eventType: string, more = {}) =>
      station.call("TransactionEvent", transactionEvent(seqNo, eventType, { timestamp: DAYS_AGO, ...more }));
    const idToken = { idToken: "04A1", type: "ISO14443" };
    expect((await event(0, "Started", { idToken }))[2].idTokenInfo.status).toBe("Accepted");
    await event(1, "Updated");
    await event(2, "Ended");
    decided.block();
    expect((await event(0, "Started", { idToken }))[2].idTokenInfo.status).toBe("Blocked");
    await event(1, "Updated");
    await event(2, "Ended");
    const status = { timestamp: DAYS_AGO, connectorStatus: "Available", evseId: 1, connectorId: 1 };
    await station.call("StatusNotification", status, "last");
    const events = () => eventsOf(receiver).filter(({ subject }) => subject === "STUCK-2X");
    await until("the last event", () => events().at(-1)?.data.messageId === "last");
    expect(events().map(({ data }) => data.payload.seqNo)).toEqual([0, 1, 2, 0, 1, 2, undefined]);
  });
});

test("A queue that is replayed after a reboot is recognised, message by message", async () => {
  const station = await kerbside.station("REPLAY");
  csms.reply = booting(csms.reply);
  const queue: [string, unknown][] = [];
  for (const hour of [12, 14, 16]) {
    const start = { ...START, timestamp: `${DAY}T${hour}:00:00.000Z` };
    const [, , { transactionId }] = await station.call("StartTransaction", start, `start-${hour}`);
    const stop = { transactionId, meterStop: 200, timestamp: `${DAY}T${hour + 1}:00:00.000Z` };
    await station.call("StopTransaction", stop, `stop-${hour}`);
    queue.push(["StartTransaction", start], ["StopTransaction", stop]);
  }
  await untilAtRest("REPLAY");
  await kerbside.edge.evict("REPLAY");
  await station.call("BootNotification", BOOT_16, "boot");
  const before = asked;
  for (const [index, [action, payload]] of queue.entries()) {
    expect((await station.call(action, payload, `again-${index}`))[0]).toBe(3);
  }
  expect(asked).toBe(before);
  expect(await callsOf("REPLAY", station)).toHaveLength(7);
});

describe("A station whose line breaks while the CSMS decides", () => {
  const DATA = { vendorId: "org.example", data: "x" };
  /** Lets the CSMS think until the test has done what it wants done meanwhile. */
  const thinking = () => {
    const { reply } = csms;
    const { promise, resolve } = Promise.withResolvers<void>();
    csms.reply = (received) => ({ ...(reply(received) as object), after: promise });
    return resolve;
  };
  const ask = async (id: string, action: string, payload: unknown) => {
    const station = await kerbside.station(id);
    station.send([2, "first", action, payload]);
    await until("the question", () => asked === 1);
    station.kill();
    return kerbside.station(id, { register: false });
  };

  test.each([
    ["a StartTransaction", "StartTransaction", START, "first"],
    ["a StartTransaction under a new id", "StartTransaction", START, "second"],
    ["an Authorize", "Authorize", { idTag: "04A1" }, "first"],
    ["an Authorize under a new id", "Authorize", { idTag: "04A1" }, "second"],
    ["a DataTransfer", "DataTransfer", DATA, "first"],
  ])("and repeats %s has it asked once, and gets that answer", async (what, action, payload, messageId) => {
    const id = `BREAK-${what.length}`;
    const decide = thinking();
    const returned = await ask(id, action, payload);
    returned.send([2, messageId, action, payload]);
    // Refused at once: the edge has read what came before it.
    expect((await returned.call("NoSuchAction"))[2]).toBe("NotImplemented");
    decide();
    const [type, answered, answer] = await returned.next();
    expect([type, answered]).toEqual([3, messageId]);
    expect(asked).toBe(1);
    const events = await callsOf(id, returned);
    expect(events.map(({ data }) => data.answer)).toEqual([answer]);
  });

  test.each([
    ["a StartTransaction", "StartTransaction", START, "second"],
    ["a DataTransfer", "DataTransfer", DATA, "first"],
  ])(
    "and comes back when it has decided on %s gets that answer from the log",
    async (what, action, payload, messageId) => {
      const id = `LATE-${what.length}`;
      const decide = thinking();
      const returned = await ask(id, action, payload);
      returned.kill();
      decide();
      const kept = await until("the event", () => eventsOf(receiver).find(({ subject }) => subject === id));
      expect(kept.data).toMatchObject({ action, messageId: "first", answeredBy: "csms" });
      await untilAtRest(id);
      await kerbside.edge.evict(id);
      const again = await kerbside.station(id, { register: false });
      expect(await again.call(action, payload, messageId)).toEqual([3, messageId, kept.data.answer]);
      expect(await callsOf(id, again)).toHaveLength(1);
      expect(asked).toBe(1);
    },
  );

  test("and that is deregistered meanwhile: the answer belongs to nobody, and the same message is a new one", async () => {
    const decide = thinking();
    const station = await kerbside.station("GONE");
    station.send([2, "first", "StartTransaction", START]);
    await until("the question", () => asked === 1);
    expect((await kerbside.api("DELETE", "/v1/stations/GONE")).status).toBe(204);
    const anew = await kerbside.station("GONE");
    anew.send([2, "first", "StartTransaction", START]);
    await until("a question of its own", () => asked === 2);
    decide();
    expect((await anew.next())[2].transactionId).toBe(2);
    const events = await callsOf("GONE", anew);
    expect(events.map(({ data }) => data.answer.transactionId)).toEqual([2]);
  });
});

describe("A TransactionEvent", () => {
  const connect = async (id: string) => kerbside.station(id, { protocols: ["ocpp2.0.1"] });
  const end = async (id: string, station: TestStation) => {
    const status = { timestamp: `${DAY}T12:00:00Z`, connectorStatus: "Available", evseId: 1, connectorId: 1 };
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
    ["on another day", { timestamp: `${NEXT_DAY}T12:00:00.000Z` }],
    ["at another EVSE", { evse: { id: 2 } }],
    ["for another driver", { idToken: { idToken: "BLOCKED", type: "ISO14443" } }],
  ])(
    "of a counter that restarted, %s, is a new one: the CSMS is asked, and what it says counts",
    async (when, other) => {
      const id = `RESTARTED-${when.length}`;
      const station = await connect(id);
      const { reply } = csms;
      const started = transactionEvent(0, "Started", {
        evse: { id: 1 },
        idToken: { idToken: "04A1", type: "ISO14443" },
      });
      csms.reply = (received) => {
        reply(received);
        const isFirst = JSON.stringify(JSON.parse(received.body).payload) === JSON.stringify(started);
        return { body: { payload: { idTokenInfo: { status: isFirst ? "Accepted" : "Blocked" } } } };
      };
      const [, , first] = await station.call("TransactionEvent", started, "a");
      expect(first.idTokenInfo.status).toBe("Accepted");
      const [, , second] = await station.call("TransactionEvent", { ...started, ...other }, "b");
      expect(second.idTokenInfo.status).toBe("Blocked");
      expect(await end(id, station)).toEqual(["a", "b"]);
      expect(asked).toBe(2);
    },
  );

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
