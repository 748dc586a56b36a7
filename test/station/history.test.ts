import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/security/api-key.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { ObserverSocket } from "../support/observer-socket.ts";
import { BOOT_16, BOOT_2X, type Frame, STATUS_16, type TestStation } from "../support/test-station.ts";

const ALL = "a-key-with-every-scope";
const MASKED = "a-key-that-reads-masked";
const entryOf = (name: string, scopes: readonly string[]) => ({
  name,
  sha256: createHash("sha256").update(name).digest("hex"),
  scopes,
});
const KEYS = [entryOf(ALL, SCOPES), entryOf(MASKED, ["messages:read"]), entryOf("none", ["stations:read"])];

let kerbside: Kerbside;
let csms: HttpPeer;
/** Of the edge's log. */
const lines: string[] = [];
beforeAll(async () => {
  csms = await HttpPeer.start();
  kerbside = await startKerbside(
    { API_KEYS: JSON.stringify(KEYS), CSMS_URL: csms.url },
    { log: (line) => lines.push(line) },
  );
});
afterAll(async () => {
  await kerbside?.stop();
  await csms?.stop();
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const api = (method: string, path: string, body?: unknown, key = ALL) => kerbside.api(method, path, body, bearer(key));
const register = async (id: string, registration = {}) => {
  const { status } = await api("PUT", `/v1/stations/${id}`, {
    securityProfile: 0,
    csms: "standalone",
    ...registration,
  });
  expect(status).toBe(201);
};
const connect = (id: string, protocols = ["ocpp1.6"]) => kerbside.station(id, { register: false, protocols });
const messages = async (id: string, query = "", key = ALL) =>
  (await api("GET", `/v1/stations/${id}/messages${query}`, undefined, key)).body;

describe("The history of a station", () => {
  test("has both sides of each CALL on one entry, newest first, commands among them", async () => {
    await register("H1", { csms: "http" });
    csms.reply = () => ({ body: { payload: { idTagInfo: { status: "Accepted" } } }, delayMs: 30 });
    const station = await connect("H1");
    await station.call("StatusNotification", STATUS_16, "s1");
    await station.call("Authorize", { idTag: "TAG-0042" }, "a1");
    await station.call("Authorize", { idTag: 42 }, "refused-1");
    station.answerCalls(() => ({
      configurationKey: [{ key: "AuthorizationKey", readonly: false, value: "hunter22" }],
    }));
    await api("POST", "/v1/stations/H1/commands", {
      action: "GetConfiguration",
      payload: { key: ["AuthorizationKey"] },
    });
    const page = await messages("H1");
    expect(page.cursor).toBeNull();
    expect(page.messages.map(({ type }: { type: string }) => type)).toEqual([
      "ocpp.command.completed",
      "ocpp.call.refused",
      "ocpp.call",
      "ocpp.call",
      "ocpp.station.connected",
    ]);
    const [command, refused, authorize, status, connected] = page.messages;
    expect(command).toMatchObject({
      ...{ direction: "out", action: "GetConfiguration", state: "result", answeredBy: "station" },
      payload: { key: ["AuthorizationKey"] },
      answer: { configurationKey: [{ key: "AuthorizationKey", readonly: false, value: "hunter22" }] },
      ...{ latencyMs: expect.any(Number), createdAt: expect.any(String), completedAt: expect.any(String) },
    });
    expect(refused).toMatchObject({
      ...{ direction: "in", action: "Authorize", messageId: "refused-1", payload: { idTag: 42 }, path: "/idTag" },
      answer: { error: { code: "TypeConstraintViolation", details: {} } },
      answeredBy: "edge",
    });
    expect(authorize).toMatchObject({
      ...{ direction: "in", action: "Authorize", messageId: "a1", payload: { idTag: "TAG-0042" }, answeredBy: "csms" },
      answer: { idTagInfo: { status: "Accepted" } },
    });
    expect(authorize.latencyMs).toBeGreaterThanOrEqual(25);
    expect(status).toMatchObject({ action: "StatusNotification", answer: {}, answeredBy: "edge" });
    expect(status.latencyMs).toBeLessThan(10_000);
    expect(connected).toMatchObject({ direction: null, connection: { protocol: "ocpp1.6", securityProfile: 0 } });
    const masked = JSON.stringify(await messages("H1", "", MASKED));
    expect(masked).not.toMatch(/hunter22|TAG-0042/);
    expect(masked).toContain("•••");
    station.kill();
  });

  test("is read page by page, both ways, by action and by type, and no page twice", async () => {
    await register("H2");
    const station = await connect("H2");
    await station.call("BootNotification", BOOT_16);
    for (let i = 0; i < 12; i++) await station.call("StatusNotification", { ...STATUS_16, connectorId: i }, `s${i}`);
    for (let i = 0; i < 4; i++) await station.call("Authorize", { idTag: `T${i}` }, `a${i}`);
    const walk = async (query: string, by: "before" | "after") => {
      const ids: string[] = [];
      for (let cursor: number | null | undefined; cursor !== null; ) {
        const page = await messages("H2", `?${query}${cursor === undefined ? "" : `&${by}=${cursor}`}`);
        ids.push(...page.messages.map((each: { messageId: string; type: string }) => each.messageId ?? each.type));
        cursor = page.cursor;
      }
      return ids;
    };
    const all = await walk("limit=5", "before");
    expect(all).toHaveLength(18);
    expect(all.slice(0, 5)).toEqual(["a3", "a2", "a1", "a0", "s11"]);
    expect(new Set(all).size).toBe(18);
    expect(
      (await messages("H2", "?after=0&limit=2")).messages.map(({ sequence }: { sequence: number }) => sequence),
    ).toEqual([1, 2]);
    expect(await walk("limit=3&action=Authorize", "before")).toEqual(["a3", "a2", "a1", "a0"]);
    expect(await walk("type=ocpp.station.connected", "before")).toEqual(["ocpp.station.connected"]);
    const [newest] = (await messages("H2", "?limit=1")).messages;
    const between = await messages("H2", `?after=${newest.sequence - 3}&before=${newest.sequence}`);
    expect(between.messages.map(({ messageId }: { messageId: string }) => messageId)).toEqual(["a2", "a1"]);
    for (const bad of ["?limit=0", "?limit=201", "?limit=x", "?before=-1", "?type=other", "?other=1"]) {
      expect((await api("GET", `/v1/stations/H2/messages${bad}`)).status).toBe(422);
    }
    station.kill();
  });

  test("keeps a frame that is none whole, and a refused CALL, up to 4,000 characters", async () => {
    await register("H3");
    const station = await connect("H3", ["ocpp2.0.1"]);
    await station.call("BootNotification", BOOT_2X);
    const bad = `[2,"bad","Authorize",{"idToken":"${"x".repeat(3_000)}`;
    station.send(bad);
    expect((await station.next())[0]).toBe(4);
    await station.call("Authorize", { idToken: { idToken: "y".repeat(5_000), type: "Central" } }, "long");
    station.send([2, 17, "Heartbeat", {}]);
    await station.next();
    const { messages: list } = await messages("H3");
    const security = list.find(({ type }: { type: string }) => type === "ocpp.security");
    expect(security).toMatchObject({ direction: "in", security: { kind: "malformed-frame", excerpt: bad, path: "" } });
    const [cut, whole] = list.filter(({ type }: { type: string }) => type === "ocpp.call.refused");
    expect(whole).toMatchObject({ messageId: "bad" });
    expect(cut).toMatchObject({ messageId: "long", path: "/idToken/idToken", isCut: true });
    expect(cut.payload).toHaveLength(4_000);
    const masked = JSON.stringify(await messages("H3", "", MASKED));
    expect(masked).not.toMatch(/xxx|yyy/);
    station.kill();
  });

  test("needs its scope and a station that is registered", async () => {
    await register("H4");
    for (const what of ["messages", "connections"]) {
      expect((await kerbside.api("GET", `/v1/stations/H4/${what}`, undefined, {})).status).toBe(401);
      expect((await api("GET", `/v1/stations/H4/${what}`, undefined, "none")).status).toBe(403);
      expect((await api("GET", `/v1/stations/NONE/${what}`)).status).toBe(404);
      expect((await api("GET", `/v1/stations/H4/${what}`, undefined, MASKED)).status).toBe(200);
    }
  });
});

describe("The connections of a station", () => {
  const connections = async (id: string) =>
    (await api("GET", `/v1/stations/${id}/connections`, undefined, MASKED)).body.connections;

  test("are the last twenty, the live one first, also where the log has lost them and the object slept", async () => {
    await register("C1");
    for (let i = 0; i < 22; i++) {
      const station = await connect("C1");
      await station.call("Heartbeat");
      if (i === 20) station.socket.close(4001, `over; and | out ${i}`);
      else station.socket.close(1000);
      await station.closed;
    }
    await until("the end", async () => (await connections("C1"))[0]?.disconnectedAt !== null);
    const station = await connect("C1");
    // Enough for the ring to have lost all of them.
    for (let i = 0; i < 230; i++) station.send([2, `s${i}`, "StatusNotification", STATUS_16]);
    for (let i = 0; i < 230; i++) await station.next();
    await kerbside.edge.evict("C1");
    for (let i = 0; i < 3; i++) await station.call("Heartbeat");
    const list = await connections("C1");
    expect(list).toHaveLength(20);
    expect(list[0]).toMatchObject({
      ...{ protocol: "ocpp1.6", securityProfile: 0, remoteAddress: "127.0.0.1", certificate: null },
      ...{ disconnectedAt: null, code: null, reason: null, heartbeats: 3, durationSeconds: expect.any(Number) },
    });
    expect(list[1]).toMatchObject({ code: 1000, reason: "closed by the station", durationSeconds: expect.any(Number) });
    expect(list[2]).toMatchObject({ code: 4001, reason: "over; and | out 20" });
    expect(
      list.every(
        ({ connectedAt, disconnectedAt }: { connectedAt: string; disconnectedAt: string | null }) =>
          (disconnectedAt ?? "9") >= connectedAt,
      ),
    ).toBe(true);
    expect(new Set(list.map(({ connectionId }: { connectionId: string }) => connectionId)).size).toBe(20);
    const [connected] = (await messages("C1", "?type=ocpp.station.connected")).messages;
    expect(connected?.connection.connectionId ?? list[0].connectionId).toBe(list[0].connectionId);
    station.kill();
    await until("its end", async () => (await connections("C1"))[0].disconnectedAt !== null);
    expect((await connections("C1"))[0]).not.toHaveProperty("heartbeats");
    await api("DELETE", "/v1/stations/C1");
    await register("C1");
    expect(await connections("C1")).toEqual([]);
  });
});

describe("Who watches a station", () => {
  const observers: ObserverSocket[] = [];
  afterAll(() => {
    for (const each of observers) each.end();
  });
  const urlOf = (id: string, after?: string) =>
    `ws://localhost:${kerbside.edge.port}/v1/stations/${id}/live${after === undefined ? "" : `?after=${after}`}`;
  const watch = async (id: string, after?: string, key = ALL) => {
    const observer = await ObserverSocket.connect(urlOf(id, after), key);
    observers.push(observer);
    return observer;
  };
  /** Every frame on the station's line, as the station has it. */
  const lineOf = (station: TestStation) => {
    const line: Frame[] = [];
    const send = station.send.bind(station);
    station.send = (frame) => {
      line.push(frame as Frame);
      send(frame);
    };
    station.socket.prependListener("message", (data) => line.push(JSON.parse(String(data))));
    return line;
  };
  const framesOf = (told: readonly ObserverSocket[]) => told.flatMap(({ frames }) => frames.map(({ frame }) => frame));

  test("sees each frame once and in order, over ten sleeps and five reconnects, while the station goes on charging", async () => {
    await register("T1");
    const station = await connect("T1");
    const line = lineOf(station);
    station.answerCalls(() => ({ status: "Accepted" }));
    const seen = [await watch("T1")];
    let transactionId = 0;
    const charge = async (round: number) => {
      await station.call("Heartbeat", {}, `h${round}`);
      const [, , started] = await station.call("StartTransaction", { ...START, meterStart: round }, `start${round}`);
      transactionId = started.transactionId;
      await station.call("Heartbeat");
      const sampledValue = Array.from({ length: 30 }, (_, i) => ({ value: String(i), measurand: "Voltage" }));
      const meterValue = [{ timestamp: "2026-11-28T12:00:00Z", sampledValue }];
      await station.call("MeterValues", { connectorId: 1, transactionId, meterValue }, `mv${round}`);
      await station.call("StatusNotification", STATUS_16, `s${round}`);
      const meter = { meterStop: round + 1, timestamp: "2026-11-28T13:00:00Z" };
      await station.call("StopTransaction", { transactionId, ...meter }, `stop${round}`);
    };
    await station.call("BootNotification", BOOT_16);
    for (let round = 0; round < 5; round++) {
      await kerbside.edge.evict("T1");
      await charge(round);
      if (round % 2 === 0) await api("POST", "/v1/stations/T1/commands", { action: "ClearCache", payload: {} });
      await until("the frames", () => framesOf(seen).length === line.length);
      const { cursor } = seen.at(-1) as ObserverSocket;
      seen.at(-1)?.end();
      await station.call("Heartbeat", {}, `away${round}`);
      await kerbside.edge.evict("T1");
      await station.call("StatusNotification", { ...STATUS_16, connectorId: 2 }, `gone${round}`);
      await station.call("Heartbeat");
      seen.push(await watch("T1", cursor));
    }
    await charge(9);
    await until("the frames", () => framesOf(seen).length >= line.length);
    expect(framesOf(seen)).toEqual(line);
    const told = seen.flatMap((each) => each.told);
    expect(told.filter(({ gap, entry }) => gap !== undefined || entry !== undefined)).toEqual([]);
    for (const { at, direction, frame } of told.filter(({ frame }) => frame !== undefined)) {
      expect(new Date(at).getTime()).toBeGreaterThan(Date.now() - 600_000);
      expect(direction).toBe(frame[0] === 2 ? (line.includes(frame) ? "in" : direction) : direction);
    }
    const answers = told.filter(
      ({ direction, frame }) => direction === "out" && /^(s|mv|stop)\d/.test(frame?.[1] ?? ""),
    );
    expect(answers.length).toBeGreaterThan(10);
    const kept = new Map(
      (await messages("T1", "?limit=200")).messages.map((each: { messageId: string; sequence: number }) => [
        each.messageId,
        each.sequence,
      ]),
    );
    for (const { frame, sequence } of answers) expect(sequence).toBe(kept.get(frame[1]));
    station.kill();
  });

  test("sees the station come and go, also where the object slept alone with its observers", async () => {
    await register("T2");
    const observer = await watch("T2");
    expect(observer.told).toEqual([{ cursor: expect.any(String), live: { online: false, heartbeats: 0 } }]);
    await kerbside.edge.evict("T2");
    const first = await connect("T2");
    await first.call("Heartbeat", {}, "h1");
    first.kill();
    await until("its end", () => observer.told.some(({ type }) => type === "ocpp.station.disconnected"));
    await kerbside.edge.evict("T2");
    const second = await connect("T2");
    await second.call("Heartbeat", {}, "h2");
    await until("the frames", () => observer.frames.length === 4);
    expect(observer.told.slice(1).map(({ type, frame }) => type ?? frame[1])).toEqual([
      ...["ocpp.station.connected", "h1", "h1", "ocpp.station.disconnected"],
      ...["ocpp.station.connected", "h2", "h2"],
    ]);
    const numbers = observer.told.map(({ cursor }) => Number(cursor.split(".")[2]));
    expect(numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // From the middle of it, over the station's reconnect.
    const again = await watch("T2", observer.told[2].cursor);
    expect(again.told.slice(0, -1)).toEqual(
      observer.told.slice(3).map((each) => ({ ...each, cursor: expect.any(String) })),
    );
    await api("DELETE", "/v1/stations/T2");
    await until("the end", () => observer.closed !== null && again.closed !== null);
    expect(observer.closed).toEqual({ code: 1008, reason: "deregistered" });
    expect(observer.told.at(-1)).toMatchObject({ type: "ocpp.station.disconnected", connection: { code: 1008 } });
  });

  test("is shown the log's events in the place of frames that are not kept, and told what is lost", async () => {
    await register("T3");
    const station = await connect("T3");
    await station.call("StatusNotification", STATUS_16, "s1");
    await station.call("Heartbeat");
    const all = await watch("T3", "0");
    expect(all.told.map(({ entry, live, ...rest }) => entry?.type ?? live?.heartbeats ?? rest)).toEqual([
      "ocpp.station.connected",
      "ocpp.call",
      1,
    ]);
    // Behind what other tests' registrations had.
    const { sequence } = all.told[1].entry;
    expect(all.told[1].entry).toMatchObject({ messageId: "s1", answer: {}, payload: STATUS_16 });
    all.end();
    const later = await watch("T3", `${sequence - 1}.${"0".repeat(8)}.7`);
    expect(later.told.map(({ gap, entry, live }) => gap ?? entry?.sequence ?? typeof live)).toEqual([
      { frames: null },
      sequence,
      "object",
    ]);
    // More than is kept for who is away.
    const { cursor } = later;
    later.end();
    for (let i = 0; i < 250; i++) station.send([2, `x${i}`, "StatusNotification", STATUS_16]);
    for (let i = 0; i < 250; i++) await station.next();
    const back = await watch("T3", cursor);
    const [missed, lost, first] = back.told;
    expect(missed.gap).toEqual({ frames: 500 });
    expect(lost.gap).toEqual({ from: sequence + 1, to: first.entry.sequence - 1 });
    expect(back.told.at(-2).entry).toMatchObject({ messageId: "x249", sequence: sequence + 250 });
    const sequences = back.told.slice(2, -1).map(({ entry }) => entry.sequence);
    expect(sequences).toEqual(Array.from({ length: 200 }, (_, i) => sequence + 51 + i));
    station.kill();
  });

  test("sees no secret without the scope, in frames or in events, and all with it", async () => {
    await register("T4");
    const station = await connect("T4");
    const [masked, whole] = [await watch("T4", "0", MASKED), await watch("T4")];
    station.answerCalls(() => ({
      configurationKey: [{ key: "AuthorizationKey", readonly: false, value: "hunter22" }],
    }));
    await station.call("Authorize", { idTag: "TAG-0042" }, "a1");
    await station.call("DataTransfer", { vendorId: "v", data: "pin 1234" });
    station.send('[2,"odd","Authorize",{"idTag":"TAG-0042"');
    await station.next();
    await station.call("Heartbeat", {}, "last");
    await api("POST", "/v1/stations/T4/commands", {
      action: "ChangeConfiguration",
      payload: { key: "AuthorizationKey", value: "hunter22" },
    });
    await until("all", () => masked.frames.length === whole.frames.length && whole.frames.length >= 10);
    expect(JSON.stringify(masked.told)).not.toMatch(/TAG-0042|1234|hunter22/);
    expect(JSON.stringify(whole.told)).toMatch(/TAG-0042.*1234.*TAG-0042.*hunter22.*hunter22/);
    expect(masked.frames.map(({ cursor }) => cursor)).toEqual(whole.frames.map(({ cursor }) => cursor));
    const back = JSON.stringify((await watch("T4", masked.told[1].cursor, MASKED)).told);
    expect(back).not.toMatch(/TAG-0042|1234|hunter22/);
    expect(back).toContain("•••");
    station.kill();
  });

  test("is one of five at most, says little, and needs its scope and its subprotocol", async () => {
    await register("T5");
    const five = await Promise.all(Array.from({ length: 5 }, () => watch("T5")));
    await kerbside.edge.evict("T5");
    expect((await watch("T5")).status).toBe(429);
    five[0]?.socket.close();
    await until("its end", () => five[0]?.closed);
    const bearer = `kerbside.bearer.${Buffer.from(MASKED).toString("base64url")}`;
    const browser = new ObserverSocket(urlOf("T5"), {}, ["kerbside.live.v1", bearer]);
    observers.push(browser);
    await until("it", () => browser.told.length === 1);
    expect(browser.socket.protocol).toBe("kerbside.live.v1");
    for (let i = 0; i < 61; i++) browser.socket.send("hello");
    await until("its end", () => browser.closed);
    expect(browser.closed).toEqual({ code: 1008, reason: "too many messages" });
    const statusOf = async (id: string, key: string, protocols: string[], after?: string) => {
      const observer = new ObserverSocket(urlOf(id, after), { authorization: `Bearer ${key}` }, protocols);
      observers.push(observer);
      return until("an answer", () => observer.status || undefined);
    };
    expect(await statusOf("T5", ALL, ["other"])).toBe(400);
    expect(await statusOf("T5", "none", ["kerbside.live.v1"])).toBe(403);
    expect(await statusOf("T5", "unknown", ["kerbside.live.v1"])).toBe(401);
    expect(await statusOf("NONE", ALL, ["kerbside.live.v1"])).toBe(404);
    expect(await statusOf("T5", ALL, ["kerbside.live.v1"], "yesterday")).toBe(422);
    expect((await api("GET", "/v1/stations/T5/live")).status).toBe(426);
  });

  test("that does not take what it is sent is closed, and the station is answered all the while", async () => {
    await register("T6");
    const station = await connect("T6");
    const [slow, quick] = [await watch("T6"), await watch("T6")];
    slow.socket.pause();
    const data = "€".repeat(480_000);
    const transfer = { action: "DataTransfer", payload: { vendorId: "v", data } };
    station.answerCalls(() => ({ status: "Accepted" }));
    const isFound = () => lines.some((line) => line.includes("an observer is too slow"));
    // What lies between it and the object takes some 20 MB.
    for (let i = 0; i < 16 && !isFound(); i++)
      expect((await station.call("DataTransfer", { vendorId: "v", data }))[0]).toBe(3);
    for (let i = 0; i < 24 && !isFound(); i++)
      expect((await api("POST", "/v1/stations/T6/commands", transfer)).status).toBe(200);
    expect((await station.call("Heartbeat", {}, "last"))[0]).toBe(3);
    await until("the frames", () => quick.frames.at(-1)?.frame[1] === "last" && quick.frames.length % 2 === 0);
    slow.socket.resume();
    await until("its end", () => slow.closed);
    expect(slow.closed).toEqual({ code: 1013, reason: "too slow" });
    expect(slow.frames.length).toBeLessThan(quick.frames.length);
    expect(quick.closed).toBeNull();
    // What it was not sent it is given, or told of.
    const back = await watch("T6", slow.cursor);
    const [first] = back.told;
    const numberOf = ({ cursor }: { cursor: string }) => Number(cursor.split(".")[2]);
    if (first.gap === undefined || first.gap.frames === 1) expect(numberOf(first)).toBe(numberOf(slow.told.at(-1)) + 1);
    else expect(first.gap.frames).toBe(numberOf(back.told.at(-1)) - numberOf(slow.told.at(-1)));
    station.kill();
  });
});

const START = { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp: "2026-11-28T12:00:00Z" };
