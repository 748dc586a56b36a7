import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpPeer, type Received, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, type TestStation } from "../support/test-station.ts";

const BATCH_MAX_BYTES = 20_000;

let kerbside: Kerbside;
let receiver: HttpPeer;
const replies = new Map<string, (received: Received) => Reply>();
// biome-ignore lint/suspicious/noExplicitAny: lines of any kind
const lines: any[] = [];
beforeAll(async () => {
  kerbside = await startKerbside(
    { WEBHOOK_RETRY_BASE_MS: "50", WEBHOOK_BATCH_MAX_BYTES: String(BATCH_MAX_BYTES) },
    // The platform has a word to say of DNS and TLS, too.
    { log: (line) => line.startsWith("{") && lines.push(JSON.parse(line)) },
  );
  receiver = await HttpPeer.start();
  receiver.reply = (received) => replies.get(subjectOf(received))?.(received) ?? {};
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const eventsIn = ({ body }: Received) => JSON.parse(body) as TestEvent[];
const subjectOf = (received: Received): string => eventsIn(received)[0].subject;
const deliveriesTo = (id: string) => receiver.requests.filter((received) => subjectOf(received) === id);
const messagesIn = (received: Received) => eventsIn(received).map(({ data }) => data.messageId);
const bytesOf = ({ body }: Received) => Buffer.byteLength(body);
const queueOf = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue;
const linesOf = (id: string, message: string) =>
  lines.filter((line) => line.stationId === id && line.message === message);

/** A station whose receiver answers as it is told from the next message on. */
async function connected(id: string): Promise<TestStation> {
  const station = await kerbside.station(id);
  await until("the connection", () => deliveriesTo(id).length > 0);
  await until("an empty queue", async () => (await queueOf(id)).events === 0);
  return station;
}

/** What was acknowledged, message by message, each once. */
function accept(id: string, refuses: (received: Received) => number | null): string[] {
  const accepted: string[] = [];
  replies.set(id, (received) => {
    const status = refuses(received);
    if (status !== null) return { status };
    accepted.push(...messagesIn(received).filter((messageId) => !accepted.includes(messageId)));
    return {};
  });
  return accepted;
}

/** Sends them while the first delivery is held, so that they wait together. */
async function together(id: string, send: () => Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const then = replies.get(id);
  let isFirst = true;
  replies.set(id, (received) => {
    if (!isFirst) return then?.(received) ?? {};
    isFirst = false;
    return { status: 500, after: promise };
  });
  await send();
  resolve();
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);
async function report(station: TestStation, messageIds: string[]): Promise<void> {
  for (const messageId of messageIds) await station.call("StatusNotification", STATUS_16, messageId);
}
const data = (station: TestStation, messageId: string, text: string) =>
  station.call("DataTransfer", { vendorId: "kerbside.test", data: text }, messageId);

describe("A batch", () => {
  test("holds no more bytes of UTF-8 than it may; an event that alone is larger goes alone", async () => {
    const id = "BYTES";
    const station = await connected(id);
    const accepted = accept(id, () => null);
    const done = deliveriesTo(id).length;
    await together(id, async () => {
      // Two bytes each: counted in characters, twice as many would fit.
      for (let index = 0; index < 20; index++) await data(station, `m${index}`, "ä".repeat(2_000));
      await data(station, "large", "€".repeat(BATCH_MAX_BYTES / 2));
      await report(station, ["last"]);
    });
    await until("the last", () => accepted.at(-1) === "last");
    expect(accepted).toEqual([...names(20), "large", "last"]);
    const deliveries = deliveriesTo(id).slice(done);
    for (const received of deliveries) {
      if (bytesOf(received) > BATCH_MAX_BYTES) expect(messagesIn(received)).toEqual(["large"]);
    }
    expect(deliveries.filter((received) => messagesIn(received).length > 1).length).toBeGreaterThan(3);
    // The reading of a full batch was left off in the middle.
    expect((await kerbside.api("DELETE", `/v1/stations/${id}`)).status).toBe(204);
  });

  test("that is too large for its receiver is halved until it passes, and nothing is lost", async () => {
    const id = "TOO-LARGE";
    const station = await connected(id);
    const accepted = accept(id, (received) => (eventsIn(received).length > 3 ? 413 : null));
    await together(id, () => report(station, names(30)));
    await until("the last", () => accepted.at(-1) === "m29");
    expect(accepted).toEqual(names(30));
    expect(await queueOf(id)).toMatchObject({ deadLetters: 0 });
    await report(station, ["next"]);
    await until("the next", () => accepted.at(-1) === "next");
  });

  test("of one event that is too large gives up that event alone, and says so", async () => {
    const id = "ONE-TOO-LARGE";
    const station = await connected(id);
    const accepted = accept(id, (received) => (bytesOf(received) > 5_000 ? 413 : null));
    await together(id, async () => {
      await report(station, ["m0", "m1"]);
      await data(station, "large", "x".repeat(6_000));
      await report(station, ["m2", "m3"]);
    });
    await until("the last", () => accepted.at(-1) === "m3");
    expect(accepted).toEqual(names(4));
    // Its receiver has the last one before the station knows it.
    await until("an empty queue", async () => (await queueOf(id)).events === 0);
    expect(await queueOf(id)).toMatchObject({ events: 0, deadLetters: 1 });
    const large = deliveriesTo(id)
      .flatMap(eventsIn)
      .find((event) => event.data.messageId === "large");
    const [line, ...others] = linesOf(id, "events were given up");
    expect(others).toEqual([]);
    expect(line).toMatchObject({ webhook: "all", events: 1, from: large.sequence, to: large.sequence });
    // A replay brings it again.
    replies.delete(id);
    await kerbside.api("POST", "/v1/webhooks/all/replay");
    await until("nothing to be replayed", async () => (await queueOf(id)).deadLetters === 0);
    await until("all of it", async () => (await queueOf(id)).events === 0);
    expect(messagesIn(deliveriesTo(id).at(-1) as Received)).toEqual(["large", "m2", "m3"]);
  });

  test.each([400, 422])("with a poison event, answered %i, loses that event alone", async (status) => {
    const id = `POISON-${status}`;
    const station = await connected(id);
    const accepted = accept(id, (received) => (messagesIn(received).includes("m13") ? status : null));
    await together(id, () => report(station, names(40)));
    await until("the last", () => accepted.at(-1) === "m39");
    expect(accepted).toEqual(names(40).filter((name) => name !== "m13"));
    await until("an empty queue", async () => (await queueOf(id)).events === 0);
    expect(await queueOf(id)).toMatchObject({ events: 0, deadLetters: 1 });
    expect(linesOf(id, "events were given up")).toHaveLength(1);
  });

  test("of which nothing passed yet comes in its order once its receiver, which refused everything, takes it", async () => {
    const id = "REFUSED-FIRST";
    const { promise, resolve } = Promise.withResolvers<void>();
    let requests = 0;
    const accepted: number[] = [];
    replies.set(id, (received) => {
      // The first until there is something behind what it has.
      if (++requests <= 3) return { status: 400, after: promise };
      accepted.push(...eventsIn(received).map(({ sequence }) => sequence));
      return {};
    });
    const station = await kerbside.station(id);
    await report(station, names(4));
    resolve();
    await until("all of it", async () => accepted.length >= 5 && (await queueOf(id)).events === 0);
    const first = accepted[0] ?? 0;
    expect(accepted).toEqual([0, 1, 2, 3, 4].map((index) => first + index));
  });

  test("whose events are all refused loses none: it is the receiver that is in trouble", async () => {
    const id = "ALL-REFUSED";
    const station = await connected(id);
    const accepted = accept(id, () => 400);
    const done = deliveriesTo(id).length;
    await together(id, () => report(station, names(20)));
    await until("several rounds", () => deliveriesTo(id).length >= done + 12);
    expect(await queueOf(id)).toMatchObject({ events: 20, deadLetters: 0 });
    const served = accept(id, () => null);
    await until("the last", () => served.at(-1) === "m19");
    expect(served).toEqual(names(20));
    expect(accepted).toEqual([]);
  });
});

describe("A receiver's Retry-After", () => {
  test.each<[number, string, () => string]>([
    [429, "seconds", () => "2"],
    [503, "a date", () => new Date(Math.ceil(Date.now() / 1000) * 1000 + 2_000).toUTCString()],
  ])("with status %i, in %s, is heeded", async (status, form, value) => {
    const id = `LATER-${form.replace(" ", "-")}`;
    const station = await connected(id);
    const at: number[] = [];
    replies.set(id, () => {
      at.push(Date.now());
      return at.length === 1 ? { status, headers: { "retry-after": value() } } : {};
    });
    await report(station, ["m0"]);
    await until("another attempt", () => at.length === 2);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(1_900);
  });
});

describe("The log of a failed delivery names the host and the cause, and no more of the address,", () => {
  test.each<[string, string, (port: number) => string, RegExp]>([
    ["refuses connections", "refusing", () => "http://127.0.0.1:9", /refused or broke off/],
    ["speaks no TLS", "plain", (port) => `https://127.0.0.1:${port}`, /TLS handshake failed/],
    ["answers 404", "absent", (port) => `http://127.0.0.1:${port}`, /^status 404$/],
  ])("where the receiver %s", async (_, name, origin, cause) => {
    const server = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = origin((server.address() as AddressInfo).port);
    await kerbside.api("PUT", `/v1/webhooks/${name}`, { url: `${url}/hook?token=of-somebody`, secret: SECRET });
    await kerbside.station(`LOG-${name}`);
    const line = await until("the line", () =>
      lines.find((each) => each.webhook === name && each.stationId === `LOG-${name}`),
    );
    expect(line).toMatchObject({ message: "a delivery failed", host: new URL(url).host });
    expect(line.reason).toMatch(cause);
    expect(JSON.stringify(lines)).not.toContain("of-somebody");
    await kerbside.api("DELETE", `/v1/webhooks/${name}`);
    server.close();
  });
});
