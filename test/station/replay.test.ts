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

const replayOf = async (name: string) => (await kerbside.api("GET", `/v1/webhooks/${name}/replay`)).body.replay;
const isOver = (name: string) => until("the replay to be over", async () => (await replayOf(name)).finishedAt !== null);
const stuckAt = async (name: string, query = "") =>
  (await kerbside.api("GET", `/v1/webhooks/${name}/stuck${query}`)).body;

test("What is stuck is told with its reason, of that webhook alone, page by page, and a replay says how far it has come", async () => {
  const [failing, other] = [await webhook("stuck-a"), await webhook("stuck-b")];
  const ids = ["WHY-1", "WHY-2", "WHY-3"];
  failing.reply = () => ({ status: 503 });
  const stations = await Promise.all(ids.map((id) => kerbside.station(id)));
  for (const station of stations) await station.call("StatusNotification", STATUS_16, "last");
  for (const id of ids) await until(`the other one's events of ${id}`, () => hasLast(other, id));
  await until("the directory to know it", async () => (await stuckAt("stuck-a")).stations.length === ids.length);
  const { stations: stuck, cursor } = await stuckAt("stuck-a");
  expect(stuck.map(({ stationId }: { stationId: string }) => stationId)).toEqual(ids);
  expect(stuck[0]).toMatchObject({ failures: 1, failure: "status 503", deadLetters: 0 });
  expect(stuck[0].events).toBeGreaterThan(1);
  expect(Date.parse(stuck[0].oldest)).toBeLessThanOrEqual(Date.now());
  expect(Date.parse(stuck[0].retryAt)).toBeGreaterThan(Date.now());
  expect(cursor).toBeNull();
  // Page by page; those that another webhook has in trouble are looked at, and not shown.
  const paged: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const page = await stuckAt("stuck-a", `?limit=2${next === "" ? "" : `&cursor=${next}`}`);
    expect(page.stations.length).toBeLessThanOrEqual(2);
    paged.push(...page.stations.map(({ stationId }: { stationId: string }) => stationId));
    next = page.cursor;
  }
  expect(paged).toEqual(ids);
  expect((await stuckAt("stuck-b")).stations).toEqual([]);
  expect(await replayOf("stuck-a")).toBeNull();

  failing.reply = () => ({ status: 204 });
  expect((await kerbside.api("POST", "/v1/webhooks/stuck-a/replay")).status).toBe(202);
  await isOver("stuck-a");
  const replay = await replayOf("stuck-a");
  expect(replay.since).toBeNull();
  expect(replay.stations.asked).toBeGreaterThanOrEqual(ids.length);
  for (const id of ids) await until(`the events of ${id}`, () => hasLast(failing, id));
  await until("nothing to be stuck", async () => (await stuckAt("stuck-a")).stations.length === 0);

  // Counted where a station hands over what it has counted.
  for (const station of stations) station.kill();
  const deliveries = async () => (await kerbside.api("GET", "/v1/webhooks/stuck-a/deliveries")).body;
  await until("deliveries to be counted", async () => {
    const { failed = 0, delivered = 0 } = (await deliveries()).outcomes;
    return failed >= ids.length && delivered >= ids.length;
  });
  const { outcomes, withinSeconds, totalSeconds } = await deliveries();
  expect(withinSeconds["+Inf"]).toBe(outcomes.failed + outcomes.delivered);
  expect(totalSeconds).toBeGreaterThanOrEqual(0);
  for (const name of ["stuck-a", "stuck-b"]) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
  await webhook("stuck-a");
  expect(await replayOf("stuck-a")).toBeNull();
  await kerbside.api("DELETE", "/v1/webhooks/stuck-a");
});

