import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, type Received, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

const PASSWORD = "correct horse battery";
const DOWN: Reply = { status: 500 };
const UP: Reply = { status: 204 };

let kerbside: Kerbside;
/** Subscribed to everything all the time; a station without an entry in `replies` is served. */
let receiver: HttpPeer;
const replies = new Map<string, (received: Received) => Reply>();
const peers: HttpPeer[] = [];
beforeAll(async () => {
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "20" });
  receiver = await HttpPeer.start();
  receiver.reply = (received) => replies.get(subjectOf(received))?.(received) ?? UP;
  expect((await put("all", receiver.url)).status).toBe(201);
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all([receiver, ...peers].map((peer) => peer?.stop()));
});

const subjectOf = ({ body }: Received): string => JSON.parse(body)[0].subject;
const put = (name: string, url: string, more: Record<string, unknown> = {}) =>
  kerbside.api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET, ...more });
const remove = (name: string) => kerbside.api("DELETE", `/v1/webhooks/${name}`);
const deliveriesTo = (id: string, peer = receiver) => peer.requests.filter((received) => subjectOf(received) === id);
const eventsFor = (id: string, peer = receiver): TestEvent[] => eventsOf(peer).filter(({ subject }) => subject === id);
const said = ({ type, data }: TestEvent): string =>
  `${type.slice("ocpp.".length)} ${data.messageId ?? data.kind ?? data.reason ?? ""}`.trim();
const report = (station: TestStation, messageId: string) => station.call("StatusNotification", STATUS_16, messageId);
const arrived = (id: string, what: string, peer = receiver): Promise<TestEvent> =>
  until(`${what} of ${id}`, () => eventsFor(id, peer).find((event) => said(event) === what));

async function newPeer(reply: Reply = UP): Promise<HttpPeer> {
  const peer = await HttpPeer.start();
  peer.reply = () => reply;
  peers.push(peer);
  return peer;
}

/** A receiver's answer that waits until it is let go. */
function held(reply: Exclude<Reply, string> = { status: 204 }): { reply: Reply; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { reply: { ...reply, after: promise }, release: resolve };
}

/** Some failures later the backoff leaves time to evict the object: while a delivery is under way that has to wait. */
const untilAtRest = (id: string, done: number) =>
  until(`failed deliveries of ${id}`, () => deliveriesTo(id).length >= done + 6);

