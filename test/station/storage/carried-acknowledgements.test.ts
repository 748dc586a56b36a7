import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { BOOT_16, STATUS_16 } from "../../support/test-station.ts";

/** Acknowledged events that a crash may have sent once more. */
const CARRIED_MAX = 32;
const MESSAGES = 10;

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  receiver = await HttpPeer.start();
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "20" });
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);
const drained = (id: string) =>
  until("a drained outbox", async () => (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events === 0);

async function chatter(id: string) {
  const station = await kerbside.station(id);
  await station.call("BootNotification", BOOT_16);
  for (let count = 0; count < MESSAGES; count++) await station.call("StatusNotification", STATUS_16);
  await drained(id);
  return station;
}

test("An object that slept remembers what was acknowledged: nothing is sent again", async () => {
  const station = await chatter("SLEPT");
  const before = eventsFor("SLEPT").length;
  for (let count = 1; count <= 3; count++) {
    await kerbside.edge.evict("SLEPT");
    await station.call("StatusNotification", STATUS_16);
    await drained("SLEPT");
    expect(eventsFor("SLEPT")).toHaveLength(before + count);
  }
});

test("An object that lost its socket sends again what no row says is acknowledged, under the same ids, and loses nothing", async () => {
  await chatter("LOST");
  const before = eventsFor("LOST");
  await kerbside.edge.evict("LOST", { webSockets: "close" });
  const returned = await kerbside.station("LOST", { register: false });
  await returned.call("StatusNotification", STATUS_16);
  await drained("LOST");
  const after = eventsFor("LOST");
  const repeated = after.length - new Set(after.map(({ id }) => id)).size;
  expect(repeated).toBeLessThanOrEqual(CARRIED_MAX);
  const sequences = [...new Map(after.map(({ id, sequence }) => [id, Number(sequence)])).values()];
  expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
  // Lost, connected again, and one message.
  expect(sequences).toHaveLength(new Set(before.map(({ id }) => id)).size + 3);
});

test("A webhook that was removed is not owed its events again once the object slept", async () => {
  // Nobody listens there.
  await kerbside.api("PUT", "/v1/webhooks/dead", { url: "http://127.0.0.1:9/", secret: SECRET });
  const station = await kerbside.station("FREED");
  await station.call("BootNotification", BOOT_16);
  const queue = async () => (await kerbside.api("GET", "/v1/stations/FREED")).body.queue;
  await until("an event that waits for the dead webhook", async () => (await queue()).events > 0);
  await kerbside.api("DELETE", "/v1/webhooks/dead");
  await station.call("StatusNotification", STATUS_16);
  await drained("FREED");
  await kerbside.edge.evict("FREED");
  expect(await queue()).toMatchObject({ events: 0, deadLetters: 0 });
});
