import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, type TestStation } from "../support/test-station.ts";

/** ms; shorter than a receiver has to answer: what hangs hangs still when what must not wait for it is there. */
const SOON_MS = 10_000;

let kerbside: Kerbside;
let receiver: HttpPeer;
let csms: HttpPeer;
beforeAll(async () => {
  [receiver, csms] = await Promise.all([HttpPeer.start(), HttpPeer.start()]);
  csms.reply = () => ({ body: { payload: { idTagInfo: { status: "Accepted" } } } });
  const entry = join(import.meta.dirname, "../support/limits-worker.js");
  kerbside = await startKerbside({ CSMS_URL: csms.url }, { entry });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
  await csms?.stop();
});

const names: string[] = [];
async function subscribe(name: string, path: string): Promise<void> {
  names.push(name);
  const { status } = await kerbside.api("PUT", `/v1/webhooks/${name}`, {
    url: `${receiver.url}${path}`,
    secret: SECRET,
  });
  expect(status).toBe(201);
}
afterEach(async () => {
  receiver.reply = () => ({});
  for (const of of ["registry", "directory", "queue", "disk"]) await fault(of, false);
  for (const name of names.splice(0)) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
});

const seen = async () => (await kerbside.api("GET", "/test/seen")).body;
const forget = () => kerbside.api("GET", "/test/forget");
const fault = (of: string, on: boolean) => kerbside.api("GET", `/test/fault?of=${of}&on=${on}`);
const status = (station: TestStation, messageId: string) => station.call("StatusNotification", STATUS_16, messageId);
const got = (path: string, what: string) =>
  receiver.requests.some((request) => request.path.includes(path) && request.body.includes(what));

describe("Of the six connections that an object has", () => {
  test("six webhooks that hang leave some to the other four and to the CSMS", async () => {
    receiver.reply = ({ path }) => (path.includes("hangs") ? "hang" : {});
    for (let index = 0; index < 6; index++) await subscribe(`hangs-${index}`, `hangs-${index}`);
    for (let index = 0; index < 4; index++) await subscribe(`takes-${index}`, `takes-${index}`);
    const station = await kerbside.station("HELD-UP");
    await forget();
    expect((await status(station, "first"))[0]).toBe(3);
    const good = () => [0, 1, 2, 3].every((index) => got(`takes-${index}`, '"first"'));
    await until("what the others take", good, SOON_MS);
    expect(await station.call("Authorize", { idTag: "04A1" })).toEqual([
      3,
      expect.anything(),
      { idTagInfo: { status: "Accepted" } },
    ]);
    await status(station, "second");
    const next = () => [0, 1, 2, 3].every((index) => got(`takes-${index}`, '"second"'));
    await until("the next of it", next, SOON_MS);
    const { waited, connectionsMost } = await seen();
    expect(waited).toBe(0);
    // Three deliveries, the CSMS.
    expect(connectionsMost).toBeLessThanOrEqual(4);
  });
});

describe("A registry of webhooks that is overloaded", () => {
  test("is served from the old list, and asked by one station for all", async () => {
    await subscribe("all", "all");
    const stations = await Promise.all(Array.from({ length: 20 }, (_, index) => kerbside.station(`OLD-LIST-${index}`)));
    for (const station of stations) await station.call("Heartbeat");
    await status(stations[0] as TestStation, "before");
    await until("a list that is known", () => got("all", '"before"'));
    await fault("registry", true);
    // As where it is half a minute old.
    await kerbside.api("POST", "/v1/webhooks/all/replay");
    await forget();
    await Promise.all(stations.map((station, index) => status(station, `during-${index}`)));
    const all = () => stations.every((_, index) => got("all", `"during-${index}"`));
    await until("all events", all);
    expect((await seen()).registryAsks).toBeLessThanOrEqual(3);
  });
});

describe("A registry of webhooks that is away when an edge begins", () => {
  const entry = join(import.meta.dirname, "../support/limits-worker.js");
  const folder = temporaryFolder();
  let after: Kerbside;
  beforeAll(async () => {
    const before = await startKerbside({}, { entry, dir: folder.dir });
    const webhook = { url: `${receiver.url}kept`, secret: SECRET };
    expect((await before.api("PUT", "/v1/webhooks/kept", webhook)).status).toBe(201);
    await before.register("LAST-WORDS");
    const { status } = await before.command("LAST-WORDS", "Reset", { type: "Soft" }, { expiresInSeconds: 600 });
    expect(status).toBe(202);
    await before.stop();
    after = await startKerbside({}, { entry, dir: folder.dir });
    await away(true);
  });
  afterAll(async () => {
    await after?.stop();
    folder.remove();
  });
  const away = (on: boolean) => after.api("GET", `/test/fault?of=registry-away&on=${on}`);
  const setClock = (aheadMs: number) => after.api("GET", `/test/clock?aheadMs=${aheadMs}`);
  const told = (id: string) =>
    eventsOf(receiver)
      .filter(({ subject }) => subject === id)
      .map(({ type, data }) => `${type} ${data.state ?? data.messageId ?? ""}`.trim());

  test("is waited for: by the last events of a station that is deregistered, and by all of one that is registered", async () => {
    expect((await after.api("DELETE", "/v1/stations/LAST-WORDS")).status).toBe(204);
    await until("a question", async () => (await after.api("GET", "/test/seen")).body.registryAsks > 0);
    const next = await after.station("LAST-WORDS");
    expect((await status(next, "next"))[0]).toBe(3);
    // What it says is of before the webhook was made, by the clock.
    await setClock(-3_600_000);
    const fresh = await after.station("FRESH");
    expect((await status(fresh, "behind"))[0]).toBe(3);
    await away(false);
    // Not while the registry is away: what seems to have waited for an hour is asked for again in minutes.
    await setClock(0);
    await until("the events of both", () => told("FRESH").length > 1 && told("LAST-WORDS").length > 2);
    expect(told("FRESH")).toEqual(["ocpp.station.connected", "ocpp.call behind"]);
    expect(told("LAST-WORDS")).toEqual([
      "ocpp.command.completed cancelled",
      "ocpp.station.connected",
      "ocpp.call next",
    ]);
  });
});