describe("A webhook", () => {
  test("is made with 201, replaced with 200, shown without its secret, listed, and gone after DELETE", async () => {
    const url = "https://backend.example.com/hook?fleet=1";
    const made = await put("crud", url, { types: ["ocpp.security"] });
    expect([made.status, made.body]).toEqual([201, { name: "crud", url, types: ["ocpp.security"] }]);
    const replaced = await put("crud", `${url}&v=2`);
    expect([replaced.status, replaced.body]).toEqual([200, { name: "crud", url: `${url}&v=2`, types: [] }]);
    const read = await kerbside.api("GET", "/v1/webhooks/crud");
    expect([read.status, read.body]).toEqual([200, replaced.body]);
    const { body, status } = await kerbside.api("GET", "/v1/webhooks");
    expect(status).toBe(200);
    expect(body.webhooks).toEqual([{ name: "all", url: receiver.url, types: [] }, replaced.body]);
    expect(JSON.stringify([made, replaced, read, body])).not.toContain("whsec_");
    const gone = await remove("crud");
    expect([gone.status, gone.body]).toEqual([204, ""]);
    for (const method of ["GET", "DELETE"]) {
      const answer = await kerbside.api(method, "/v1/webhooks/crud");
      expect([answer.status, answer.body.type]).toEqual([404, "/problems/webhook-not-found"]);
    }
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["an unknown field", { secert: "x" }, "/secert"],
    ["no url", { url: undefined }, "/url"],
    ["a url that is none", { url: "backend" }, "/url"],
    ["plain http to a public host", { url: "http://backend.example.com/" }, "/url"],
    ["another scheme", { url: "ftp://127.0.0.1/" }, "/url"],
    ["credentials in the url", { url: "https://user:secret@backend.example.com/" }, "/url"],
    ["a user name in the url", { url: "http://user@127.0.0.1/" }, "/url"],
    ["a private address", { url: "https://10.1.2.3/" }, "/url"],
    ["a private address as one number", { url: "https://3232235777/" }, "/url"],
    ["a private address behind IPv6", { url: "https://[::ffff:192.168.1.1]/" }, "/url"],
    ["the cloud's own metadata", { url: "http://169.254.169.254/latest/meta-data" }, "/url"],
    ["a link-local address", { url: "https://[fe80::1]/" }, "/url"],
    ["a name without a dot", { url: "https://intranet/" }, "/url"],
    ["an overlong url", { url: `https://backend.example.com/${"x".repeat(2_000)}` }, "/url"],
    ["no secret", { secret: undefined }, "/secret"],
    ["a secret that is not base64", { secret: "whsec_!!!" }, "/secret"],
    ["an empty secret", { secret: "" }, "/secret"],
    ["a secret of a prefix alone", { secret: "whsec_" }, "/secret"],
    ["an unknown type", { types: ["ocpp.call", "ocpp.everything"] }, "/types/1"],
    ["types that are no list", { types: "ocpp.call" }, "/types"],
  ])("is refused with 422 for %s, and the fault's path", async (_, fault, path) => {
    const answer = await put("faulty", "https://backend.example.com/", fault);
    expect([answer.status, answer.body.type]).toEqual([422, "/problems/invalid-request"]);
    expect(new Set(answer.body.errors.map((error: { path: string }) => error.path))).toEqual(new Set([path]));
    expect(JSON.stringify(answer.body)).not.toContain("secret@");
    expect((await kerbside.api("GET", "/v1/webhooks/faulty")).status).toBe(404);
  });

  test("is refused where its name is none, or its body no JSON", async () => {
    expect((await put("a%20name", receiver.url)).status).toBe(422);
    expect((await put("n".repeat(65), receiver.url)).status).toBe(422);
    const answer = await kerbside.api("PUT", "/v1/webhooks/broken", "{");
    expect([answer.status, answer.body.type]).toEqual([400, "/problems/malformed-json"]);
  });

  test("is one of at most ten", async () => {
    const names = Array.from({ length: 9 }, (_, index) => `many-${index}`);
    for (const name of names) expect((await put(name, "http://127.0.0.1:9/", { types: [] })).status).toBe(201);
    const full = await put("many-9", receiver.url);
    expect([full.status, full.body.type]).toEqual([409, "/problems/too-many-webhooks"]);
    expect((await put("many-0", receiver.url)).status).toBe(200);
    for (const name of names) expect((await remove(name)).status).toBe(204);
  });
});

