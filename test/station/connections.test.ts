import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { expectRefusal } from "../support/problems.ts";
import { STATUS_16, TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "10" });
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
const eventsFor = (id: string): TestEvent[] => eventsOf(receiver).filter(({ subject }) => subject === id);
const summary = (id: string) =>
  eventsFor(id).map(({ type, data }) => `${type.slice("ocpp.".length)} ${data.reason ?? data.action ?? ""}`.trim());

/** workerd keeps the connection below a closed socket for 10 s if nothing ever came over it: so something does. */
async function connect(id: string): Promise<TestStation> {
  const station = await kerbside.station(id);
  await station.call("Heartbeat");
  return station;
}

/** The events of a station are in order: once its last one is there, what is missing before it never was. */
async function endOf(id: string): Promise<string[]> {
  expect((await kerbside.api("POST", `/v1/stations/${id}/disconnect`)).status).toBe(204);
  await until("the last event", () => summary(id).at(-1) === "station.disconnected disconnected by the operator");
  return summary(id);
}
const LAST = "station.disconnected disconnected by the operator";

describe("A newer connection of the same identity", () => {
  test("replaces the older one, which closes with 1008 `superseded`", async () => {
    const old = await connect("NEWER");
    const before = (await view("NEWER")).connection;
    const young = await connect("NEWER");
    expect(await old.closed).toEqual({ code: 1008, reason: "superseded" });
    const { online, connection } = await view("NEWER");
    expect(online).toBe(true);
    expect(Date.parse(connection.since)).toBeGreaterThanOrEqual(Date.parse(before.since));
    expect((await young.call("Heartbeat"))[0]).toBe(3);
    expect(await endOf("NEWER")).toEqual([
      "station.connected",
      "station.disconnected superseded",
      "station.connected",
      LAST,
    ]);
    const [first, gone, second] = eventsFor("NEWER");
    expect(gone.data).toMatchObject({ connectionId: first.data.connectionId, code: 1008 });
    expect(second.data.connectionId).not.toBe(first.data.connectionId);
  });

  test("may speak another version, on another transport", async () => {
    await kerbside.register("SWITCH", { password: "correct horse battery" });
    const old = await connect("SWITCH");
    const options = { password: "correct horse battery", protocols: ["ocpp2.0.1"] };
    const young = await TestStation.connect(over(kerbside, "tls", "SWITCH", options));
    expect(await old.closed).toMatchObject({ reason: "superseded" });
    expect((await view("SWITCH")).connection).toMatchObject({ protocol: "ocpp2.0.1", securityProfile: 2 });
    young.kill();
  });

  test.each([
    ["", false],
    [", even if the object slept in between", true],
  ])("never hears what the older one still says%s", async (_, sleeps) => {
    const id = sleeps ? "LATE-ASLEEP" : "LATE";
    const old = await connect(id);
    // It does not read, so it has not seen yet that it was closed.
    old.socket.pause();
    const young = await connect(id);
    if (sleeps) await kerbside.edge.evict(id);
    old.send([2, "late", "StatusNotification", STATUS_16]);
    old.send("no OCPP at all");
    old.send([3, "late", {}]);
    old.socket.resume();
    expect(await old.closed).toMatchObject({ code: 1008, reason: "superseded" });
    expect(old.frames.map(([, messageId]) => messageId)).not.toContain("late");
    expect((await young.call("StatusNotification", STATUS_16))[0]).toBe(3);
    expect((await view(id)).online).toBe(true);
    expect(await endOf(id)).toEqual([
      "station.connected",
      "station.disconnected superseded",
      "station.connected",
      "call StatusNotification",
      LAST,
    ]);
  });

  test.each<[string, (old: TestStation) => unknown]>([
    ["breaks", (old) => old.kill()],
    ["is closed by the station", (old) => old.socket.close(1001, "late goodbye")],
  ])("stays online when the older one %s at last", async (how, end) => {
    const id = `END-${how.length}`;
    const old = await connect(id);
    old.socket.pause();
    const young = await connect(id);
    const { since } = (await view(id)).connection;
    end(old);
    old.socket.resume();
    await old.closed;
    expect((await young.call("Heartbeat"))[0]).toBe(3);
    expect((await view(id)).connection.since).toBe(since);
    expect(await endOf(id)).toEqual([
      "station.connected",
      "station.disconnected superseded",
      "station.connected",
      LAST,
    ]);
  });

  test("gets the commands", async () => {
    const old = await connect("COMMANDED");
    old.answerCalls(() => ({ status: "Rejected" }));
    old.socket.pause();
    const young = await connect("COMMANDED");
    young.answerCalls(() => ({ status: "Accepted" }));
    const { body } = await kerbside.command("COMMANDED", "Reset", { type: "Soft" });
    expect(body).toMatchObject({ state: "result", payload: { status: "Accepted" } });
    old.kill();
  });

  test("replaces one whose object sleeps", async () => {
    const old = await connect("ASLEEP");
    await kerbside.edge.evict("ASLEEP");
    await connect("ASLEEP");
    expect(await old.closed).toEqual({ code: 1008, reason: "superseded" });
    expect(await endOf("ASLEEP")).toEqual([
      "station.connected",
      "station.disconnected superseded",
      "station.connected",
      LAST,
    ]);
  });

  test("is the only one left of ten that come at once, and each of the others is ended once", async () => {
    await kerbside.register("CROWD");
    const stations = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const station = await TestStation.connect(over(kerbside, "http", "CROWD"));
        station.send([2, "hello", "Heartbeat", {}]);
        return station;
      }),
    );
    const isOpen = ({ socket }: TestStation) => socket.readyState === socket.OPEN;
    await until("nine to be closed", () => stations.filter(isOpen).length === 1);
    const [left] = stations.filter(isOpen);
    expect((await view("CROWD")).online).toBe(true);
    expect((await left?.call("Heartbeat", {}, "hello"))?.[0]).toBe(3);
    const told = await endOf("CROWD");
    expect(told.filter((text) => text === "station.connected")).toHaveLength(10);
    expect(told.filter((text) => text === "station.disconnected superseded")).toHaveLength(9);
    const ended = eventsFor("CROWD").filter(({ type }) => type === "ocpp.station.disconnected");
    expect(new Set(ended.map(({ data }) => data.connectionId)).size).toBe(10);
    expect((await left?.closed)?.code).toBe(1000);
  });

  test("that is refused leaves the older one as it is", async () => {
    const password = "correct horse battery";
    const station = await kerbside.station("KEPT", { user: "KEPT", password }, { securityProfile: 1, password });
    const { since } = (await view("KEPT")).connection;
    expectRefusal(await TestStation.refused(over(kerbside, "http", "KEPT")), "credentials");
    const unspoken = over(kerbside, "http", "KEPT", { password, protocols: ["mqtt"] });
    expectRefusal(await TestStation.refused(unspoken), "subprotocol");
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    expect((await view("KEPT")).connection.since).toBe(since);
  });
});

