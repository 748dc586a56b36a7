import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, HttpPeer, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, type TestStation } from "../support/test-station.ts";

/** Events that may wait for one webhook, and those of them that are kept for a replay once they were given up. */
const BOUND = 100;
const KEPT = 10;
/** Events the log keeps once they are delivered. */
const RING = 200;
const START_16 = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: "2026-11-20T12:00:00Z" };
const METER_16 = {
  connectorId: 1,
  meterValue: [{ timestamp: "2026-11-20T12:00:00Z", sampledValue: [{ value: "1" }] }],
};

let kerbside: Kerbside;
const peers: HttpPeer[] = [];
const lines: { message: string; stationId?: string }[] = [];
beforeAll(async () => {
  kerbside = await startKerbside(
    // The longest wait there is: what fails once fails until a replay.
    { WEBHOOK_RETRY_BASE_MS: "3600000", WEBHOOK_BACKLOG_MAX: String(BOUND) },
    { connectsPerStation: 100_000, log: (line) => line.startsWith("{") && lines.push(JSON.parse(line)) },
  );
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all(peers.map((peer) => peer.stop()));
});

async function webhook(name: string, reply: Reply): Promise<HttpPeer> {
  const peer = await HttpPeer.start();
  peers.push(peer);
  peer.reply = () => reply;
  const { status } = await kerbside.api("PUT", `/v1/webhooks/${name}`, { url: peer.url, secret: SECRET });
  expect(status).toBe(201);
  return peer;
}
const remove = (name: string) => kerbside.api("DELETE", `/v1/webhooks/${name}`);
const deadLetters = async () => {
  const { body } = await kerbside.api("GET", "/metrics");
  return Number(/^kerbside_dead_letters\{security_profile="0"\} (\d+)$/m.exec(body)?.[1]);
};
const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
const said = (message: string, id: string) =>
  lines.filter((line) => line.stationId === id && line.message.includes(message));
const idsOf = (events: TestEvent[]) => events.map(({ data }) => data.messageId).filter((id) => id !== undefined);

/** Sends so many, some at once, so that who takes them can follow; each is answered as accepted. */
async function report(
  station: TestStation,
  name: string,
  count: number,
  action = "StatusNotification",
  peer?: HttpPeer,
): Promise<void> {
  const payload = action === "StatusNotification" ? STATUS_16 : METER_16;
  for (let sent = 0; sent < count; ) {
    const upTo = Math.min(count, sent + BOUND / 4);
    for (let index = sent; index < upTo; index++) station.send([2, `${name}-${index}`, action, payload]);
    for (; sent < upTo; sent++) expect(await station.next()).toEqual([3, `${name}-${sent}`, {}]);
    // One that takes its events, and is a whole backlog late, would be a reason to refuse some.
    const last = `"${name}-${upTo - 1}"`;
    if (peer !== undefined) await until("its delivery", () => peer.requests.at(-1)?.body.includes(last));
  }
}

async function transaction(station: TestStation, name: string): Promise<void> {
  const timestamp = new Date(Date.parse(START_16.timestamp) + lines.length * 1_000 + Math.random() * 1e9).toISOString();
  const start = await station.call("StartTransaction", { ...START_16, timestamp }, `start-${name}`);
  expect(start[0]).toBe(3);
  const stop = { transactionId: start[2].transactionId, meterStop: 1, timestamp };
  expect((await station.call("StopTransaction", stop, `stop-${name}`))[0]).toBe(3);
}

