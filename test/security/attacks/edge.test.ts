import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeToOthers } from "../../../src/local/state/private-state.ts";
import { ask, askRaw, temporaryFolder } from "../../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { RawStation, TEXT } from "../../support/raw-station.ts";
import { STATUS_16, TestStation } from "../../support/test-station.ts";
import { certificateOf, over } from "../../support/transports.ts";

const PASSWORD = "correct horse battery";

const folder = temporaryFolder();
let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  kerbside = await startKerbside({}, { dir: folder.dir });
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
  folder.remove();
});

const pathOf = (id: string) => `/v1/stations/${id}`;
const put = (id: string, registration: unknown) => kerbside.api("PUT", pathOf(id), registration);
const view = async (id: string) => (await kerbside.api("GET", pathOf(id))).body;
const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);

test("What is sent behind a request whose expectation cannot be met is not carried out: the connection is over", async () => {
  const body = '{ "securityProfile": 3 }';
  const head = ["Host: localhost", `Authorization: Bearer ${kerbside.edge.apiKey}`, "Content-Type: application/json"];
  const request = (line: string, ...more: string[]) => [line, ...head, ...more, "", ""].join("\r\n");
  const put = (id: string) => request(`PUT ${pathOf(id)} HTTP/1.1`, `Content-Length: ${body.length}`) + body;
  for (const before of ["", request("GET /healthz HTTP/1.1")]) {
    const sent = `${before}${request("GET /healthz HTTP/1.1", "Expect: foo")}${put("BEHIND-1")}${put("BEHIND-2")}`;
    const answers = (await askRaw(kerbside.edge.port, sent)).match(/HTTP\/1.1 \d+/g);
    expect(answers).toEqual([...(before === "" ? [] : ["HTTP/1.1 200"]), "HTTP/1.1 417"]);
    // What was asked for in vain would be there by then.
    await kerbside.register("ASKED-LATER", { securityProfile: 3 });
    for (const id of ["BEHIND-1", "BEHIND-2"]) expect((await kerbside.api("GET", pathOf(id))).status).toBe(404);
  }
});

describe("A changed registration", () => {
  const connected = async (id: string) => {
    await put(id, { securityProfile: 1, password: PASSWORD });
    const station = await TestStation.connect(over(kerbside, "http", id, { password: PASSWORD }));
    await station.call("Heartbeat");
    return station;
  };

  test.each<[string, Record<string, unknown>]>([
    ["a new password", { securityProfile: 1, password: "another password 123" }],
    ["other protocols", { securityProfile: 1, protocols: ["ocpp2.0.1"] }],
    ["another certificate", { securityProfile: 1, certificate: { commonName: "OTHER" } }],
    ["a higher profile", { securityProfile: 2 }],
  ])("with %s ends the open socket at once where that is asked for, and not before", async (what, change) => {
    const id = `APPLY-${what.length}`;
    const station = await connected(id);
    expect((await put(id, { ...change, apply: "next-connect" })).status).toBe(200);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    const now = await put(id, { ...change, labels: { a: "b" }, securityProfile: 3, apply: "now" });
    expect([now.status, now.body.apply]).toEqual([200, undefined]);
    expect(await station.closed).toEqual({ code: 1008, reason: "registration-changed" });
    await until("the event", () =>
      eventsFor(id).some(({ data }) => data.code === 1008 && data.reason === "registration-changed"),
    );
    expect((await view(id)).online).toBe(false);
  });

  test("that was left for the next connection ends the open one when the same is said again, to be at once", async () => {
    const station = await connected("AGAIN");
    const change = { securityProfile: 1, protocols: ["ocpp1.6"] };
    for (const password of ["another password 123", "a third password 1234"]) {
      expect((await put("AGAIN", { ...change, password, apply: "next-connect" })).status).toBe(200);
    }
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect((await put("AGAIN", { ...change, apply: "now" })).body).not.toHaveProperty("admissionRevision");
    expect(await station.closed).toEqual({ code: 1008, reason: "registration-changed" });
    const next = await TestStation.connect(over(kerbside, "http", "AGAIN", { password: "a third password 1234" }));
    await kerbside.edge.evict("AGAIN");
    expect((await put("AGAIN", { ...change, labels: { a: "b" }, apply: "now" })).status).toBe(200);
    expect((await next.call("Heartbeat"))[0]).toBe(3);
    next.kill();
  });

  test("that demands a higher profile than the connection's ends it, if nothing else is said", async () => {
    const station = await connected("RAISED");
    expect((await put("RAISED", { securityProfile: 1, labels: { a: "b" } })).status).toBe(200);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect((await put("RAISED", { securityProfile: 3 })).status).toBe(200);
    expect(await station.closed).toEqual({ code: 1008, reason: "registration-changed" });
  });

  test("is not applied at any other time", async () => {
    expect((await put("WHEN", { securityProfile: 0, apply: "later" })).status).toBe(422);
  });
});