describe("A connection that ends", () => {
  test("by the station is over with its code and reason, once", async () => {
    const station = await connect("LEAVER");
    station.socket.close(1001, "going to sleep");
    expect(await station.closed).toMatchObject({ code: 1001 });
    await until("the end", async () => !(await view("LEAVER")).online);
    const again = await connect("LEAVER");
    expect((await endOf("LEAVER")).slice(0, 3)).toEqual([
      "station.connected",
      "station.disconnected going to sleep",
      "station.connected",
    ]);
    expect(eventsFor("LEAVER")[1].data).toMatchObject({ code: 1001 });
    await again.closed;
  });

  test.each([[1000], [3000], [4999]])("by the station with the code %i gets that code back", async (code) => {
    const station = await connect(`CODE-${code}`);
    station.socket.close(code);
    expect((await station.closed).code).toBe(code);
  });

  test("by the station without a code gets an answer too", async () => {
    const station = await connect("CODELESS");
    station.socket.close();
    expect((await station.closed).code).toBe(1005);
    await until("the end", async () => !(await view("CODELESS")).online);
  });

  test("without a word is over as well", async () => {
    const station = await connect("BROKEN");
    station.kill();
    await until("the end", async () => !(await view("BROKEN")).online);
    await until("the event", () => summary("BROKEN").length === 2);
    expect(eventsFor("BROKEN")[1].data.code).toBe(1006);
  });

  test("by `POST /disconnect` closes with 1000, and the station may come back at once", async () => {
    const station = await connect("ASKED");
    expect((await kerbside.api("POST", "/v1/stations/ASKED/disconnect")).status).toBe(204);
    expect((await station.closed).code).toBe(1000);
    expect(await view("ASKED")).toMatchObject({ online: false, connection: null });
    await connect("ASKED");
    expect((await view("ASKED")).online).toBe(true);
  });

  test("by `POST /disconnect` while the object sleeps closes all the same", async () => {
    const station = await connect("ASKED-ASLEEP");
    await kerbside.edge.evict("ASKED-ASLEEP");
    expect((await kerbside.api("POST", "/v1/stations/ASKED-ASLEEP/disconnect")).status).toBe(204);
    expect((await station.closed).code).toBe(1000);
  });
});