test("A dead webhook beside a live one refuses a station nothing, loses its oldest events that are no transaction's, and says so", async () => {
  const id = "BESIDE";
  const [dead, live] = [await webhook("dead", { status: 503 }), await webhook("live", {})];
  const station = await kerbside.station(id);
  await transaction(station, "first");
  await report(station, "a", 150, "StatusNotification", live);
  await transaction(station, "second");
  await kerbside.edge.evict(id);
  await report(station, "b", 150, "MeterValues", live);
  expect((await station.call("BootNotification", BOOT_16, "boot"))[0]).toBe(3);
  await until("all of it at the live one", () => eventsOf(live).at(-1)?.data.messageId === "boot");
  expect(eventsOf(live)).toHaveLength(306);

  const { queue, storage } = await view(id);
  expect(queue.events).toBeLessThanOrEqual(BOUND);
  expect(queue.events).toBeGreaterThan(BOUND * 0.8);
  expect(queue.events + queue.deadLetters).toBe(306);
  expect(storage.rows).toBeLessThan(2 * RING + 20);
  expect(said("backlog is full", id)).toHaveLength(1);
  expect(said("no webhook takes", id)).toEqual([]);

  await until("the fleet's figure", async () => (await deadLetters()) === queue.deadLetters);
  dead.reply = () => ({});
  const failed = dead.requests.length;
  expect((await kerbside.api("POST", "/v1/webhooks/dead/replay")).status).toBe(202);
  await until("the rest", async () => (await view(id)).queue.events === 0);
  const late = dead.requests.slice(failed).flatMap(({ body }) => JSON.parse(body) as TestEvent[]);
  const sequences = late.map(({ sequence }) => sequence);
  expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
  expect(idsOf(late).slice(0, 4)).toEqual(["start-first", "stop-first", "start-second", "stop-second"]);
  expect(idsOf(late).at(-1)).toBe("boot");
  // What waited, and the newest of what was given up.
  expect(late.length).toBeGreaterThanOrEqual(queue.events);
  expect(late.length).toBeLessThanOrEqual(queue.events + KEPT);
  expect(late.length).toBeGreaterThan(queue.events);
  expect((await view(id)).queue).toMatchObject({ events: 0, deadLetters: 0 });
  await until("the fleet's figure", async () => (await deadLetters()) === 0);
  await report(station, "c", 5);
  await until("what is new", () => idsOf(eventsOf(dead)).at(-1) === "c-4");
  await report(station, "d", 2 * RING, "StatusNotification", live);
  await until("a ring of its old size", async () => (await view(id)).storage.rows < 2 * RING + 20);
  await Promise.all([remove("dead"), remove("live")]);
});

test("A station is refused only while no webhook takes its events, meter values first, its boot never, and is told why", async () => {
  const id = "ALONE";
  const dead = await webhook("alone", { status: 500 });
  const station = await kerbside.station(id);
  await report(station, "m", BOUND / 2 - 1, "MeterValues");
  // A receiver that is only slow is no reason to refuse anything.
  await until("its failure to be known", async () => {
    const { body } = await kerbside.api("GET", "/metrics");
    return /^kerbside_stations_undelivered\{[^}]*\} [1-9]/m.test(body);
  });
  const refused = [4, "InternalError", expect.stringMatching(/^\d+ events are undelivered; try again later$/)];
  const call = async (action: string, payload: unknown, messageId?: string) => {
    const [type, , ...rest] = await station.call(action, payload, messageId);
    return [type, ...rest.slice(0, 2)];
  };
  expect(await call("MeterValues", METER_16)).toEqual(refused);
  await report(station, "s", 30);
  expect(await call("StatusNotification", STATUS_16)).toEqual(refused);
  expect(await call("Authorize", { idTag: "04A1" })).toEqual(refused);
  for (let index = 0; index < 10; index++) await transaction(station, String(index));
  expect(await call("StartTransaction", START_16)).toEqual(refused);
  expect((await call("BootNotification", BOOT_16))[0]).toBe(3);
  expect((await call("Heartbeat", {}))[0]).toBe(3);
  expect(said("its messages are refused", id)).toHaveLength(1);

  const live = await webhook("another", {});
  // The list of webhooks is read where events are delivered.
  await kerbside.api("POST", "/v1/webhooks/alone/replay");
  await until("the other's first look", async () => (await call("MeterValues", METER_16))[0] === 3);
  await report(station, "more", BOUND, "StatusNotification", live);
  await until("all of it", () => idsOf(eventsOf(live)).at(-1) === `more-${BOUND - 1}`);
  expect(dead.requests.length).toBeGreaterThan(0);
  await Promise.all([remove("alone"), remove("another")]);
});

test("A station that comes and goes beside a dead webhook does not grow its log", async () => {
  const id = "FLAPPING";
  await webhook("gone", "reset");
  await kerbside.register(id);
  for (let count = 0; count < 2 * BOUND; count++) {
    const station = await kerbside.station(id, { register: false });
    station.kill();
    await station.closed;
  }
  const { queue, storage } = await view(id);
  expect(queue.events).toBeLessThanOrEqual(BOUND);
  expect(storage.rows).toBeLessThanOrEqual(RING + 20);
  expect(queue.deadLetters).toBeGreaterThan(2 * BOUND);
  await remove("gone");
});
