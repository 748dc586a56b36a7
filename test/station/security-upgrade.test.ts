import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { createRPCError } from "ocpp-rpc";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type FieldOptions, FieldStation } from "../support/field-station.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { certificateOf, portOf, type Transport } from "../support/transports.ts";

const PASSWORD = "correct horse battery";

let kerbside: Kerbside;
let csms: HttpPeer;
const stations = new Map<string, FieldStation>();
beforeAll(async () => {
  csms = await HttpPeer.start();
  csms.reply = ({ body }) => {
    const { action, stationId } = JSON.parse(body);
    if (action === "SignCertificate") void issue(stationId);
    const boot = { status: "Accepted", currentTime: new Date().toISOString(), interval: 300 };
    return { body: { payload: action === "BootNotification" ? boot : { status: "Accepted" } } };
  };
  const entry = join(import.meta.dirname, "../support/ringing-worker.js");
  kerbside = await startKerbside({ CSMS_URL: csms.url }, { entry, connectsPerStation: 10_000 });
});
afterEach(async () => {
  await Promise.all([...stations.values()].map((station) => station.stop()));
  stations.clear();
});
afterAll(async () => {
  await kerbside?.stop();
  await csms?.stop();
});

/** What a backend does that is asked for a certificate: it says it again until the station has taken it. The leaf goes alone. */
async function issue(id: string): Promise<void> {
  const station = stations.get(id);
  if (station === undefined || station.newKey !== undefined) return;
  station.newKey = await certificateOf(kerbside, id);
  const certificateChain = new X509Certificate(station.newKey.cert).toString();
  for (let attempt = 0; attempt < 5; attempt++) {
    const payload = { certificateChain };
    const { body } = await kerbside.command(id, "CertificateSigned", payload, { expiresInSeconds: 60 });
    const ended = await until("its answer", async () => {
      const { body: command } = await kerbside.api("GET", `/v1/stations/${id}/commands/${body.commandId}`);
      return ["queued", "sent"].includes(command.state) ? null : command;
    });
    if (ended.payload?.status === "Accepted") return;
  }
}

async function field(id: string, options: FieldOptions = {}): Promise<FieldStation> {
  const { profile = 1 } = options;
  await kerbside.register(id, { securityProfile: profile, ...(profile > 0 && { password: PASSWORD }) });
  const station = new FieldStation(kerbside, id, { ...(profile > 0 && { password: PASSWORD }), ...options });
  stations.set(id, station);
  return station.start();
}
const path = (id: string) => `/v1/stations/${id}/security-upgrade`;
const urlOf = (to: number) =>
  `wss://localhost:${portOf(kerbside, (["http", "http", "tls", "mtls"] as Transport[])[to] ?? "tls")}/ocpp`;
const upgrade = (id: string, to: number, more: object = {}) =>
  kerbside.api("POST", path(id), { to, rootCertificate: kerbside.edge.pki.rootPem, ...more });
const read = async (id: string) => (await kerbside.api("GET", path(id))).body;
const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
const ended = (id: string) =>
  until(`the end of ${id}`, async () => {
    const operation = await read(id);
    return operation.state === "running" ? null : operation;
  });
const stepsOf = ({ steps }: { steps: { name: string; state: string }[] }) =>
  Object.fromEntries(steps.map(({ name, state }) => [name, state]));
const control = async (what: string, id: string) =>
  (await fetch(`${kerbside.edge.httpUrl}/test/${what}${what.includes("?") ? "&" : "?"}station=${id}`)).json();

const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const;
const PROFILE_STEPS = {
  "ocpp1.6": { "set-profile": "done" },
  "ocpp2.0.1": { "read-priority": "done", "set-network-profile": "done", "set-priority": "done" },
  "ocpp2.1": { "read-priority": "done", "set-network-profile": "done", "set-priority": "done" },
};

