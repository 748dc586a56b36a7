import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { createRPCError } from "ocpp-rpc";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type FieldOptions, FieldStation } from "../support/field-station.ts";
import { HttpPeer, until } from "../support/http-peers.ts";
import { type Killed, type KilledKerbside, startKilled } from "../support/killed-kerbside.ts";
import { certificateOf, portOf, type Transport } from "../support/transports.ts";

const PASSWORD = "correct horse battery";

/** `npm run upgrade-kills`: what is killed at every step. Of the others but for the object each time takes seconds. */
const KILLED = (process.env.KERBSIDE_UPGRADE_KILL ?? "object") as Killed;
const ENDS_WITHIN_MS = KILLED === "object" ? 30_000 : 300_000;
const TEST_MS = ENDS_WITHIN_MS * 3;

let kerbside: KilledKerbside;
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
  kerbside = await startKilled(KILLED, { CSMS_URL: csms.url }, entry);
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
  const commands = `/v1/stations/${id}/commands`;
  const payload = { certificateChain };
  // While the runtime is down there is a 503, or nothing: a backend that gave up then would leave the station waiting.
  const isTaken = async (): Promise<boolean> => {
    const { status, body } = await kerbside.command(id, "CertificateSigned", payload, { expiresInSeconds: 60 });
    if (status >= 500) return false;
    const look = async () => {
      const { body: command } = await kerbside.api("GET", `${commands}/${body.commandId}`);
      return ["queued", "sent", undefined].includes(command.state) ? null : command;
    };
    const command = await until("its end", () => look().catch(() => null), ENDS_WITHIN_MS);
    return command.payload?.status === "Accepted";
  };
  await until("a certificate that is taken", () => isTaken().catch(() => false), ENDS_WITHIN_MS);
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
const ended = (id: string) => {
  const look = async () => {
    const operation = await read(id);
    return operation?.state === undefined || operation.state === "running" ? null : operation;
  };
  return until(`the end of ${id}`, () => look().catch(() => null), ENDS_WITHIN_MS);
};
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
  test(
    "goes from profile 1 to 2 and to 3 by itself, over TLS, whatever is killed between any two steps",
    async () => {
      const id = `UP-${protocol}`;
      const station = await field(id, { protocol, takesReboot: true });
      const killed = new Set<string>();
      const kill = (where: string) => {
        killed.add(where);
        // Once also the workerd, where the backend is in the middle of it.
        return kerbside.crash(id, KILLED === "object" && where === "2 CertificateSigned" ? "workerd" : KILLED);
      };
      // Once before its answer is known, once behind it, of every step.
      station.before = async (action) => {
        const where = `${station.profile} ${action}`;
        if (!killed.has(where)) await kill(where);
        else if (!killed.has(`${where} after`)) setTimeout(() => void kill(`${where} after`), 1);
      };
      for (const to of [2, 3]) {
        const { status, body } = await until(
          "an edge that is up",
          async () => {
            const answer = await upgrade(id, to, { url: urlOf(to) }).catch(() => ({ status: 503, body: null }));
            return answer.status === 503 ? null : answer;
          },
          ENDS_WITHIN_MS,
        );
        // Its first command goes out before its answer does: what was killed then has begun it.
        if (KILLED === "object") expect([status, body.kind, body.to]).toEqual([202, "security-upgrade", to]);
        else expect([202, 409]).toContain(status);
        const operation = await ended(id);
        expect(operation).toMatchObject({ kind: "security-upgrade", to, state: "done", step: null });
        const certificate = { "sign-certificate": "done", "receive-certificate": "done" };
        const steps = stepsOf(operation);
        expect(steps).toEqual({
          ...{ "install-root": "done", ...(to === 3 && certificate) },
          ...{ ...PROFILE_STEPS[protocol], reset: steps.reset, connect: "done" },
        });
        const reached = { securityProfile: to, online: true, connection: { securityProfile: to } };
        await until("its return", async () => (await view(id).catch(() => ({}))).online, ENDS_WITHIN_MS);
        expect(await view(id)).toMatchObject(reached);
        expect(station.refusals).toEqual([]);
      }
      expect(killed.size).toBeGreaterThan(protocol === "ocpp1.6" ? 10 : 14);
      expect(station.root).toBe(kerbside.edge.pki.rootPem);
      await until("the directory", async () => {
        const { body } = await kerbside.api("GET", `/v1/stations?q=${id}&securityProfile=3`);
        return body.stations.length === 1;
      });
    },
    TEST_MS,
  );

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
  test("whose station refuses a certificate says so while it waits for another, and has no stale word in what is done", async () => {
    const station = await field("PICKY", { protocol: "ocpp2.1" });
    let refusals = 0;
    let gone = 0;
    station.answer = (action) =>
      action === "CertificateSigned" && refusals++ === 0 ? { status: "Rejected" } : undefined;
    // Its answer is lost the first time.
    station.before = async (action) => {
      if (action === "SetNetworkProfile" && gone++ === 0) station.drop();
    };
    // The backend brings the next one by hand.
    station.newKey = await certificateOf(kerbside, "PICKY");
    await upgrade("PICKY", 3, { url: urlOf(3) });
    await until("its wait", async () => (await read("PICKY")).step === "receive-certificate");
    const payload = { certificateChain: new X509Certificate(station.newKey.cert).toString() };
    await kerbside.command("PICKY", "CertificateSigned", payload);
    const wait = async () =>
      (await read("PICKY")).steps.find(({ name }: { name: string }) => name === "receive-certificate");
    // The command is answered first.
    await until("what it waits for", async () => (await wait()).detail !== undefined);
    expect(await wait()).toMatchObject({
      ...{ state: "running", detail: "the station said Rejected to CertificateSigned" },
    });
    await kerbside.command("PICKY", "CertificateSigned", payload);
    const operation = await ended("PICKY");
    expect([operation.state, gone]).toEqual(["done", 2]);
    const details = operation.steps.flatMap(({ detail }: { detail?: string }) => detail ?? []);
    expect(details).toEqual(["0"]);
  });

  test("gives a station that has no password one, and asks 2.x stations' operators for a URL", async () => {
    const station = await field("FROM-0", { profile: 0 });
    await upgrade("FROM-0", 1);
    expect(await ended("FROM-0")).toMatchObject({ state: "done" });
    expect(station.asked).toEqual(["ChangeConfiguration", "ChangeConfiguration", "Reset"]);
    expect([station.password?.length, station.profile]).toEqual([40, 1]);
    expect(await view("FROM-0")).toMatchObject({ securityProfile: 1, hasPassword: true });

    await field("NO-URL", { protocol: "ocpp2.0.1" });
    // None at all; one that is no profile 2; and one that says in every history who somebody is.
    for (const url of [undefined, "ws://localhost/ocpp", "wss://user:secret@localhost/ocpp"]) {
      const { status, body } = await upgrade("NO-URL", 2, url === undefined ? {} : { url });
      expect([url, status, body.errors?.[0].path]).toEqual([url, 422, "/url"]);
    }
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
