import { join } from "node:path";
import { createRPCError } from "ocpp-rpc";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type FieldOptions, FieldStation } from "../support/field-station.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

const OLD = "the password before";
const NEW = "0123456789abcdef0123456789abcdef01234567";

/** Five connections, each with two passwords to compare, take a starved machine half a minute. */
const PATIENCE_MS = 120_000;

let kerbside: Kerbside;
let receiver: HttpPeer;
const stations: FieldStation[] = [];
beforeAll(async () => {
  receiver = await HttpPeer.start();
  const entry = join(import.meta.dirname, "../support/ringing-worker.js");
  kerbside = await startKerbside({}, { entry, connectsPerStation: 10_000 });
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterEach(async () => {
  await Promise.all(stations.splice(0).map((station) => station.stop()));
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

async function field(id: string, options: FieldOptions = {}): Promise<FieldStation> {
  await kerbside.register(id, { securityProfile: 1, password: OLD });
  const station = new FieldStation(kerbside, id, { password: OLD, ...options });
  stations.push(station);
  return station.start();
}
const path = (id: string) => `/v1/stations/${id}/password-rotation`;
const rotate = (id: string, more: object = {}) => kerbside.api("POST", path(id), { password: NEW, ...more });
const read = async (id: string) => (await kerbside.api("GET", path(id))).body;
const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
const reached = (id: string, step: string | null) =>
  until(`${id} at ${step}`, async () => {
    const operation = await read(id);
    return operation.step === step && operation.steps.length > 0 ? operation : null;
  });
/** The status of a connection that shows it; 101: it was let in. */
async function shows(id: string, password: string): Promise<number> {
  const options = over(kerbside, "http", id, { password });
  try {
    const station = await TestStation.connect(options);
    await station.close();
    return 101;
  } catch (error) {
    return (error as { status: number }).status;
  }
}
const control = async (what: string, id: string) =>
  (await fetch(`${kerbside.edge.httpUrl}/test/${what}${what.includes("?") ? "&" : "?"}station=${id}`)).json();

describe.each(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const)("A station that speaks %s", (protocol) => {
  test("gets a new password, and the old one counts until the new one was used", async () => {
    const id = `ROTATE-${protocol}`;
    const station = await field(id, { protocol });
    const { status, body } = await rotate(id);
    expect([status, body.kind, body.state, body.actor]).toEqual([202, "password-rotation", "running", "development"]);
    const waiting = await reached(id, "use-password");
    expect(waiting.steps.map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      ["set-password", "done"],
      ["use-password", "running"],
    ]);
    expect((await view(id)).passwordOverlap).toBe(true);
    expect(station.password).toBe(NEW);
    station.drop();
    const done = await until("the end", async () => ((await read(id)).state === "done" ? read(id) : null));
    expect(done).toMatchObject({ state: "done", step: null });
    expect(await view(id)).not.toHaveProperty("passwordOverlap");
    await station.stop();
    expect([await shows(id, OLD), await shows(id, NEW)]).toEqual([401, 101]);
  });

  test("that refuses it keeps the old one, and the new one never counts", async () => {
    const id = `REFUSE-${protocol}`;
    const station = await field(id, { protocol });
    station.answer = (action) =>
      action === "ChangeConfiguration"
        ? { status: "Rejected" }
        : action === "SetVariables"
          ? setVariable("Rejected", "SecurityCtrlr", "BasicAuthPassword")
          : undefined;
    await rotate(id);
    const failed = await reached(id, null);
    expect(failed).toMatchObject({
      state: "failed",
      error: { step: "set-password", reason: "the station said Rejected" },
    });
    expect(failed.error).not.toHaveProperty("remains");
    expect(await view(id)).not.toHaveProperty("passwordOverlap");
    await station.stop();
    expect([await shows(id, OLD), await shows(id, NEW)]).toEqual([101, 401]);
  });
});
const setVariable = (attributeStatus: string, component: string, variable: string) => ({
  setVariableResult: [{ attributeStatus, component: { name: component }, variable: { name: variable } }],
});

describe("A password rotation", () => {
  test("waits for the start of a station that answers RebootRequired, and asks it for one where it is told to", async () => {
    const station = await field("REBOOT", { takesReboot: true });
    await rotate("REBOOT");
    expect((await reached("REBOOT", "use-password")).steps[0].detail).toMatch(/RebootRequired/);
    // Its line breaks before it starts again: it comes back with the old one.
    station.drop();
    await until("the old one again", async () => /before/.test((await read("REBOOT")).steps[1].detail ?? ""));
    station.reboot();
    await until("the end", async () => (await read("REBOOT")).state === "done");

    const other = await field("RESET", { takesReboot: true });
    await rotate("RESET", { reset: true });
    await until("the end", async () => (await read("RESET")).state === "done");
    expect(other.asked).toEqual(["ChangeConfiguration", "Reset"]);
    expect(other.refusals).toEqual([]);
  });

  test("says the password once more to a station whose answer was lost, whether it had taken it or not", async () => {
    for (const hasTaken of [true, false]) {
      const id = `LOST-${hasTaken}`;
      const station = await field(id, { takesReboot: true });
      let isLost = false;
      station.answer = (action) => {
        if (action !== "ChangeConfiguration" || isLost) return undefined;
        isLost = true;
        station.drop();
        return hasTaken ? undefined : { status: "Rejected" };
      };
      await rotate(id);
      await reached(id, "use-password");
      expect(station.asked).toEqual(["ChangeConfiguration", "ChangeConfiguration"]);
      station.reboot();
      await until("the end", async () => (await read(id)).state === "done");
      expect(station.refusals).toEqual([]);
    }
  });

  test("lets both passwords count where the station takes it and never answers", {
    timeout: 4 * PATIENCE_MS,
  }, async () => {
    const station = await field("SILENT", { takesReboot: true });
    let asked = 0;
    station.before = async (action) => {
      if (action !== "ChangeConfiguration") return;
      asked++;
      station.drop();
      // What it took the first time it refuses to take again.
      if (asked > 1) throw createRPCError("GenericError");
    };
    await rotate("SILENT");
    await until("the fifth attempt", () => asked === 5, PATIENCE_MS);
    const operation = await reached("SILENT", "use-password");
    expect(operation.steps[0]).toMatchObject({ state: "failed" });
    await station.stop();
    expect([await shows("SILENT", OLD), await shows("SILENT", NEW)]).toEqual([101, 101]);
    expect(await read("SILENT")).toMatchObject({ state: "done" });
  });

  test("goes on after the object crashed, was evicted, or its station was away", async () => {
    const id = "INTERRUPTED";
    await kerbside.register(id, { securityProfile: 1, password: OLD });
    expect((await rotate(id)).body).toMatchObject({ state: "running", step: null, steps: [] });
    await control("crash", id);
    const station = new FieldStation(kerbside, id, { password: OLD, takesReboot: true });
    stations.push(station);
    let isFirst = true;
    station.before = async (action) => {
      if (action !== "ChangeConfiguration" || !isFirst) return;
      isFirst = false;
      await control("crash", id);
    };
    await station.start();
    await reached(id, "use-password");
    await kerbside.edge.evict(id, { webSockets: "hibernate" });
    expect((await read(id)).step).toBe("use-password");
    station.reboot();
    await until("the end", async () => (await read(id)).state === "done");
    expect(station.refusals).toEqual([]);
  });

  test("that is stopped leaves what the station may have, and takes back what it surely has not", async () => {
    await kerbside.register("STOP-OFF", { securityProfile: 1, password: OLD });
    await rotate("STOP-OFF");
    expect((await kerbside.api("DELETE", path("STOP-OFF"))).body).toMatchObject({ state: "cancelled" });
    expect([await shows("STOP-OFF", NEW), await shows("STOP-OFF", OLD)]).toEqual([401, 101]);
    expect((await kerbside.api("DELETE", path("STOP-OFF"))).status).toBe(409);

    const station = await field("STOP-SENT");
    await rotate("STOP-SENT");
    await reached("STOP-SENT", "use-password");
    const { body } = await kerbside.api("DELETE", path("STOP-SENT"));
    expect(body).toMatchObject({ state: "cancelled", error: { remains: expect.stringMatching(/both count/) } });
    await station.stop();
    expect([await shows("STOP-SENT", OLD), await shows("STOP-SENT", NEW), await shows("STOP-SENT", OLD)]).toEqual([
      101, 101, 401,
    ]);
  });

  test("ends with its time, and the next one forgets no password that the station may have", async () => {
    const station = await field("TIMED", { takesReboot: true });
    await rotate("TIMED", { expiresInSeconds: 60 });
    await reached("TIMED", "use-password");
    await control("clock?forwardMs=61000", "TIMED");
    await control("ring", "TIMED");
    expect(await read("TIMED")).toMatchObject({ state: "failed", error: { reason: "its time was over" } });
    // The station has one that it uses after its next start, and refuses a third.
    station.answer = (action) => (action === "ChangeConfiguration" ? { status: "Rejected" } : undefined);
    await rotate("TIMED", { password: "a third one, that is refused" });
    expect(await reached("TIMED", null)).toMatchObject({ state: "failed" });
    station.reboot();
    await until("its return", async () => !("passwordOverlap" in (await view("TIMED"))));
    expect([station.password, station.refusals]).toEqual([NEW, []]);
  });

  test("is one at a time, gives way to a PUT, and ends with its registration", async () => {
    await kerbside.register("ONE", { securityProfile: 1, password: OLD });
    expect((await rotate("ONE")).status).toBe(202);
    expect((await rotate("ONE")).body).toMatchObject({ status: 409, type: "/problems/operation-under-way" });
    expect((await kerbside.api("POST", "/v1/stations/ONE/security-upgrade", { to: 2 })).status).toBe(409);
    await kerbside.register("ONE", { securityProfile: 1 });
    expect(await read("ONE")).toMatchObject({ state: "running" });
    await kerbside.register("ONE", { securityProfile: 1, password: "by a registration" });
    expect(await read("ONE")).toMatchObject({
      state: "cancelled",
      error: { reason: expect.stringMatching(/registration/) },
    });
    expect([await shows("ONE", NEW), await shows("ONE", "by a registration")]).toEqual([401, 101]);

    expect((await rotate("ONE")).status).toBe(202);
    expect((await kerbside.api("DELETE", "/v1/stations/ONE")).status).toBe(204);
    expect((await kerbside.api("GET", path("ONE"))).status).toBe(404);
    await kerbside.register("ONE", { securityProfile: 1, password: OLD });
    expect((await kerbside.api("GET", path("ONE"))).body).toMatchObject({ type: "/problems/operation-not-found" });
    expect([await shows("ONE", NEW), await shows("ONE", OLD)]).toEqual([401, 101]);
  });

  test("lets a backend say its registration again, under way and afterwards, and locks nobody out", async () => {
    const station = await field("AGAIN");
    await rotate("AGAIN");
    await reached("AGAIN", "use-password");
    await kerbside.register("AGAIN", { securityProfile: 1, password: OLD, labels: { site: "a" } });
    expect(await read("AGAIN")).toMatchObject({ state: "running" });
    await kerbside.api("DELETE", path("AGAIN"));
    await kerbside.register("AGAIN", { securityProfile: 1, password: OLD });
    expect((await view("AGAIN")).passwordOverlap).toBe(true);
    station.drop();
    await until("its return", async () => !("passwordOverlap" in (await view("AGAIN"))));
    expect([station.password, station.refusals]).toEqual([NEW, []]);

    await kerbside.register("AGAIN-2", { securityProfile: 1, password: OLD });
    await rotate("AGAIN-2");
    await kerbside.register("AGAIN-2", { securityProfile: 1, password: OLD, passwordOverlap: false });
    expect(await read("AGAIN-2")).toMatchObject({ state: "cancelled" });
    expect([await shows("AGAIN-2", NEW), await shows("AGAIN-2", OLD)]).toEqual([401, 101]);
  });

  test("is for stations that prove themselves by a password", async () => {
    for (const securityProfile of [0, 3]) {
      await kerbside.register(`NONE-${securityProfile}`, { securityProfile });
      expect((await rotate(`NONE-${securityProfile}`)).body.type).toBe("/problems/operation-not-applicable");
    }
  });

  test("shows the password to nobody: not in a command, an event, the history or the audit", async () => {
    const station = await field("SECRET");
    station.answer = (action, { value }) => {
      if (action === "ChangeConfiguration") throw createRPCError("GenericError", `${value} is no password`, { value });
      return undefined;
    };
    await rotate("SECRET");
    expect(await reached("SECRET", null)).toMatchObject({ error: { reason: expect.stringMatching(/is no password/) } });
    const told = await until("its events", () =>
      eventsOf(receiver).some(({ subject, data }) => subject === "SECRET" && data.kind === "operation-ended"),
    );
    expect(told).toBe(true);
    const answers = await Promise.all(
      [
        "/v1/stations/SECRET/commands",
        "/v1/stations/SECRET/messages",
        path("SECRET"),
        "/v1/audit?stationId=SECRET",
      ].map((each) => kerbside.api("GET", each)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain(NEW);
    expect(receiver.requests.map(({ body }) => body).join()).not.toContain(NEW);
    expect(answers[0]?.body.commands[0]).toMatchObject({ action: "ChangeConfiguration", actor: "development" });
  });
});