describe("A delivery", () => {
  test("is a signed batch of CloudEvents", async () => {
    const id = "CS 1|A";
    const station = await kerbside.station(id);
    await report(station, "m1");
    await arrived(id, "call m1");
    for (const { method, headers, body } of deliveriesTo(id)) {
      expect(method).toBe("POST");
      expect(headers["content-type"]).toMatch(/^application\/cloudevents-batch\+json(;|$)/);
      const webhook = new Webhook(SECRET);
      const signed = headers as Record<string, string>;
      expect(webhook.verify(body, signed)).toEqual(JSON.parse(body));
      expect(() => webhook.verify(body.replace("CS 1", "CS 2"), signed)).toThrow();
      expect(() => webhook.verify(body, { ...signed, "webhook-id": "another" })).toThrow();
      expect(headers["webhook-id"]).toMatch(/^[^.\s]+$/);
      expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(60);
    }
    const events = eventsFor(id);
    expect(events.map(said)).toEqual(["station.connected", "call m1"]);
    for (const event of events) {
      expect(event).toEqual({
        specversion: "1.0",
        id: expect.stringMatching(/^\S+$/),
        source: "/stations/CS%201%7CA",
        subject: id,
        type: expect.stringMatching(/^ocpp\./),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        datacontenttype: "application/json",
        sequence: expect.any(Number),
        data: expect.any(Object),
      });
      expect(Math.abs(Date.parse(event.time) - Date.now())).toBeLessThan(60_000);
    }
    expect(events[1].sequence).toBeGreaterThan(events[0].sequence);
    expect(events[1].id).not.toBe(events[0].id);
    expect(events[1].data).toEqual({
      protocol: "ocpp1.6",
      messageId: "m1",
      action: "StatusNotification",
      payload: STATUS_16,
      answer: {},
      answeredBy: "edge",
    });
  });

  test("tells a station's whole life: connected, called, commanded, disconnected", async () => {
    const station = await kerbside.station("LIFE");
    station.answerCalls(() => ({ status: "Accepted" }));
    await station.call("BootNotification", BOOT_16, "b1");
    await station.call("Heartbeat");
    const command = (await kerbside.command("LIFE", "Reset", { type: "Soft" })).body;
    await station.close(1000);
    await until("the end", () => eventsFor("LIFE").at(-1)?.type === "ocpp.station.disconnected");
    const events = eventsFor("LIFE");
    expect(events.map(({ type }) => type)).toEqual([
      "ocpp.station.connected",
      "ocpp.call",
      "ocpp.command.completed",
      "ocpp.station.disconnected",
    ]);
    const [connected, boot, completed, disconnected] = events;
    expect(connected.data).toMatchObject({ protocol: "ocpp1.6", securityProfile: 0, certificate: null });
    expect(boot.data).toMatchObject({ action: "BootNotification", answer: { status: "Accepted" }, answeredBy: "edge" });
    expect(completed.data).toEqual(command);
    expect(disconnected.data).toMatchObject({ connectionId: connected.data.connectionId, code: 1000 });
    expect(new Set(events.map(({ sequence }) => sequence)).size).toBe(4);
  });

  test.each<[string, (station: TestStation, id: string) => unknown, Record<string, unknown>]>([
    [
      "closes with a reason",
      (station) => station.socket.close(1001, "going away"),
      { code: 1001, reason: "going away" },
    ],
    ["closes with its own code", (station) => station.socket.close(4321, "own"), { code: 4321, reason: "own" }],
    ["breaks off", (station) => station.kill(), { code: 1006 }],
    ["is disconnected by a backend", (_, id) => kerbside.api("POST", `/v1/stations/${id}/disconnect`), { code: 1000 }],
    ["is superseded", async (_, id) => (await kerbside.station(id)).close(1000), { code: 1008, reason: "superseded" }],
    ["is lost in a crash", (_, id) => kerbside.edge.evict(id, { webSockets: "close" }), { code: 1006 }],
  ])("tells exactly once of a connection that %s, with code and reason", async (name, end, expected) => {
    const id = `END-${name.replaceAll(" ", "-")}`;
    const station = await kerbside.station(id);
    await report(station, "m1");
    const { connectionId } = (await arrived(id, "station.connected")).data;
    await arrived(id, "call m1");
    await end(station, id);
    await station.closed;
    const again = await kerbside.station(id);
    await report(again, "m2");
    await arrived(id, "call m2");
    const ends = eventsFor(id).filter(
      ({ type, data }) => type === "ocpp.station.disconnected" && data.connectionId === connectionId,
    );
    expect(ends).toHaveLength(1);
    expect(ends[0].data).toMatchObject({ ...expected, reason: expected.reason ?? expect.any(String) });
  });
});