describe.each(PROTOCOLS)("A station that speaks %s", (protocol) => {
  test("goes from profile 1 to 2 and to 3 by itself, over TLS, whatever crashes between any two steps", async () => {
    const id = `UP-${protocol}`;
    const station = await field(id, { protocol, takesReboot: true });
    const crashed = new Set<string>();
    // Once before its answer is known, once behind it, of every step.
    station.before = async (action) => {
      const where = `${(await view(id)).securityProfile} ${action}`;
      if (crashed.has(where)) {
        if (!crashed.has(`${where} after`)) setTimeout(() => void control("crash", id), 1);
        crashed.add(`${where} after`);
        return;
      }
      crashed.add(where);
      await control("crash", id);
    };
    for (const to of [2, 3]) {
      const { status, body } = await upgrade(id, to, { url: urlOf(to) });
      expect([status, body.kind, body.to]).toEqual([202, "security-upgrade", to]);
      const operation = await ended(id);
      expect(operation).toMatchObject({ state: "done", step: null });
      const certificate = { "sign-certificate": "done", "receive-certificate": "done" };
      const steps = stepsOf(operation);
      expect(steps).toEqual({
        ...{ "install-root": "done", ...(to === 3 && certificate) },
        ...{ ...PROFILE_STEPS[protocol], reset: steps.reset, connect: "done" },
      });
      expect(await view(id)).toMatchObject({ securityProfile: to, online: true, connection: { securityProfile: to } });
      expect(station.refusals).toEqual([]);
    }
    expect(crashed.size).toBeGreaterThan(protocol === "ocpp1.6" ? 10 : 14);
    expect(station.root).toBe(kerbside.edge.pki.rootPem);
    await until("the directory", async () => {
      const { body } = await kerbside.api("GET", `/v1/stations?q=${id}&securityProfile=3`);
      return body.stations.length === 1;
    });
  });

  test("that refuses a step keeps its profile, and what was done is taken back", async () => {
    const actions = {
      "ocpp1.6": ["InstallCertificate", "ExtendedTriggerMessage", "ChangeConfiguration", "Reset"],
    } as Record<string, string[]>;
    const all = actions[protocol] ?? [
      "InstallCertificate",
      "TriggerMessage",
      "GetVariables",
      "SetNetworkProfile",
      "SetVariables",
      "Reset",
    ];
    for (const [index, refused] of all.entries()) {
      const id = `NO-${protocol}-${index}`;
      const station = await field(id, { protocol });
      station.answer = (action) => {
        if (action === refused) throw createRPCError("NotImplemented", "not here");
        return undefined;
      };
      await upgrade(id, 3, { url: urlOf(3) });
      const operation = await ended(id);
      expect(operation).toMatchObject({ state: "failed", error: { reason: "NotImplemented: not here" } });
      expect(operation.steps.filter(({ state }: { state: string }) => state === "failed")).toHaveLength(1);
      expect(await view(id)).toMatchObject({ securityProfile: 1, online: true });
      if (protocol !== "ocpp1.6") await until("its own priority", () => station.priority === "0");
      if (protocol === "ocpp1.6" && refused === "Reset")
        expect(operation.error.remains).toMatch(/SecurityProfile 3 is set, and 1.6 lowers none/);
      await station.stop();
    }
  });
});

describe("A security upgrade", () => {
  test("gives a station that has no password one, and asks 2.x stations' operators for a URL", async () => {
    const station = await field("FROM-0", { profile: 0 });
    await upgrade("FROM-0", 1);
    expect(await ended("FROM-0")).toMatchObject({ state: "done" });
    expect(station.asked).toEqual(["ChangeConfiguration", "ChangeConfiguration", "Reset"]);
    expect([station.password?.length, station.profile]).toEqual([40, 1]);
    expect(await view("FROM-0")).toMatchObject({ securityProfile: 1, hasPassword: true });

    await field("NO-URL", { protocol: "ocpp2.0.1" });
    const { status, body } = await upgrade("NO-URL", 2);
    expect([status, body.errors?.[0].path]).toEqual([422, "/url"]);
    await kerbside.register("NO-URL-OFF", { securityProfile: 1, password: PASSWORD });
    await upgrade("NO-URL-OFF", 2);
    const late = new FieldStation(kerbside, "NO-URL-OFF", { protocol: "ocpp2.0.1", password: PASSWORD });
    stations.set("NO-URL-OFF", late);
    await late.start();
    expect(await ended("NO-URL-OFF")).toMatchObject({
      state: "failed",
      error: { reason: expect.stringMatching(/url/) },
    });
  });

  test("lets the profile before count until the station came on the new one, and ends with its time", async () => {
    const station = await field("LINGERS", { takesReboot: true });
    station.answer = (action) => (action === "Reset" ? { status: "Accepted" } : undefined);
    await upgrade("LINGERS", 2);
    await until("its connect", async () => (await read("LINGERS")).step === "connect");
    station.drop();
    await until("its return", async () =>
      /came back on profile 1/.test((await read("LINGERS")).steps.at(-1).detail ?? ""),
    );
    expect(await view("LINGERS")).toMatchObject({ securityProfile: 1 });
    await control("clock?forwardMs=604801000", "LINGERS");
    await control("ring", "LINGERS");
    const operation = await read("LINGERS");
    expect(operation).toMatchObject({ state: "failed", error: { step: "connect", reason: "its time was over" } });
    expect(station.refusals).toEqual([]);
  });

  test("is stopped, is one at a time, and goes on over a PUT", async () => {
    await kerbside.register("STOPS", { securityProfile: 1, password: PASSWORD });
    expect((await upgrade("STOPS", 2)).status).toBe(202);
    expect((await upgrade("STOPS", 3)).body.type).toBe("/problems/operation-under-way");
    await kerbside.register("STOPS", { securityProfile: 1, password: "another password" });
    expect(await read("STOPS")).toMatchObject({ state: "running" });
    expect((await kerbside.api("DELETE", path("STOPS"))).body).toMatchObject({ state: "cancelled" });
    expect((await upgrade("STOPS", 1)).body.type).toBe("/problems/operation-not-applicable");
    const fingerprints = ["0".repeat(64)];
    await kerbside.register("STOPS", { securityProfile: 1, certificate: { fingerprints } });
    expect((await upgrade("STOPS", 3)).body.detail).toMatch(/fingerprint/);
    expect((await upgrade("STOPS", 3, { hasCertificate: true })).status).toBe(202);
    expect((await kerbside.api("DELETE", "/v1/stations/STOPS")).status).toBe(204);
  });
});
