import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16 } from "../support/test-station.ts";

/** ms from a start to the first look at stations; the default is meant for fleets. */
const LOOK_AFTER_MS = 300;
const entry = join(import.meta.dirname, "../support/ringing-worker.js");

/** Looks at its stations after a start, as every local edge does. */
let kerbside: Kerbside;
/** Does not, as the real edge. */
let unlooking: Kerbside;
let receiver: HttpPeer;
const folder = temporaryFolder();
beforeAll(async () => {
  receiver = await HttpPeer.start();
  [kerbside, unlooking] = await Promise.all([
    startKerbside({ WEBHOOK_RETRY_BASE_MS: "3600000" }, { entry, dir: folder.dir, lookAfterMs: LOOK_AFTER_MS }),
    startKerbside({ WEBHOOK_RETRY_BASE_MS: "3600000" }, { entry, lookAfterMs: 3_600_000 }),
  ]);
  for (const edge of [kerbside, unlooking]) {
    await edge.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
  }
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), unlooking?.stop()]);
  await receiver?.stop();
  folder.remove();
});
beforeEach(() => {
  receiver.reply = () => ({ status: 204 });
});

const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);
const has = (id: string, messageId: string) => eventsFor(id).some(({ data }) => data.messageId === messageId);
/** Events of batches that were answered. */
const hangs = (id: string) => {
  receiver.reply = ({ body }) => (body.includes(id) ? "hang" : { status: 204 });
};
const listed = (edge: Kerbside, id: string, online: boolean) =>
  until(`${id} listed`, async () => {
    const { body } = await edge.api("GET", `/v1/stations?q=${id}&online=${online}`);
    return body.stations?.length === 1;
  });

/** By SIGKILL; another one takes its place. */
async function crash({ edge, api }: Kerbside): Promise<void> {
  const pid = edge.workerdPid();
  if (pid === undefined) throw new Error("there is no workerd");
  process.kill(pid, "SIGKILL");
  await until("another workerd", async () => {
    const isUp = (await api("GET", "/healthz").catch(() => null))?.status === 200;
    return isUp && edge.workerdPid() !== undefined && edge.workerdPid() !== pid;
  });
}

test("After a crash a station that does not come back is found lost, and what it was told is kept is delivered", async () => {
  const station = await kerbside.station("AWAY");
  await listed(kerbside, "AWAY", true);
  hangs("AWAY");
  await station.call("StatusNotification", STATUS_16, "kept-away");
  await until("the attempt", () => receiver.requests.some(({ body }) => body.includes("kept-away")));
  const before = receiver.requests.length;
  await crash(kerbside);
  receiver.reply = () => ({ status: 204 });
  await until("what a crash took", () =>
    receiver.requests.slice(before).some(({ body }) => body.includes("kept-away")),
  );
  await until("its end", () => eventsFor("AWAY").at(-1)?.data.reason === "lost");
  await listed(kerbside, "AWAY", false);
});

test("After a crash a replay also reaches a station that the directory does not know to be in trouble", async () => {
  const station = await unlooking.station("UNKNOWN-TROUBLE");
  await listed(unlooking, "UNKNOWN-TROUBLE", true);
  hangs("UNKNOWN-TROUBLE");
  await station.call("StatusNotification", STATUS_16, "kept-unknown");
  await until("the attempt", () => receiver.requests.some(({ body }) => body.includes("kept-unknown")));
  await crash(unlooking);
  receiver.reply = () => ({ status: 204 });
  const before = receiver.requests.length;
  expect((await unlooking.api("POST", "/v1/webhooks/all/replay")).status).toBe(202);
  await until("the event", () => receiver.requests.slice(before).some(({ body }) => body.includes("kept-unknown")));
  expect(has("UNKNOWN-TROUBLE", "kept-unknown")).toBe(true);
});

test("A delivery that is not over soon is looked after by an alarm, and one that is costs none", async () => {
  const alarmIn = async (id: string) =>
    (await unlooking.api("GET", `/test/storage?station=${id}`)).body.alarmAt - Date.now();
  const station = await unlooking.station("SLOW");
  await station.call("StatusNotification", STATUS_16);
  await until("the delivery", () => eventsFor("SLOW").length >= 2);
  // The look for a silent socket, a day ahead.
  expect(await alarmIn("SLOW")).toBeGreaterThan(3_600_000);
  hangs("SLOW");
  await station.call("StatusNotification", STATUS_16, "slow");
  await until("an alarm within a minute or so", async () => (await alarmIn("SLOW")) < 61_000);
});