test("A deregistered station that goes on speaking is out within the answer to the DELETE", async () => {
  await kerbside.register("GONE", { securityProfile: 1, password: PASSWORD });
  const station = await RawStation.connect(kerbside.edge.port, "/ocpp/GONE", [
    "Connection: Upgrade",
    `Authorization: Basic ${Buffer.from(`GONE:${PASSWORD}`).toString("base64")}`,
  ]);
  expect(station.status).toBe(101);
  let isOver = false;
  const speaking = (async () => {
    for (let index = 0; !isOver; index++) {
      station.send(TEXT, JSON.stringify([2, `m${index}`, "StatusNotification", STATUS_16]));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  expect((await kerbside.api("DELETE", pathOf("GONE"))).status).toBe(204);
  expect((await TestStation.refused(over(kerbside, "http", "GONE", { password: PASSWORD }))).status).toBe(404);
  isOver = true;
  await speaking;
  station.kill();
});

describe("A socket that the edge closed", () => {
  const flood = async (station: RawStation, frames: number) => {
    for (let index = 0; index < frames; index++) station.send(TEXT, `[2,"m${index}","Heartbeat",{}]`);
  };

  test("may bring what was on its way, which costs the newer connection nothing", async () => {
    await kerbside.register("STRAY");
    const old = await RawStation.connect(kerbside.edge.port, "/ocpp/STRAY");
    const young = await kerbside.station("STRAY");
    await flood(old, 200);
    expect((await young.call("Heartbeat"))[0]).toBe(3);
    expect(young.socket.readyState).toBe(young.socket.OPEN);
    old.kill();
    young.kill();
  });

  test("and that goes on sending ends with the object, whose next connection is served", async () => {
    await kerbside.register("STUBBORN");
    const old = await RawStation.connect(kerbside.edge.port, "/ocpp/STUBBORN");
    const young = await kerbside.station("STUBBORN");
    await young.call("StatusNotification", STATUS_16, "kept");
    await flood(old, 1_100);
    expect(await young.closed).toMatchObject({ code: 1006 });
    const next = await kerbside.station("STUBBORN");
    expect((await next.call("Heartbeat"))[0]).toBe(3);
    await until("what was kept", () => eventsFor("STUBBORN").some(({ data }) => data.messageId === "kept"));
    expect((await view("STUBBORN")).online).toBe(true);
    old.kill();
    next.kill();
  });
});

test("Large frames count by their size, and a reconnect brings no new ones", async () => {
  const length = 490_000;
  const started = Date.now();
  let taken = 0;
  for (const name of ["a", "b"]) {
    const station = await kerbside.station("LARGE");
    const payload = { vendorId: "v", data: "x".repeat(length) };
    for (let index = 0; index < 20; index++) station.send([2, `${name}${index}`, "DataTransfer", payload]);
    await until("the answers", () => station.frames.length === 20);
    taken += station.frames.filter(([, , , description]) => !/slow down/.test(description)).length;
    station.kill();
  }
  // The bucket fills while it is emptied, and the last one is taken on credit.
  const seconds = (Date.now() - started) / 1_000;
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThanOrEqual((8_000_000 + seconds * 1_000_000) / length + 1);
});

test("1,800 wrong passwords under many names cost no more than 200 comparisons, and who has proven one gets in", async () => {
  const names = Array.from({ length: 30 }, (_, index) => `GUESSED${index}`);
  for (const name of ["PROVEN", "FRESH", ...names]) {
    await kerbside.register(name, { securityProfile: 1, password: PASSWORD });
  }
  const proven = await TestStation.connect(over(kerbside, "http", "PROVEN", { password: PASSWORD }));
  const agent = new http.Agent({ maxSockets: 32 });
  const guess = async (name: string) => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      Authorization: `Basic ${Buffer.from(`${name}:no password of its`).toString("base64")}`,
    };
    return (await ask(`${kerbside.edge.httpUrl}/ocpp/${name}`, { agent, headers })).status;
  };
  const started = Date.now();
  const statuses = await Promise.all(Array.from({ length: 1_800 }, (_, index) => guess(names[index % 30] as string)));
  const seconds = (Date.now() - started) / 1_000;
  const count = (status: number) => statuses.filter((each) => each === status).length;
  expect(count(401)).toBeGreaterThan(0);
  // Each of them was compared, and none of the others.
  expect(count(401)).toBeLessThanOrEqual(200 + 3 * seconds + 1);
  expect(count(401) + count(429) + count(503)).toBe(1_800);
  expect((await proven.call("Heartbeat"))[0]).toBe(3);
  const again = await TestStation.connect(over(kerbside, "http", "PROVEN", { password: PASSWORD }));
  expect((await again.call("Heartbeat"))[0]).toBe(3);
  again.kill();
  // A certificate is nothing that could be guessed.
  await kerbside.register("CERTIFIED", { securityProfile: 3 });
  const socket = await certificateOf(kerbside, "CERTIFIED");
  (await TestStation.connect(over(kerbside, "mtls", "CERTIFIED", { socket }))).kill();
}, 60_000);

describe("A body", () => {
  const raw = (id: string, body: Buffer, more: http.OutgoingHttpHeaders = {}) =>
    ask(
      `${kerbside.edge.httpUrl}${pathOf(id)}`,
      {
        method: "PUT",
        headers: { Authorization: `Bearer ${kerbside.edge.apiKey}`, ...more },
      },
      body,
    );
  const around = (inner: Buffer) =>
    Buffer.concat([Buffer.from('{"securityProfile":1,"password":"'), inner, Buffer.from(' horse battery staple"}')]);

  test.each<[string, Buffer]>([
    ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe])],
    ["a lone surrogate, raw", Buffer.from([0xed, 0xa0, 0x80])],
    ["a lone surrogate as an escape", Buffer.from("\\ud800")],
    ["half a pair the wrong way round", Buffer.from("\\udc00\\ud800")],
  ])("with %s in a password is refused with 400", async (_, inner) => {
    for (const more of [{ "Content-Length": around(inner).length }, { "Transfer-Encoding": "chunked" }]) {
      const answer = await raw("UTF8", around(inner), more);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({
        type: "/problems/malformed-json",
        detail: expect.stringContaining("UTF-8"),
      });
    }
    expect((await kerbside.api("GET", pathOf("UTF8"))).status).toBe(404);
  });

  test("with a whole pair of surrogates is taken", async () => {
    expect((await raw("PAIR", around(Buffer.from("\\ud83d\\ude00")))).status).toBe(201);
  });

  test.each<[string, number, string, number]>([
    ["its length", 4_500_000, "known", 413],
    ["its length", 30_000_000, "known", 413],
    ["its length", 30_000_000, "unknown", 401],
    ["chunks", 30_000_000, "known", 413],
    ["chunks", 30_000_000, "unknown", 401],
  ])("with %s, of %i bytes, by a key that is %s, is answered %i, every time", async (by, bytes, key, status) => {
    const body = Buffer.alloc(bytes, "x");
    const headers = {
      Authorization: `Bearer ${key === "known" ? kerbside.edge.apiKey : "bad"}`,
      ...(by === "chunks" ? { "Transfer-Encoding": "chunked" } : { "Content-Length": bytes }),
    };
    const url = `${kerbside.edge.httpUrl}${pathOf("LARGE")}`;
    for (let upload = 0; upload < 8; upload++) {
      const answer = await ask(url, { method: "PUT", headers }, body);
      expect([answer.status, JSON.parse(answer.text).status]).toEqual([status, status]);
    }
  });

  const MUCH = `{"labels":{"a":"${"x".repeat(100_000 - 18)}"}`;
  test.each([
    ["breaks off", "Content-Length: 300000", MUCH],
    ["goes on as no chunk", "Transfer-Encoding: chunked", `186a0\r\n${MUCH}\r\nzz\r\n`],
  ])("that %s is its client's fault, and none of the edge's", async (_, header, body) => {
    const lines: string[] = [];
    const edge = await startKerbside({}, { log: (line) => lines.push(line) });
    const key = `Authorization: Bearer ${edge.edge.apiKey}`;
    const head = [`PUT ${pathOf("BROKEN")} HTTP/1.1`, "Host: a", key, header, "", ""].join("\r\n");
    const socket = net.connect(edge.edge.port, "127.0.0.1");
    const closed = once(socket, "close");
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    socket.write(head + body);
    // Until it is on its way to the Worker.
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.end();
    await closed;
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect((await edge.api("GET", pathOf("BROKEN"))).status).toBe(404);
    await edge.stop();
    expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test("with another transfer coding than chunks is refused", async () => {
    const answer = await raw("CODED", Buffer.from("{}"), { "Transfer-Encoding": "gzip, chunked" });
    expect([answer.status, JSON.parse(answer.text).type]).toEqual([501, "/problems/not-implemented"]);
  });

  test("that names `__proto__` is refused, wherever it does", async () => {
    for (const body of [
      '{"securityProfile":0,"labels":{"__proto__":"x"}}',
      '{"securityProfile":0,"__proto__":{}}',
      '{"securityProfile":0,"labels":{"\\u005f_proto__":"x"}}',
    ]) {
      const answer = await raw("PROTO", Buffer.from(body));
      expect(answer.status).toBe(422);
      expect(JSON.parse(answer.text).errors[0].path).toMatch(/__proto__$/);
    }
  });

  test("whose field has a name of 1 MB is refused with less than that", async () => {
    for (const body of [
      JSON.stringify({ securityProfile: 0, ["n".repeat(1_000_000)]: 1 }),
      JSON.stringify({ securityProfile: 0, labels: { ["n".repeat(1_000_000)]: "x" } }),
      `{"securityProfile":0,"heartbeatIntervalSeconds":1${"0".repeat(1_000_000)}1}`,
    ]) {
      const answer = await raw("LONG", Buffer.from(body));
      expect(answer.status).toBe(422);
      expect(answer.text.length).toBeLessThan(1_000);
    }
  });
});

