import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, type TestStation } from "../support/test-station.ts";

/** Days late, as from a queue; a fixed date would one day be years late, and no station's clock. */
const DAY = new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10);

const RING_EVENTS = 200;
const HOUR = 3_600_000;
const DATA = { vendorId: "org.example", data: "x" };

/** Has a CSMS, and a clock that can be set. */
let kerbside: Kerbside;
/** Has none, and counts the rows it reads. */
let counting: Kerbside;
let csms: HttpPeer;
let receiver: HttpPeer;
let asked: string[] = [];
const entry = (name: string) => ({ entry: join(import.meta.dirname, `../support/${name}-worker.js`) });
beforeAll(async () => {
  [csms, receiver] = await Promise.all([HttpPeer.start(), HttpPeer.start()]);
  [kerbside, counting] = await Promise.all([
    startKerbside({ CSMS_URL: csms.url }, entry("ringing")),
    startKerbside({}, entry("counting")),
  ]);
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET, types: ["ocpp.call"] });
});
beforeEach(() => {
  asked = [];
  csms.reply = ({ body }) => {
    const { action, messageId } = JSON.parse(body);
    asked.push(messageId);
    const answers: Record<string, unknown> = {
      Authorize: { idTagInfo: { status: "Accepted" } },
      StartTransaction: { idTagInfo: { status: "Accepted" }, transactionId: asked.length },
    };
    return { body: { payload: answers[action] ?? { status: "Accepted", data: `${asked.length}` } } };
  };
});
const setClock = (aheadMs: number) => kerbside.api("GET", `/test/clock?aheadMs=${aheadMs}&station=CLOCK`);
afterEach(() => setClock(0));
afterAll(async () => {
  await Promise.all([kerbside?.stop(), counting?.stop()]);
  await Promise.all([csms?.stop(), receiver?.stop()]);
});

const untilAtRest = (edge: Kerbside, id: string) =>
  until("nothing to be under way", async () => (await edge.api("GET", `/v1/stations/${id}`)).body.queue.events === 0);

describe("An answer is given again under its messageId", () => {
  const WAYS: [string, (id: string, station: TestStation) => Promise<TestStation>][] = [
    ["on the same connection", async (_, station) => station],
    ["on the next connection", async (id) => kerbside.station(id, { register: false })],
    [
      "after the object slept",
      async (id, station) => {
        await untilAtRest(kerbside, id);
        await kerbside.edge.evict(id);
        return station;
      },
    ],
  ];
  test.each(WAYS)("at once, and not an hour later, be the clock set ahead or back: %s", async (way, back) => {
    const id = `AGAIN-${WAYS.findIndex(([name]) => name === way)}`;
    const station = await kerbside.station(id);
    const first = await station.call("DataTransfer", DATA, "d");
    const returned = await back(id, station);
    expect(await returned.call("DataTransfer", DATA, "d")).toEqual(first);
    expect(asked).toEqual(["d"]);
    for (const aheadMs of [HOUR, -HOUR]) {
      await setClock(aheadMs);
      const later = await returned.call("DataTransfer", DATA, "d");
      expect([later[0], later[2].data]).toEqual([3, `${asked.length}`]);
    }
    expect(asked).toEqual(["d", "d", "d"]);
  });

  test("is never an Authorize's, and a StartTransaction's also a day later, by its content", async () => {
    const station = await kerbside.station("AGAIN-START");
    const start = { connectorId: 1, idTag: "A", meterStart: 0, timestamp: `${DAY}T12:00:00Z` };
    const first = await station.call("StartTransaction", start, "s");
    await station.call("Authorize", { idTag: "A" }, "a");
    await station.call("Authorize", { idTag: "A" }, "a");
    await setClock(24 * HOUR);
    expect(await station.call("StartTransaction", start, "s")).toEqual(first);
    expect(asked).toEqual(["s", "a", "a"]);
  });
});