describe("Deliveries of one station", () => {
  test("are in order: nothing is sent before what was sent is acknowledged", async () => {
    const station = await kerbside.station("ORDER");
    await arrived("ORDER", "station.connected");
    const hold = held();
    replies.set("ORDER", () => hold.reply);
    await report(station, "m0");
    await until("the first delivery", () => deliveriesTo("ORDER").length === 2);
    const names = Array.from({ length: 250 }, (_, index) => `m${index + 1}`);
    for (const messageId of names) await report(station, messageId);
    expect(deliveriesTo("ORDER")).toHaveLength(2);
    expect((await kerbside.api("GET", "/v1/stations/ORDER")).body.queue.events).toBe(251);
    let open = 0;
    replies.set("ORDER", () => {
      open++;
      return { status: 204 };
    });
    hold.release();
    await arrived("ORDER", "call m250");
    expect(eventsFor("ORDER").map(said)).toEqual(["station.connected", ...["m0", ...names].map((m) => `call ${m}`)]);
    const sequences = deliveriesTo("ORDER").flatMap(({ body }) =>
      JSON.parse(body).map(({ sequence }: TestEvent) => sequence),
    );
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(new Set(sequences).size).toBe(252);
    expect(open).toBe(3);
    await until(
      "an empty queue",
      async () => (await kerbside.api("GET", "/v1/stations/ORDER")).body.queue.events === 0,
    );
  });

  test.each<[string, Reply]>([
    ["500", DOWN],
    ["a redirect", { status: 307, headers: { location: "/elsewhere" } }],
    ["404", { status: 404 }],
    ["a broken connection", "reset"],
  ])("that meet %s come again, under the same ids and in order", async (name, trouble) => {
    const id = `RETRY-${name.replaceAll(" ", "-")}`;
    const station = await kerbside.station(id);
    await arrived(id, "station.connected");
    const done = deliveriesTo(id).length;
    replies.set(id, () => trouble);
    await report(station, "m1");
    await until("two attempts", () => deliveriesTo(id).length >= done + 2);
    await report(station, "m2");
    replies.delete(id);
    await arrived(id, "call m2");
    const attempts = deliveriesTo(id).slice(done);
    const batches = attempts.map(({ body }) => JSON.parse(body) as TestEvent[]);
    expect(new Set(batches.map((batch) => batch[0].id)).size).toBeLessThanOrEqual(2);
    expect(batches[0]?.[0].id).toBe(batches[1]?.[0].id);
    expect(attempts[0]?.headers["webhook-id"]).toBe(attempts[1]?.headers["webhook-id"]);
    expect(batches[0]).toEqual(batches[1]);
    expect(eventsFor(id).map(said)).toEqual(["station.connected", "call m1", "call m2"]);
    expect(receiver.requests.filter(({ path }) => path === "/elsewhere")).toEqual([]);
  });

  test.each(["hibernate", "close"] as const)(
    "are taken up again by the alarm where the object was evicted (sockets: %s)",
    async (webSockets) => {
      const id = `ALARM-${webSockets}`;
      const station = await kerbside.station(id);
      await arrived(id, "station.connected");
      replies.set(id, () => DOWN);
      const done = deliveriesTo(id).length;
      expect(await report(station, "m1")).toEqual([3, "m1", {}]);
      await untilAtRest(id, done);
      await kerbside.edge.evict(id, { webSockets });
      replies.delete(id);
      await arrived(id, "call m1");
      expect(eventsFor(id).slice(0, 2).map(said)).toEqual(["station.connected", "call m1"]);
    },
  );

  test("hold up neither the station nor the API while the receiver hangs", async () => {
    await kerbside.register("HANGS");
    const hold = held();
    replies.set("HANGS", () => hold.reply);
    const station = await kerbside.station("HANGS", { register: false });
    expect(await report(station, "m1")).toEqual([3, "m1", {}]);
    station.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command("HANGS", "ClearCache")).body.state).toBe("result");
    expect((await kerbside.api("POST", "/v1/stations/HANGS/disconnect")).status).toBe(204);
    const [first] = await until("the delivery", () => deliveriesTo("HANGS"));
    expect(first?.abandoned).toBe(false);
    expect(deliveriesTo("HANGS")).toHaveLength(1);
    replies.delete("HANGS");
    hold.release();
    await until("the end", () => eventsFor("HANGS").at(-1)?.type === "ocpp.station.disconnected");
  });
});

describe("Trouble of one", () => {
  test("station's receiver does not hold up another station", async () => {
    const hold = held();
    replies.set("TROUBLED", () => hold.reply);
    const troubled = await kerbside.station("TROUBLED");
    const other = await kerbside.station("FINE");
    await report(troubled, "m1");
    await report(other, "m1");
    await arrived("FINE", "call m1");
    expect(eventsFor("TROUBLED").map(said)).toEqual(["station.connected"]);
    expect(deliveriesTo("TROUBLED").map(({ abandoned }) => abandoned)).toEqual([false]);
    replies.delete("TROUBLED");
    hold.release();
    await arrived("TROUBLED", "call m1");
  });

  test.each<[string, () => { reply: Reply; release: () => void }]>([
    ["fails", () => ({ reply: DOWN, release: () => {} })],
    ["hangs", () => held({ status: 500 })],
  ])("webhook that %s does not hold up another", async (how, trouble) => {
    const id = `TWO-${how}`;
    const bad = await newPeer();
    const hold = trouble();
    bad.reply = (received) => (subjectOf(received) === id ? hold.reply : UP);
    await put(`bad-${how}`, bad.url);
    const station = await kerbside.station(id);
    await until("the trouble", () => deliveriesTo(id, bad).length > 0);
    for (const messageId of ["m1", "m2", "m3"]) {
      await report(station, messageId);
      await arrived(id, `call ${messageId}`);
    }
    if (how === "hangs") expect(deliveriesTo(id, bad).map(({ abandoned }) => abandoned)).toEqual([false]);
    expect(new Set(deliveriesTo(id, bad).map(({ body }) => JSON.parse(body)[0].sequence)).size).toBe(1);
    bad.reply = () => UP;
    hold.release();
    await arrived(id, "call m3", bad);
    expect(eventsFor(id, bad)).toEqual(eventsFor(id));
    await remove(`bad-${how}`);
  });

  test("webhook that hangs does not put off the retry of another", async () => {
    const id = "RETRY-BESIDE";
    const [hanging, failing] = [await newPeer(), await newPeer()];
    const hold = held();
    await put("hanging", hanging.url);
    await put("failing", failing.url);
    const station = await kerbside.station(id);
    for (const peer of [hanging, failing, receiver]) await arrived(id, "station.connected", peer);
    hanging.reply = (received) => (subjectOf(received) === id ? hold.reply : UP);
    let attempts = 0;
    failing.reply = (received) => (subjectOf(received) === id && ++attempts === 1 ? DOWN : UP);
    await report(station, "m1");
    await until("the hanging delivery", () => deliveriesTo(id, hanging).length === 2);
    await until("another attempt", () => attempts > 1);
    expect(deliveriesTo(id, hanging).map(({ abandoned }) => abandoned)).toEqual([false, false]);
    hold.release();
    await Promise.all([remove("hanging"), remove("failing")]);
  });
});