test("A replay from a time sends again what was delivered since, in order, to that webhook alone, whether or not the station is connected", async () => {
  // An object that waits for one that hangs does not sleep.
  const { webhooks } = (await kerbside.api("GET", "/v1/webhooks")).body;
  for (const { name } of webhooks) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
  const [again, other] = [await webhook("again"), await webhook("bystander")];
  const ids = ["SINCE-1", "SINCE-2"];
  const [one, two] = await Promise.all(ids.map((id) => kerbside.station(id)));
  for (const station of [one, two]) await station?.call("StatusNotification", STATUS_16, "before");
  const hasId = (peer: HttpPeer, id: string, messageId: string) =>
    eventsAt(peer, id).some(({ data }) => data.messageId === messageId);
  for (const id of ids) await until(`what came before of ${id}`, () => hasId(again, id, "before"));
  const before = eventsAt(again, "SINCE-1").find(({ data }) => data.messageId === "before");
  await until("another millisecond", () => Date.now() > Date.parse(String(before?.time)));
  const since = new Date().toISOString();
  for (const station of [one, two]) await station?.call("StatusNotification", STATUS_16, "last");
  two?.kill();
  for (const id of ids)
    await until(`what came last of ${id}`, () => hasId(again, id, "last") && hasId(other, id, "last"));
  await until("the end of a connection", () => eventsAt(again, "SINCE-2").at(-1)?.type === "ocpp.station.disconnected");
  await until("the bystander's", () => eventsAt(other, "SINCE-2").at(-1)?.type === "ocpp.station.disconnected");
  // As it is after a sleep: how far the webhook is rides with the socket.
  for (const id of ids) await kerbside.edge.evict(id);
  const [sent, seen] = [again.requests.length, other.requests.length];
  let delivered = sent;
  const sequencesSince = (id: string) =>
    again.requests
      .slice(delivered)
      .flatMap(({ body }) => JSON.parse(body) as TestEvent[])
      .filter(({ subject }) => subject === id)
      .map(({ sequence }) => sequence);
  const wanted = ids.map((id) =>
    eventsAt(again, id)
      .filter(({ time }) => time >= since)
      .map(({ sequence }) => sequence),
  );
  expect(wanted.every((sequences) => sequences.length > 0)).toBe(true);

  again.reply = () => ({ status: 503 });
  expect((await kerbside.api("POST", `/v1/webhooks/again/replay?since=${since}`)).status).toBe(202);
  await isOver("again");
  expect(await replayOf("again")).toMatchObject({ since });
  for (const id of ids) await until(`an attempt of ${id}`, async () => (await waiting(id)) > 0);
  await until("both attempts", () => again.requests.length >= sent + ids.length);
  // What is to be sent again is so after another sleep, whatever the socket knew of it.
  for (const id of ids) await kerbside.edge.evict(id);
  delivered = again.requests.length;
  again.reply = () => ({ status: 204 });
  expect((await kerbside.api("POST", "/v1/webhooks/again/replay")).status).toBe(202);
  for (const [index, id] of ids.entries())
    await until(`all of ${id} again`, () => sequencesSince(id).length >= (wanted[index]?.length ?? 0));
  await one?.call("StatusNotification", STATUS_16, "after");
  await until("what comes after", () => hasId(again, "SINCE-1", "after"));
  for (const id of ids) await until(`nothing to wait of ${id}`, async () => (await waiting(id)) === 0);
  expect(sequencesSince("SINCE-1").slice(0, -1)).toEqual(wanted[0]);
  expect(sequencesSince("SINCE-2")).toEqual(wanted[1]);
  const others = other.requests.slice(seen).flatMap(({ body }) => JSON.parse(body) as TestEvent[]);
  expect(others.filter(({ subject }) => ids.includes(subject)).map(({ data }) => data.messageId)).toEqual(["after"]);
  // Heeded once: by the next event nothing comes again.
  for (const name of ["again", "bystander"]) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
});

test("A replay from a time sends a webhook what is kept from before it was made, in order and once, whether or not the station is connected", async () => {
  const { webhooks } = (await kerbside.api("GET", "/v1/webhooks")).body;
  for (const { name } of webhooks) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
  const since = new Date(Date.now() - 3_600_000).toISOString();
  const [failing, served] = [await webhook("earlier"), await webhook("witness")];
  failing.reply = () => ({ status: 503 });
  const ids = ["MADE-LATER-1", "MADE-LATER-2", "MADE-LATER-3"];
  const [gone, idle, met] = await Promise.all(ids.map((id) => kerbside.station(id)));
  for (const station of [gone, idle, met]) await station?.call("StatusNotification", STATUS_16, "before");
  gone?.kill();
  await until("the end", () => eventsAt(served, "MADE-LATER-1").at(-1)?.type === "ocpp.station.disconnected");
  for (const id of ids.slice(1))
    await until(`the events of ${id}`, () => eventsAt(served, id).at(-1)?.data.messageId === "before");
  // To one station alone nothing is owed any more when the new one is made.
  await kerbside.api("DELETE", "/v1/webhooks/earlier");
  await met?.call("StatusNotification", STATUS_16, "between");
  await until("what came between", () => eventsAt(served, "MADE-LATER-3").at(-1)?.data.messageId === "between");
  for (const id of ids) await kerbside.edge.evict(id);

  const later = await webhook("later");
  await met?.call("StatusNotification", STATUS_16, "last");
  await until("what came since", () => hasLast(later, "MADE-LATER-3"));
  expect(eventsOf(later).map(({ subject }) => subject)).toEqual(["MADE-LATER-3"]);
  const sent = later.requests.length;
  expect((await kerbside.api("POST", `/v1/webhooks/later/replay?since=${since}`)).status).toBe(202);
  await isOver("later");
  const again = () => later.requests.slice(sent).flatMap(({ body }) => JSON.parse(body) as TestEvent[]);
  const againOf = (id: string) => again().filter(({ subject }) => subject === id);
  for (const id of ids) await until(`all of ${id}`, () => againOf(id).length >= eventsAt(served, id).length);
  for (const station of [idle, met]) await station?.call("StatusNotification", STATUS_16, "after");
  // Which of the two webhooks has it first is chance.
  for (const id of ids.slice(1))
    for (const events of [() => againOf(id), () => eventsAt(served, id)])
      await until(`what comes after of ${id}`, () => events().at(-1)?.data.messageId === "after");
  for (const id of ids) expect(againOf(id)).toEqual(eventsAt(served, id));
  for (const name of ["later", "witness"]) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
});

test("A replay of nobody's webhook, or from a time that is none, is refused", async () => {
  expect((await kerbside.api("POST", "/v1/webhooks/nobody/replay?since=2026-01-01")).status).toBe(404);
  expect((await kerbside.api("GET", "/v1/webhooks/nobody/stuck")).status).toBe(404);
  await webhook("timely");
  expect((await kerbside.api("POST", "/v1/webhooks/timely/replay?since=yesterday")).status).toBe(422);
  await kerbside.api("DELETE", "/v1/webhooks/timely");
});
