import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16 } from "../support/test-station.ts";

const IDS = ["REPLAY-1", "REPLAY-2", "REPLAY-3"];

let kerbside: Kerbside;
const peers: HttpPeer[] = [];
beforeAll(async () => {
  // The longest wait there is: by itself nothing would be sent again during these tests.
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "3600000" });
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all(peers.map((peer) => peer.stop()));
});

async function webhook(name: string): Promise<HttpPeer> {
  const peer = await HttpPeer.start();
  peers.push(peer);
  const { status } = await kerbside.api("PUT", `/v1/webhooks/${name}`, { url: peer.url, secret: SECRET });
  expect(status).toBe(201);
  return peer;
}

const eventsAt = (peer: HttpPeer, id: string): TestEvent[] => eventsOf(peer).filter(({ subject }) => subject === id);
const hasLast = (peer: HttpPeer, id: string) => eventsAt(peer, id).at(-1)?.data.messageId === "last";
const waiting = async (id: string): Promise<number> =>
  (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events;

test("A replay sends at once what waits in a long backoff, of all stations in trouble, and of that webhook alone", async () => {
  const [failing, other, served] = [await webhook("failing"), await webhook("other"), await webhook("served")];
  failing.reply = other.reply = () => ({ status: 503 });
  const stations = await Promise.all(IDS.map((id) => kerbside.station(id)));
  for (const station of stations) await station.call("StatusNotification", STATUS_16, "last");
  // The one that works has all of it, whatever the others do.
  for (const id of IDS) await until(`the events of ${id}`, () => hasLast(served, id));
  for (const id of IDS) expect(await waiting(id)).toBeGreaterThan(0);
  const [atFailing, atOther] = [failing.requests.length, other.requests.length];
  expect(atFailing).toBe(IDS.length);

  failing.reply = other.reply = () => ({ status: 204 });
  expect((await kerbside.api("POST", "/v1/webhooks/failing/replay")).status).toBe(202);
  for (const id of IDS) await until(`the events of ${id} again`, () => hasLast(failing, id));
  for (const id of IDS) {
    expect(eventsAt(failing, id)).toEqual(eventsAt(served, id));
    const sequences = eventsAt(failing, id).map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
  }
  expect(other.requests).toHaveLength(atOther);

  expect((await kerbside.api("POST", "/v1/webhooks/other/replay")).status).toBe(202);
  for (const id of IDS) await until(`nothing to wait of ${id}`, async () => (await waiting(id)) === 0);
  for (const id of IDS) expect(eventsAt(other, id)).toEqual(eventsAt(served, id));
  for (const name of ["failing", "other", "served"]) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
});

test.each([
  ["has only begun", 0],
  ["is slow", 4_000],
])(
  "A replay sends at once what an attempt that hangs holds up, when it %s, and the old attempt counts for nothing",
  async (_, ms) => {
    const id = `STUCK-${ms}`;
    const peer = await webhook("stuck");
    const station = await kerbside.station(id);
    await until("the connection", () => eventsAt(peer, id).length === 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    peer.reply = () => ({ status: 500, after: promise });
    await station.call("StatusNotification", STATUS_16, "last");
    await until("the attempt", () => peer.requests.length > 1);
    const known = peer.requests.length;
    await new Promise((resolve) => setTimeout(resolve, ms));
    expect(peer.requests[known - 1]?.abandoned).toBe(false);
    peer.reply = () => ({});
    expect((await kerbside.api("POST", "/v1/webhooks/stuck/replay")).status).toBe(202);
    await until("another attempt", () => peer.requests.length > known, 10_000);
    expect(peer.requests[known]?.body).toBe(peer.requests[known - 1]?.body);
    await until("an empty queue", async () => (await waiting(id)) === 0);
    resolve();
    await station.call("StatusNotification", STATUS_16, "after");
    await until("what came after", () => eventsAt(peer, id).at(-1)?.data.messageId === "after");
    expect(peer.requests).toHaveLength(known + 2);
    await kerbside.api("DELETE", "/v1/webhooks/stuck");
  },
);

test("A webhook that is moved while an attempt hangs gets its events at the new address at once", async () => {
  const [old, next] = [await webhook("moving"), await HttpPeer.start()];
  peers.push(next);
  const station = await kerbside.station("MOVING");
  await until("the connection", () => eventsAt(old, "MOVING").length === 1);
  old.reply = () => "hang";
  await station.call("StatusNotification", STATUS_16, "last");
  await until("the attempt", () => old.requests.length === 2);
  await kerbside.api("PUT", "/v1/webhooks/moving", { url: next.url, secret: SECRET });
  await until("the event at the new address", () => hasLast(next, "MOVING"), 10_000);
  await kerbside.api("DELETE", "/v1/webhooks/moving");
});

test("A webhook that hangs holds up neither another one nor the station", async () => {
  const [hanging, served] = [await webhook("hanging"), await webhook("swift")];
  hanging.reply = () => "hang";
  const station = await kerbside.station("HELD-UP");
  for (let i = 0; i < 20; i++) expect((await station.call("StatusNotification", STATUS_16))[0]).toBe(3);
  await station.call("StatusNotification", STATUS_16, "last");
  await until("all events", () => hasLast(served, "HELD-UP"));
  expect(hanging.requests).toHaveLength(1);
});

test("A replay of an unknown webhook is 404", async () => {
  const { status, body } = await kerbside.api("POST", "/v1/webhooks/nobody/replay");
  expect([status, body.type]).toEqual([404, "/problems/webhook-not-found"]);
});