const listed = async (query: string): Promise<string[]> =>
  (await kerbside.api("GET", `/v1/stations?${query}&limit=200`)).body.stations.map(
    ({ stationId }: { stationId: string }) => stationId,
  );
const ring = (id: string) => kerbside.api("GET", `/test/ring?station=${id}`);

describe("The directory", () => {
  test("is told again by the alarm what the queue did not take, and once", async () => {
    await kerbside.register("UNSAID");
    await fault("queue", true);
    await kerbside.station("UNSAID", { register: false });
    const alarm = async () => (await kerbside.api("GET", "/test/alarm?station=UNSAID")).body.alarmAt;
    await until("an alarm within the minute", async () => ((await alarm()) ?? Infinity) <= Date.now() + 60_000);
    // While it is away still, and asleep meanwhile.
    await ring("UNSAID");
    await kerbside.edge.evict("UNSAID");
    await fault("queue", false);
    expect(await listed("online=true&q=UNSAID")).toEqual([]);
    await ring("UNSAID");
    await until("the station in the list", async () => (await listed("online=true&q=UNSAID")).length === 1);
    const { storage } = (await kerbside.api("GET", "/v1/stations/UNSAID")).body;
    await ring("UNSAID");
    expect((await kerbside.api("GET", "/v1/stations/UNSAID")).body.storage.rows).toBe(storage.rows);
  });

  test("that is out of reach for longer than a hundred attempts would take without waits is told all the same", async () => {
    await kerbside.register("OUTAGE");
    await fault("directory", true);
    await kerbside.station("OUTAGE", { register: false });
    // At once eleven attempts take some 100 ms each.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await fault("directory", false);
    await until("the station in the list", async () => (await listed("online=true&q=OUTAGE")).length === 1);
  });

  test("is told by every station how it stands when they are asked to say it again", async () => {
    const ids = Array.from({ length: 5 }, (_, index) => `AGAIN-${index}`);
    for (const id of ids) await kerbside.station(id);
    await until("all in the list", async () => (await listed("online=true&q=AGAIN-")).length === ids.length);
    await kerbside.api("GET", "/test/garble");
    expect(await listed("online=true&q=AGAIN-")).toEqual([]);
    await kerbside.api("GET", "/test/say-again");
    await until("all in the list again", async () => (await listed("online=true&q=AGAIN-")).length === ids.length);
  });

  test("is mended by the daily look where it has a station otherwise, or one that is not registered", async () => {
    const ids = Array.from({ length: 5 }, (_, index) => `DAILY-${index}`);
    for (const id of ids) await kerbside.station(id);
    await until("all in the list", async () => (await listed("online=true&q=DAILY-")).length === ids.length);
    await kerbside.edge.evict("DAILY-1");
    await kerbside.api("GET", "/test/ghost");
    await kerbside.api("GET", "/test/garble");
    expect(await listed("q=GHOST")).toEqual(["GHOST"]);
    await kerbside.api("GET", "/test/a-day-on");
    expect(await listed("online=true&q=DAILY-")).toEqual(ids);
    expect(await listed("q=GHOST")).toEqual([]);
    const { stations, online } = (await kerbside.api("GET", "/v1/stations/summary")).body;
    expect([stations, online]).toEqual([(await listed("")).length, (await listed("online=true")).length]);
  });

  test("has a station again that it had lost, as soon as that tells of itself", async () => {
    const station = await kerbside.station("UNLISTED");
    await kerbside.api("GET", "/test/unlist?station=UNLISTED");
    expect(await listed("q=UNLISTED")).toEqual([]);
    await station.close();
    await until("the station in the list", async () => (await listed("online=false&q=UNLISTED")).length === 1);
  });

  test("takes the largest labels of sixty stations that connect at once", async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 32 }, (_, index) => [`${index}`.padEnd(63, "x"), "\u0001".repeat(255)]),
    );
    const ids = Array.from({ length: 60 }, (_, index) => `LARGE-${index}`);
    for (const id of ids) await kerbside.register(id, { labels });
    await forget();
    await Promise.all(ids.map((id) => kerbside.station(id, { register: false })));
    await until("all in the list", async () => (await listed("online=true&q=LARGE-")).length === ids.length);
    expect((await seen()).largestParameter).toBeLessThanOrEqual(1_000_000);
  });
});