test("A repetition is found also where an older release wrote the row", async () => {
  const station = await kerbside.station("OLD-ROWS");
  const start = { connectorId: 1, idTag: "A", meterStart: 0, timestamp: `${DAY}T12:00:00Z` };
  const [, , first] = await station.call("StartTransaction", start, "s");
  await station.call("StatusNotification", STATUS_16);
  await untilAtRest(kerbside, "OLD-ROWS");
  await kerbside.api("GET", "/test/lose-keys?station=OLD-ROWS");
  await kerbside.edge.evict("OLD-ROWS");
  expect(await station.call("StartTransaction", start, "t")).toEqual([3, "t", first]);
  expect(asked).toEqual(["s"]);
});

test("A CALL whose row cannot be written is not acknowledged, and those behind it have their turn", async () => {
  const id = "LOST-ROW";
  // Those of another clock cannot be verified by this one.
  receiver.requests.length = 0;
  const station = await kerbside.station(id);
  for (let count = 0; count < RING_EVENTS + 20; count++) await station.call("StatusNotification", STATUS_16);
  await untilAtRest(kerbside, id);
  // The oldest row is known from now on: it is the one whose place is taken.
  await station.call("StatusNotification", STATUS_16, "in-place-of-another");
  await untilAtRest(kerbside, id);
  const { reply } = csms;
  const { promise, resolve } = Promise.withResolvers<void>();
  csms.reply = (received) => ({ ...(reply(received) as object), after: promise });
  station.send([2, "not-kept", "DataTransfer", DATA]);
  await until("the question", () => asked.length === 1);
  station.send([2, "behind", "DataTransfer", { ...DATA, data: "y" }]);
  expect((await station.call("NoSuchAction"))[2]).toBe("NotImplemented");
  await kerbside.api("GET", `/test/lose-oldest?station=${id}`);
  resolve();
  expect((await station.next()).slice(0, 3)).toEqual([4, "not-kept", "InternalError"]);
  expect((await station.next()).slice(0, 2)).toEqual([3, "behind"]);
  expect((await station.call("DataTransfer", DATA, "not-kept"))[0]).toBe(3);
  expect(asked).toEqual(["not-kept", "behind", "not-kept"]);
  const ids = () =>
    eventsOf(receiver)
      .filter(({ subject }) => subject === id)
      .map(({ data }) => data.messageId);
  await until("the events", () => ids().slice(-2).join() === "behind,not-kept");
});

test("To look for a repetition reads the log once a wake, if a message asks for it, and then one row and those behind it", async () => {
  const id = "READS";
  const station = await counting.station(id);
  const startOf = (minute: number) => ({
    connectorId: 1,
    idTag: "A",
    meterStart: minute,
    timestamp: new Date(Date.parse(`${DAY}T12:00:00Z`) + minute * 60_000).toISOString(),
  });
  for (let count = 0; count < RING_EVENTS + 20; count++) {
    if (count % 10 === 0) await station.call("StartTransaction", startOf(count / 10));
    else await station.call("StatusNotification", STATUS_16);
  }
  await counting.edge.evict(id);
  const readNow = async () => (await counting.api("GET", `/v1/stations/${id}`)).body.storage.rowsRead as number;
  await readNow();
  const toAsk = -(await readNow()) + (await readNow());
  const readBy = async (work: () => Promise<unknown>) => {
    const before = await readNow();
    await work();
    return (await readNow()) - before - toAsk;
  };
  expect(await readBy(() => station.call("StatusNotification", STATUS_16))).toBeLessThan(5);
  const first = await readBy(() => station.call("StartTransaction", startOf(50)));
  expect(first).toBeGreaterThan(RING_EVENTS / 2);
  expect(first).toBeLessThan(2 * RING_EVENTS);
  for (let minute = 51; minute < 55; minute++) {
    expect(await readBy(() => station.call("StartTransaction", startOf(minute)))).toBeLessThan(5);
  }
  // The two behind it may tell that the clock stood still.
  expect(await readBy(() => station.call("StartTransaction", startOf(52), "again"))).toBeLessThan(5 + 2);
});