test("A crash in the middle of a farewell loses no sequence, and the alarm finishes it", async () => {
  const station = await kerbside.station("CUT-OFF");
  await station.call("StatusNotification", STATUS_16, "old");
  hangs("CUT-OFF");
  await station.call("StatusNotification", STATUS_16, "last");
  expect((await kerbside.api("DELETE", "/v1/stations/CUT-OFF")).status).toBe(204);
  expect((await kerbside.api("GET", "/test/storage?station=CUT-OFF")).body.facts).toContain("ended");
  await crash(kerbside);
  receiver.reply = () => ({ status: 204 });
  expect((await kerbside.api("GET", "/v1/stations/CUT-OFF")).status).toBe(404);
  const heir = await kerbside.station("CUT-OFF");
  await heir.call("StatusNotification", STATUS_16, "heir");
  await until("the new event", () => has("CUT-OFF", "heir"));
  await kerbside.api("GET", "/test/ring?station=CUT-OFF");
  await until("the last event", () => eventsFor("CUT-OFF").some(({ data }) => data.reason === "deregistered"));
  await until("its end", async () => {
    const { facts } = (await kerbside.api("GET", "/test/storage?station=CUT-OFF")).body;
    return !facts.includes("ended");
  });
  expect((await kerbside.api("GET", "/v1/stations/CUT-OFF")).body).toMatchObject({
    online: true,
    queue: { events: 0 },
  });
  const old = eventsFor("CUT-OFF").find(({ data }) => data.reason === "deregistered");
  const fresh = eventsFor("CUT-OFF").find(({ data }) => data.messageId === "heir");
  expect(fresh.sequence).toBeGreaterThan(old.sequence);
  // Of the old log nothing is left.
  const { sequences } = (await kerbside.api("GET", "/test/storage?station=CUT-OFF")).body;
  expect(Math.min(...sequences)).toBeGreaterThan(old.sequence);
});

test("A farewell that a crash held up makes no later registration start behind it alone, after another crash", async () => {
  const id = "HELD-UP";
  const registered = async (messageId: string) => {
    const station = await kerbside.station(id);
    await station.call("StatusNotification", STATUS_16, messageId);
    return station;
  };
  await registered("first");
  hangs(id);
  await kerbside.api("DELETE", `/v1/stations/${id}`);
  await crash(kerbside);
  receiver.reply = () => ({ status: 204 });
  for (const messageId of ["second", "third"]) {
    await registered(messageId);
    await until("its event", () => has(id, messageId));
    expect((await kerbside.api("DELETE", `/v1/stations/${id}`)).status).toBe(204);
  }
  const ends = () => eventsFor(id).filter(({ data }) => data.reason === "deregistered");
  await until("their ends", () => ends().length >= 2);
  await crash(kerbside);
  await registered("fourth");
  await until("its event", () => has(id, "fourth"));
  const fourth = eventsFor(id).find(({ data }) => data.messageId === "fourth");
  expect(fourth.sequence).toBeGreaterThan(Math.max(...ends().map(({ sequence }) => sequence)));
});

test("A crash in the middle of a farewell that nobody registers after leaves nothing, once the alarm was there", async () => {
  const station = await kerbside.station("GONE-FOR-GOOD");
  hangs("GONE-FOR-GOOD");
  await station.call("StatusNotification", STATUS_16);
  await kerbside.api("DELETE", "/v1/stations/GONE-FOR-GOOD");
  await crash(kerbside);
  receiver.reply = () => ({ status: 204 });
  const { facts, alarmAt } = (await kerbside.api("GET", "/test/storage?station=GONE-FOR-GOOD")).body;
  expect(facts).toContain("ended");
  expect(alarmAt).toBeLessThan(Date.now() + 61_000);
  const empty = { tables: [], facts: [], sequences: [], alarmAt: null };
  await until("an empty storage", async () => {
    const { body } = await kerbside.api("GET", "/test/ring?station=GONE-FOR-GOOD");
    return body.tables.length === 0;
  });
  expect((await kerbside.api("GET", "/test/storage?station=GONE-FOR-GOOD")).body).toEqual(empty);
});

test("A message whose row cannot take the place of an old one is not acknowledged, and its repetition is", async () => {
  const station = await unlooking.station("LOST-ROW");
  for (let count = 0; count < 220; count++) await station.call("StatusNotification", STATUS_16);
  await until(
    "a drained outbox",
    async () => (await unlooking.api("GET", "/v1/stations/LOST-ROW")).body.queue.events === 0,
  );
  await station.call("StatusNotification", STATUS_16, "in-place-of-another");
  await until("its delivery", () => has("LOST-ROW", "in-place-of-another"));
  await unlooking.api("GET", "/test/lose-oldest?station=LOST-ROW");
  expect((await station.call("StatusNotification", STATUS_16, "not-kept")).slice(0, 3)).toEqual([
    4,
    "not-kept",
    "InternalError",
  ]);
  expect((await station.call("Heartbeat", {}, "after-it"))[1]).toBe("after-it");
  expect((await station.call("StatusNotification", STATUS_16, "not-kept"))[0]).toBe(3);
  await until("the event", () => has("LOST-ROW", "not-kept"));
});

test("After a crash a webhook is given nothing that it did not want before it changed its types, behind what it wanted since", async () => {
  const turned = await HttpPeer.start();
  const put = (types: string[]) =>
    unlooking.api("PUT", "/v1/webhooks/turning", { url: turned.url, secret: SECRET, types });
  await put(["ocpp.station.disconnected"]);
  const station = await unlooking.station("TURNING");
  await station.call("StatusNotification", STATUS_16, "unwanted");
  await until("what it did not want", () => has("TURNING", "unwanted"));
  await put([]);
  await station.call("StatusNotification", STATUS_16, "wanted");
  const given = () => eventsOf(turned).filter(({ subject }) => subject === "TURNING");
  await until("what it wants", () => given().some(({ data }) => data.messageId === "wanted"));
  await crash(unlooking);
  await unlooking.station("TURNING");
  await until("what came since", () => given().some(({ data }) => data.reason === "lost"));
  expect(given().filter(({ data }) => data.messageId === "unwanted")).toEqual([]);
  await unlooking.api("DELETE", "/v1/webhooks/turning");
  await turned.stop();
});