describe("A command", () => {
  test("is answered with what the station said, though its request and that are more than a row holds", async () => {
    const station = await kerbside.station("LARGE-ANSWER");
    const asked = kerbside.command("LARGE-ANSWER", "DataTransfer", { vendorId: "v", data: "\u20ac".repeat(480_000) });
    const [, messageId] = await station.next();
    const data = "\u20ac".repeat(480_000);
    station.send([3, messageId, { status: "Accepted", data }]);
    const { status, body } = await asked;
    expect([status, body.state]).toEqual([200, "result"]);
    expect(body.payload.data).toBe(data);
    const { commandId } = body;
    expect((await kerbside.api("GET", `/v1/stations/LARGE-ANSWER/commands/${commandId}`)).body).toEqual(body);
  });

  test("whose answer cannot be kept is an error of the edge to who waits for it, and the next one is sent", async () => {
    const station = await kerbside.station("UNKEPT");
    const asked = kerbside.command("UNKEPT", "ClearCache");
    const [, messageId] = await station.next();
    const reset = { action: "Reset", payload: { type: "Soft" } };
    const queued = await kerbside.api("POST", "/v1/stations/UNKEPT/commands", reset, { prefer: "respond-async" });
    expect(queued.body.state).toBe("queued");
    await fault("disk", true);
    station.send([3, messageId, { status: "Accepted" }]);
    const { status, body } = await asked;
    expect([status, body.state, body.error.origin]).toEqual([200, "error", "edge"]);
    expect(body.error.description).toBe("The station answered, but its answer could not be kept.");
    await fault("disk", false);
    await ring("UNKEPT");
    const [, nextId, action] = await station.next();
    expect(action).toBe("Reset");
    station.send([3, nextId, { status: "Accepted" }]);
    // Until the connection ends that one's outcome is that it was sent.
    await station.close();
    await until("the end of both", async () => {
      const { commands } = (await kerbside.api("GET", "/v1/stations/UNKEPT/commands")).body;
      return commands.map(({ state }: { state: string }) => state).join() === "result,timeout";
    });
  });

  test("is no station's CALL: one whose row cannot be written is answered that, and taken when it comes again", async () => {
    const station = await kerbside.station("UNKEPT-CALL");
    await fault("disk", true);
    const [type, , code, description] = await status(station, "again");
    expect([type, code, description]).toEqual([4, "InternalError", "the message could not be kept; try again later"]);
    await fault("disk", false);
    expect((await status(station, "again"))[0]).toBe(3);
  });

  test.each([
    ["by the next message of the station", "REPLACED-HEARD"],
    ["by who asked for it, where the station is silent", "REPLACED-SILENT"],
  ])("whose object is replaced while a request waits for it ends in time all the same, %s", async (_, id) => {
    await subscribe(id, id);
    const station = await kerbside.station(id);
    await station.call("Heartbeat");
    const asked = kerbside.command(id, "ClearCache", {}, { timeoutSeconds: 3 });
    const [, messageId] = await station.next();
    await kerbside.edge.evict(id);
    if (id === "REPLACED-HEARD") await station.call("Heartbeat");
    else await kerbside.api("GET", `/test/replaced?station=${id}`);
    await until("its end", () => got(id, `"${messageId}","stationId":"${id}","action":"ClearCache","state":"timeout"`));
    await kerbside.api("GET", `/test/replaced?station=${id}`);
    expect((await asked).status).toBeGreaterThanOrEqual(500);
  });
});

describe("A list of commands", () => {
  test("comes in pages of no more than an object can give at once, newest first, and none is left out", async () => {
    const station = await kerbside.station("PAGES");
    const ids: string[] = [];
    for (let index = 0; index < 12; index++) {
      const asked = kerbside.command("PAGES", "DataTransfer", { vendorId: "v" });
      const [, messageId] = await station.next();
      station.send([3, messageId, { status: "Accepted", data: "\u20ac".repeat(490_000) }]);
      expect((await asked).body.state).toBe("result");
      ids.unshift(messageId);
    }
    const found: string[] = [];
    let cursor: string | null = "";
    let pages = 0;
    for (; cursor !== null; pages++) {
      const path = `/v1/stations/PAGES/commands?limit=500${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const { status, body } = await kerbside.api("GET", path);
      expect(status).toBe(200);
      expect(JSON.stringify(body).length).toBeLessThanOrEqual(5_000_000);
      found.push(...body.commands.map(({ commandId }: { commandId: string }) => commandId));
      cursor = body.cursor;
    }
    expect(found).toEqual(ids);
    expect(pages).toBe(2);
    const { body } = await kerbside.api("GET", "/v1/stations/PAGES/commands?limit=2");
    expect(body.commands).toHaveLength(2);
    expect(
      (await kerbside.api("GET", `/v1/stations/PAGES/commands?limit=1&cursor=${body.cursor}`)).body.commands[0]
        .commandId,
    ).toBe(ids[2]);
  });
});