describe("A webhook gets", () => {
  test("one delivery after the other on one connection, whatever it answers and however it frames that", async () => {
    const peer = await newPeer();
    let turn = 0;
    const answers: Reply[] = [
      { status: 204 },
      { status: 200, body: { ok: true } },
      { status: 500, text: "not now", headers: { "content-length": 7 } },
      { status: 200, headers: { "content-length": 0 } },
    ];
    peer.reply = () => answers[turn++ % answers.length] ?? UP;
    await put("one-line", peer.url, { types: ["ocpp.call"] });
    const station = await kerbside.station("ONE-LINE");
    for (let i = 0; i < 12; i++) {
      await report(station, `m${i}`);
      await arrived("ONE-LINE", `call m${i}`, peer);
      const { length } = peer.requests;
      if (turn % answers.length === 3) await until("the repetition", () => peer.requests.length > length);
    }
    await remove("one-line");
    expect([peer.requests.length >= 12, peer.connections]).toEqual([true, 1]);
  });

  test("only the types it asked for, and one that asked for none all of them", async () => {
    const calls = await newPeer();
    const ends = await newPeer();
    await put("calls", calls.url, { types: ["ocpp.call"] });
    await put("ends", ends.url, { types: ["ocpp.station.connected", "ocpp.station.disconnected"] });
    const station = await kerbside.station("TYPES");
    await report(station, "m1");
    await station.close();
    await until("the end", () => eventsFor("TYPES").at(-1)?.type === "ocpp.station.disconnected");
    await until("the end", () => eventsFor("TYPES", ends).length === 2);
    await arrived("TYPES", "call m1", calls);
    const all = eventsFor("TYPES");
    expect(eventsFor("TYPES", calls)).toEqual([all[1]]);
    expect(eventsFor("TYPES", ends)).toEqual([all[0], all[2]]);
    await Promise.all([remove("calls"), remove("ends")]);
  });

  test("the events since it was made, none from before", async () => {
    const station = await kerbside.station("SINCE");
    await report(station, "before");
    await arrived("SINCE", "call before");
    const late = await newPeer();
    await put("late", late.url);
    await report(station, "after");
    await arrived("SINCE", "call after", late);
    expect(eventsFor("SINCE", late).map(said)).toEqual(["call after"]);
    expect(eventsFor("SINCE", late)[0].id).toBe(eventsFor("SINCE").at(-1).id);
    await remove("late");
  });

  test("what waited at its new address once it is moved", async () => {
    const old = await newPeer(DOWN);
    const next = await newPeer();
    await put("moving", old.url);
    const station = await kerbside.station("MOVE");
    await report(station, "m1");
    await until("an attempt", () => deliveriesTo("MOVE", old).length > 0);
    const other = `whsec_${Buffer.from("another secret of enough bytes..").toString("base64")}`;
    expect((await put("moving", next.url, { secret: other })).status).toBe(200);
    await until("the events", () => eventsOf(next, other).filter(({ subject }) => subject === "MOVE").length === 2);
    await remove("moving");
  });

  test("nothing more once it is deleted, not even what waited", async () => {
    const peer = await newPeer();
    await put("deleted", peer.url);
    const station = await kerbside.station("DELETED");
    await arrived("DELETED", "station.connected", peer);
    peer.reply = () => DOWN;
    await report(station, "m1");
    await until("an attempt", () => deliveriesTo("DELETED", peer).length > 1);
    await remove("deleted");
    await report(station, "m2");
    await arrived("DELETED", "call m2");
    await until("an empty queue", async () => {
      const { queue } = (await kerbside.api("GET", "/v1/stations/DELETED")).body;
      return queue.events === 0;
    });
    const known = peer.requests.length;
    peer.reply = () => UP;
    for (const messageId of ["m3", "m4"]) {
      await report(station, messageId);
      await arrived("DELETED", `call ${messageId}`);
    }
    expect(peer.requests).toHaveLength(known);
    expect(deliveriesTo("DELETED", peer).some(({ body }) => body.includes('"m2"'))).toBe(false);
  });
});

