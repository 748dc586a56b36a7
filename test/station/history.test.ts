import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/security/api-key.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X, STATUS_16 } from "../support/test-station.ts";

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
beforeAll(async () => {
  csms = await HttpPeer.start();
  kerbside = await startKerbside({ API_KEYS: JSON.stringify(KEYS), CSMS_URL: csms.url });
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