test("`POST /disconnect` is 204 for a station that is offline, and 404 for one that is unknown", async () => {
  await kerbside.register("AWAY");
  expect((await kerbside.api("POST", "/v1/stations/AWAY/disconnect")).status).toBe(204);
  expect((await kerbside.api("POST", "/v1/stations/UNKNOWN/disconnect")).status).toBe(404);
  expect(eventsFor("AWAY")).toEqual([]);
});

describe("Deregistration", () => {
  test("closes the socket with 1008 `deregistered`, and afterwards the station is unknown", async () => {
    const station = await connect("GONE");
    expect((await kerbside.api("DELETE", "/v1/stations/GONE")).status).toBe(204);
    expect(await station.closed).toEqual({ code: 1008, reason: "deregistered" });
    expect((await kerbside.api("GET", "/v1/stations/GONE")).status).toBe(404);
    expectRefusal(await TestStation.refused(over(kerbside, "http", "GONE")), "unknown");
    expect((await kerbside.api("DELETE", "/v1/stations/GONE")).status).toBe(404);
    await until("the last event", () => summary("GONE").at(-1) === "station.disconnected deregistered");
  });

  test("leaves nothing of the station to one that is registered under its name again", async () => {
    const station = await connect("REBORN");
    await station.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Test" });
    await kerbside.api("DELETE", "/v1/stations/REBORN");
    await kerbside.register("REBORN");
    expect(await view("REBORN")).toMatchObject({ online: false, boot: null, hasPassword: false });
    await until("the first life's end", () => summary("REBORN").at(-1) === "station.disconnected deregistered");
    const first = eventsFor("REBORN").map(({ id }) => id);
    await connect("REBORN");
    await until("the second life", () => eventsFor("REBORN").length > first.length);
    expect(first).not.toContain(eventsFor("REBORN").at(-1).id);
  });

  test("cancels what was queued, and no later station of that name is asked to do it", async () => {
    const station = await connect("HEIR");
    await station.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Test" });
    station.close();
    await until("the end", () => summary("HEIR").some((line) => line.startsWith("station.disconnected")));
    const reset = { action: "Reset", payload: { type: "Soft" }, expiresInSeconds: 600 };
    const queued = await kerbside.api("POST", "/v1/stations/HEIR/commands", reset);
    expect(queued).toMatchObject({ status: 202, body: { state: "queued" } });
    await kerbside.api("DELETE", "/v1/stations/HEIR");
    const completed = () => eventsFor("HEIR").find(({ type }) => type === "ocpp.command.completed");
    await until("the event", completed);
    expect(completed().data).toMatchObject({ commandId: queued.body.commandId, state: "cancelled" });

    await kerbside.register("HEIR");
    expect((await kerbside.api("GET", "/v1/stations/HEIR/commands")).body.commands).toEqual([]);
    const heir = await connect("HEIR");
    await heir.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Test" });
    const asked = kerbside.api("POST", "/v1/stations/HEIR/commands", { action: "ClearCache", payload: {} });
    const [, messageId, action] = await heir.next();
    expect(action).toBe("ClearCache");
    heir.send([3, messageId, { status: "Accepted" }]);
    expect((await asked).body).toMatchObject({ state: "result" });
  });

  test("lets no station stay that comes back while it goes on", async () => {
    await connect("HASTY");
    receiver.reply = ({ body }) => (body.includes("deregistered") ? { status: 204, delayMs: 500 } : { status: 204 });
    try {
      const deleted = kerbside.api("DELETE", "/v1/stations/HASTY");
      await until("the last event on its way", () =>
        receiver.requests.some(({ body }) => /HASTY.*deregistered/.test(body)),
      );
      const hasty = await TestStation.connect(over(kerbside, "http", "HASTY")).catch(() => null);
      expect((await deleted).status).toBe(204);
      expect((await kerbside.api("GET", "/v1/stations/HASTY")).status).toBe(404);
      hasty?.send([2, "m1", "StatusNotification", STATUS_16]);
      if (hasty !== null) expect(await hasty.closed).toMatchObject({ code: 1008 });
    } finally {
      receiver.reply = () => ({ status: 204 });
    }
  });
});