describe("An event is durable before the station is answered", () => {
  test("so that a crash right after the answer loses nothing", async () => {
    const station = await kerbside.station("DURABLE");
    await arrived("DURABLE", "station.connected");
    replies.set("DURABLE", () => "reset");
    const done = deliveriesTo("DURABLE").length;
    for (let index = 1; index <= 5; index++) expect((await report(station, `m${index}`))[0]).toBe(3);
    await untilAtRest("DURABLE", done);
    await kerbside.edge.evict("DURABLE", { webSockets: "close" });
    await station.closed;
    const again = await kerbside.station("DURABLE");
    await report(again, "m6");
    replies.delete("DURABLE");
    await arrived("DURABLE", "call m6");
    const calls = eventsFor("DURABLE")
      .map(said)
      .filter((text) => text.startsWith("call"));
    expect(calls).toEqual(["call m1", "call m2", "call m3", "call m4", "call m5", "call m6"]);
  });
});

describe("A security event tells", () => {
  /** Comes after whatever the station's own object reported before. */
  async function securityOf(id: string): Promise<TestEvent[]> {
    expect((await kerbside.api("POST", `/v1/stations/${id}/commands`, { action: "Reset", payload: {} })).status).toBe(
      422,
    );
    const station = await kerbside.station(id, { ...over(kerbside, "http", id), register: false, password: PASSWORD });
    await report(station, "marker");
    await arrived(id, "call marker");
    station.kill();
    return eventsFor(id).filter(({ type }) => type === "ocpp.security");
  }

  test("of refused connections with a wrong password, few of many", async () => {
    await kerbside.register("GUESSED", { securityProfile: 1, password: PASSWORD });
    for (let guess = 0; guess < 20; guess++) {
      const { status } = await TestStation.refused(
        over(kerbside, "http", "GUESSED", { password: `a wrong password ${guess}` }),
      );
      expect(status).toBe(401);
    }
    const events = await securityOf("GUESSED");
    expect(events.length).toBeGreaterThanOrEqual(1);
    expect(events.length).toBeLessThanOrEqual(2);
    expect(events[0].data).toMatchObject({ kind: "connection-refused", reason: "password-wrong" });
    expect(JSON.stringify(events)).not.toContain("a wrong password");
  });

  test("of a revoked certificate", async () => {
    await kerbside.register("REVOKED", { securityProfile: 1, password: PASSWORD });
    const socket = await certificateOf(kerbside, "REVOKED", { kind: "revoked" });
    const { status } = await TestStation.refused(over(kerbside, "mtls", "REVOKED", { socket }));
    expect(status).toBe(403);
    const event = await arrived("REVOKED", "security certificate-revoked");
    expect(event.data).toMatchObject({ kind: "certificate-revoked" });
  });

  test("of malformed frames, few of many, and the socket stays", async () => {
    const station = await kerbside.station("MALFORMED");
    for (let count = 0; count < 50; count++) station.send(`no JSON ${count}`);
    await report(station, "marker").catch(() => {});
    await arrived("MALFORMED", "call marker");
    const events = eventsFor("MALFORMED").filter(({ type }) => type === "ocpp.security");
    expect(events.length).toBeGreaterThanOrEqual(1);
    expect(events.length).toBeLessThanOrEqual(2);
    expect(events[0].data).toMatchObject({ kind: "malformed-frame", reason: expect.any(String), excerpt: "no JSON 0" });
    expect(station.socket.readyState).toBe(1);
  });

  test("of nothing for a station that is not registered", async () => {
    for (let guess = 0; guess < 3; guess++) {
      await TestStation.refused(over(kerbside, "http", "STRANGER", { password: "some password or other" }));
    }
    await kerbside.register("STRANGER", { securityProfile: 0, password: PASSWORD });
    expect(await securityOf("STRANGER")).toEqual([]);
  });
});
