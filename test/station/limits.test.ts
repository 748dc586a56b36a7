import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Edge, startEdge } from "../../src/local/edge.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { fillLog, largestRow, logSize } from "../support/filled-log.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { BOOT_16, BOOT_2X, STATUS_16, TestStation } from "../support/test-station.ts";

/** The platform's bounds. */
const HEAP_MB = 128;
const ROW_MAX_BYTES = 2_000_000;
/** The largest frame there is has 500,000 characters, of which each may take three bytes. */
const LARGEST = 490_000;
/** The least setting. */
const BACKLOG_BYTES = 2_000_000;
const SLOW_MS = 60_000;

const folder = temporaryFolder();
const stations: TestStation[] = [];
let edge: Edge;
let peer: HttpPeer;

async function start(): Promise<void> {
  // Asked of miniflare for workerd, as `node --max-old-space-size` is of V8.
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-old-space-size=${HEAP_MB}`;
  try {
    edge = await startEdge({
      dir: folder.dir,
      log: () => {},
      // What fails once fails until a replay.
      env: { WEBHOOK_RETRY_BASE_MS: "3600000", WEBHOOK_BACKLOG_MAX_BYTES: String(BACKLOG_BYTES) },
    });
  } finally {
    delete process.env.MINIFLARE_WORKERD_V8_FLAGS;
  }
}
/** Whatever is changed meanwhile is found by who is started then. */
async function whileStopped(work: () => void): Promise<void> {
  for (const station of stations.splice(0)) station.kill();
  await edge.stop();
  work();
  await start();
}

beforeAll(async () => {
  peer = await HttpPeer.start();
  await start();
});
afterEach(() => {
  for (const station of stations.splice(0)) station.kill();
});
afterAll(async () => {
  await edge?.stop();
  await peer?.stop();
  folder.remove();
});

async function api(method: string, path: string, body?: unknown) {
  const response = await fetch(`${edge.httpUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${edge.apiKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}
const view = async (id: string) => (await api("GET", `/v1/stations/${id}`)).body;

async function connect(id: string, protocols = ["ocpp1.6"]): Promise<TestStation> {
  const { status } = await api("PUT", `/v1/stations/${id}`, { securityProfile: 0 });
  expect(status).toBeLessThan(202);
  const station = await TestStation.connect({ url: `ws://localhost:${edge.port}/ocpp/${id}`, protocols });
  stations.push(station);
  return station;
}
const transfer = (characters: number, letter = "x") => ({ vendorId: "v", data: letter.repeat(characters) });

async function webhook(name: string, status: number): Promise<void> {
  peer.reply = ({ path }) => ({ status: path === "/down" ? 503 : 204 });
  const url = `${peer.url}${status === 503 ? "down" : ""}`;
  expect((await api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET })).status).toBe(201);
}
const remove = (name: string) => api("DELETE", `/v1/webhooks/${name}`);

test(
  "A station whose backlog is larger than its heap is woken, called, connected and deregistered, within the heap of the platform",
  async () => {
    const id = "LARGER";
    await webhook("down", 503);
    const station = await connect(id);
    await station.call("BootNotification", BOOT_16);
    await station.call("StatusNotification", STATUS_16);
    await until("a failure", async () => peer.requests.length > 0);
    // More than the heap holds, which earlier releases read whole.
    await whileStopped(() => fillLog(folder.dir, id, { events: 320, characters: LARGEST }));
    const { queue, connectors } = await view(id);
    expect(queue.events + queue.deadLetters).toBeGreaterThan(320);
    expect(connectors).toHaveLength(1);

    const again = await connect(id);
    expect((await again.call("BootNotification", BOOT_16))[0]).toBe(3);
    // What is too much is given up as it was never to be kept: at once for the webhook, and by and by from the log.
    await until("a log within its bound", async () => {
      await again.call("BootNotification", BOOT_16);
      return (await view(id)).storage.bytes < 3 * BACKLOG_BYTES;
    });
    expect((await view(id)).queue.events).toBeLessThan(50);

    await whileStopped(() => fillLog(folder.dir, id, { events: 320, characters: LARGEST }));
    expect((await api("DELETE", `/v1/stations/${id}`)).status).toBe(204);
    expect((await api("GET", `/v1/stations/${id}`)).status).toBe(404);
    await remove("down");
  },
  SLOW_MS,
);