describe("A listing", () => {
  const list = (query: string) => kerbside.api("GET", `/v1/stations?${query}`);
  const labels = (count: number) => Array.from({ length: count }, (_, index) => `label.k${index}=v`).join("&");

  test("takes ten filters by label, and names the eleventh that it does not", async () => {
    expect((await list(labels(10))).status).toBe(200);
    for (const count of [11, 49]) {
      const { status, body } = await list(labels(count));
      expect([status, body.errors[0].path]).toEqual([422, "/label.k10"]);
    }
  });

  test.each(["__proto__", "constructor", "toString"])("does not drop the parameter `%s`", async (name) => {
    const { status, body } = await list(`${name}=x`);
    expect([status, body.errors[0].path]).toEqual([422, `/${name}`]);
  });
});

describe("A web page", () => {
  const connect = (origin: string, id = "PAGE") =>
    TestStation.connect(over(kerbside, "http", id, { socket: { headers: { origin } } })).catch((error) => error);

  test.each(["https://evil.example", "http://localhost:3000", "http://evil.example:8080", "null"])(
    "of the origin %s is no station",
    async (origin) => {
      await kerbside.register("PAGE");
      const refused = await connect(origin);
      expect(refused).toMatchObject({ status: 403 });
      expect(JSON.parse(refused.body).type).toBe("/problems/foreign-origin");
    },
  );

  test("of the edge itself may connect", async () => {
    await kerbside.register("PAGE");
    for (const own of [kerbside.edge.httpUrl, kerbside.edge.tlsUrl, `http://127.0.0.1:${kerbside.edge.port}`]) {
      const station = await connect(own);
      expect(station).toBeInstanceOf(TestStation);
      station.kill();
    }
  });
});

describe("What workerd keeps", () => {
  /** Of every file and folder below. */
  const openToOthers = (dir: string): string[] =>
    readdirSync(dir, { recursive: true })
      .map((name) => join(dir, String(name)))
      .filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);

  test("can be read by nobody else", async () => {
    await kerbside.register("KEPT");
    const state = join(folder.dir, "state");
    expect(readdirSync(state, { recursive: true }).some((name) => String(name).endsWith(".sqlite"))).toBe(true);
    expect(openToOthers(state)).toEqual([]);
    expect(statSync(state).mode & 0o077).toBe(0);
  });

  test("is closed to others where an older release left it open", () => {
    const old = temporaryFolder();
    const state = join(old.dir, "state");
    mkdirSync(join(state, "do"), { recursive: true });
    writeFileSync(join(state, "do", "a.sqlite"), "");
    chmodSync(join(state, "do", "a.sqlite"), 0o644);
    for (const each of [join(state, "do"), state]) chmodSync(each, 0o755);
    closeToOthers(state);
    expect(openToOthers(old.dir)).toEqual([]);
    expect(statSync(join(state, "do", "a.sqlite")).mode & 0o777).toBe(0o600);
    old.remove();
  });
});