describe("However large its messages, a station's log", () => {
  test("gives up what is beyond the bytes that may wait, transactions last, and refuses nothing beside a webhook that takes them", async () => {
    const id = "BYTES";
    await webhook("down", 503);
    await webhook("live", 204);
    const station = await connect(id);
    const start = { connectorId: 1, idTag: "04A1", meterStart: 0, timestamp: "2026-11-20T12:00:00Z" };
    expect((await station.call("StartTransaction", start))[0]).toBe(3);
    for (let count = 0; count < 40; count++) {
      expect((await station.call("DataTransfer", transfer(200_000), `large-${count}`))[0]).toBe(3);
      if (count === 20) await edge.evict(id);
    }
    await until("all of it", () => eventsOf(peer).some(({ data }) => data.messageId === "large-39"));
    const { queue, storage } = await view(id);
    expect(queue.events).toBeGreaterThan(5);
    expect(queue.events).toBeLessThan(BACKLOG_BYTES / 200_000 + 2);
    expect(queue.events + queue.deadLetters).toBe(42);
    // Its ring, its dead letters and what waits.
    expect(storage.bytes).toBeLessThan(2.5 * BACKLOG_BYTES);
    peer.reply = () => ({ status: 204 });
    await api("POST", "/v1/webhooks/down/replay");
    await until("its rest", async () => (await view(id)).queue.events === 0);
    await Promise.all([remove("down"), remove("live")]);
  });

  test("keeps no more of what is delivered than it may, and whole what it keeps", async () => {
    const id = "RING";
    const station = await connect(id);
    for (let count = 0; count < 40; count++) await station.call("DataTransfer", transfer(200_000));
    const { storage } = await view(id);
    expect(storage.bytes).toBeLessThan(2.5 * BACKLOG_BYTES);
    expect(storage.rows).toBeGreaterThan(15);
    // An edge that ends at the same time sees the connection's end, or does not, and it is an event more or less.
    station.kill();
    await until("its end", async () => !(await view(id)).online);
    const counted: { events: number }[] = [];
    await whileStopped(() => counted.push(logSize(folder.dir, id)));
    const { rows } = (await view(id)).storage;
    // The facts are the schema, the registration and the delivery.
    expect(rows - (counted[0]?.events ?? 0)).toBe(3);
  });

  test("is read to wake only as far as the station's status needs it", async () => {
    const id = "AWAKE";
    const station = await connect(id);
    await station.call("StatusNotification", STATUS_16);
    await station.call("DataTransfer", transfer(100_000));
    await station.call("DataTransfer", transfer(100_000));
    await station.call("StatusNotification", { ...STATUS_16, connectorId: 2 });
    await edge.evict(id);
    const before = await view(id);
    expect(before.connectors).toHaveLength(2);
    // Beyond 256 KB the status is saved with the next event, however few there are.
    await station.call("DataTransfer", transfer(100_000));
    await edge.evict(id);
    expect((await view(id)).storage.rowsRead).toBeLessThan(before.storage.rowsRead);
  });

  test("is not read anew at each wake while its receiver hangs, as while it fails", async () => {
    const id = "HANGS";
    peer.reply = () => "hang";
    expect((await api("PUT", "/v1/webhooks/hangs", { url: peer.url, secret: SECRET })).status).toBe(201);
    const station = await connect(id);
    for (let count = 0; count < 180; count++) await station.call("StatusNotification", STATUS_16);
    await whileStopped(() => {});
    const { queue, storage } = await view(id);
    expect(queue.events).toBeGreaterThan(180);
    expect(storage.rowsRead).toBeLessThan(120);
    peer.reply = () => ({ status: 204 });
    await remove("hangs");
  });
});

describe("The largest that is legal", () => {
  test("makes rows below 2 MB, of a call as of a command with its answer, which its caller gets", async () => {
    const id = "LARGEST";
    const station = await connect(id);
    expect((await station.call("DataTransfer", transfer(LARGEST, "€")))[0]).toBe(3);
    const asked = api("POST", `/v1/stations/${id}/commands`, {
      action: "DataTransfer",
      payload: transfer(LARGEST, "€"),
    });
    const [, messageId] = await station.next();
    const data = `${"¥".repeat(LARGEST - 1)}€`;
    station.send([3, messageId, { status: "Accepted", data }]);
    const { status, body } = await asked;
    expect([status, body.state, body.payload.data.length]).toEqual([200, "result", LARGEST]);
    const again = api("POST", `/v1/stations/${id}/commands`, {
      action: "DataTransfer",
      payload: transfer(LARGEST, "€"),
    });
    const [, other] = await station.next();
    station.send([3, other, { status: "Accepted", data: "€".repeat(LARGEST) }]);
    expect((await again).body.payload.data).toHaveLength(LARGEST);
    const read = await api("GET", `/v1/stations/${id}/commands/${other}`);
    expect(read.body.payload.data).toHaveLength(LARGEST);
    const sizes: number[] = [];
    await whileStopped(() => {
      sizes.push(largestRow(folder.dir, id, "log"), largestRow(folder.dir, id, "facts"));
    });
    for (const bytes of sizes) {
      expect(bytes).toBeGreaterThan(LARGEST * 3);
      expect(bytes).toBeLessThan(ROW_MAX_BYTES);
    }
  });

  test("of a station that names its connectors at length is remembered only at its beginning", async () => {
    const id = "NAMES";
    const station = await connect(id, ["ocpp2.0.1"]);
    await station.call("BootNotification", BOOT_2X);
    for (let evseId = 1; evseId <= 130; evseId++) {
      const timestamp = `2026-11-20T12:00:00.${"1".repeat(20_000)}Z`;
      const answer = await station.call("StatusNotification", {
        evseId,
        connectorId: 1,
        connectorStatus: "Available",
        timestamp,
      });
      expect(answer).toEqual([3, expect.anything(), {}]);
    }
    const { evses } = await view(id);
    expect(evses).toHaveLength(128);
    expect(evses[0].connectors[0].timestamp.length).toBeLessThan(300);
    const sizes: number[] = [];
    await whileStopped(() => sizes.push(largestRow(folder.dir, id, "facts")));
    expect(sizes[0]).toBeLessThan(100_000);
  });

  test("does not fill the queue: what waits for a station has a bound of characters as of commands", async () => {
    const id = "QUEUED";
    await connect(id);
    for (const station of stations.splice(0)) station.kill();
    await until("its end", async () => !(await view(id)).online);
    const command = { action: "DataTransfer", payload: transfer(LARGEST), expiresInSeconds: 600 };
    const statuses: number[] = [];
    for (let count = 0; count < 4; count++) {
      statuses.push((await api("POST", `/v1/stations/${id}/commands`, command)).status);
    }
    expect(statuses).toEqual([202, 202, 429, 429]);
    const { body } = await api("POST", `/v1/stations/${id}/commands`, command);
    expect(body).toMatchObject({ type: "/problems/queue-full", detail: expect.stringContaining("1000000") });
  });
});
