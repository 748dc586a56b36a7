import { SCOPES } from "../../src/security/api-key.ts";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type ApiAnswer, type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X, STATUS_16, TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

const PASSWORD = "correct horse battery";
type Scope = (typeof SCOPES)[number];
const keyOf = (scopes: readonly Scope[]) => `key of ${scopes.join(" and ")}`.replaceAll(" ", "-");
const entryOf = (scopes: readonly Scope[]) => ({
  name: keyOf(scopes).slice(0, 100),
  sha256: createHash("sha256").update(keyOf(scopes)).digest("hex"),
  scopes,
});
const missing = (scope: Scope) => SCOPES.filter((each) => each !== scope);

let kerbside: Kerbside;
/** Has keys with one scope each, with all but one, with all and with none. */
let keyed: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  const keys = [[], SCOPES, ...SCOPES.map((scope) => [scope]), ...SCOPES.map(missing)].map(entryOf);
  receiver = await HttpPeer.start();
  [kerbside, keyed] = await Promise.all([startKerbside(), startKerbside({ API_KEYS: JSON.stringify(keys) })]);
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), keyed?.stop()]);
  await receiver?.stop();
});

const pathOf = (id: string) => `/v1/stations/${encodeURIComponent(id)}`;
const put = (id: string, registration: unknown) => kerbside.api("PUT", pathOf(id), registration);
const view = async (id: string) => (await kerbside.api("GET", pathOf(id))).body;
const connect = (
  id: string,
  options: Parameters<typeof over>[3] = {},
  transport: Parameters<typeof over>[1] = "http",
) => TestStation.connect(over(kerbside, transport, id, options));

function expectProblem({ status, headers, body }: ApiAnswer, expected: number, slug: string, paths?: string[]): void {
  expect([status, body.type]).toEqual([expected, `/problems/${slug}`]);
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(body).toEqual({
    type: `/problems/${slug}`,
    title: expect.any(String),
    status: expected,
    detail: expect.any(String),
    ...(paths !== undefined && { errors: expect.any(Array) }),
  });
  if (paths === undefined) return;
  expect(new Set(body.errors.map(({ path }: { path: string }) => path))).toEqual(new Set(paths));
  for (const { message } of body.errors) expect(message).toEqual(expect.any(String));
}

/** It waits for a delivery under way, so there must be none. */
async function sleep(id: string): Promise<void> {
  await until("nothing to be under way", async () => (await view(id)).queue.events === 0);
  await kerbside.edge.evict(id);
}

describe("A registration", () => {
  const full = {
    securityProfile: 3,
    password: PASSWORD,
    certificate: { commonName: "CN-1", organization: "Org", fingerprints: ["AB".repeat(32)] },
    protocols: ["ocpp2.0.1", "ocpp1.6"],
    assumeProtocol: false,
    validation: "lenient",
    locationHint: "weur",
    labels: { site: "north", "a.b_c-1": "" },
  };

  test("is made with 201, replaced with 200, and shown with every field but the password", async () => {
    const shown = {
      stationId: "FULL",
      securityProfile: 3,
      hasPassword: true,
      certificate: { commonName: "CN-1", organization: "Org", fingerprints: ["ab".repeat(32)] },
      protocols: ["ocpp2.0.1", "ocpp1.6"],
      assumeProtocol: false,
      validation: "lenient",
      locationHint: "weur",
      labels: { site: "north", "a.b_c-1": "" },
    };
    const made = await put("FULL", full);
    expect([made.status, made.body]).toEqual([201, shown]);
    const again = await put("FULL", full);
    expect([again.status, again.body]).toEqual([200, shown]);
    const read = await view("FULL");
    expect(read).toMatchObject(shown);
    expect(JSON.stringify([made, again, read])).not.toMatch(new RegExp(`${PASSWORD}|"salt"|"hash"|incarnation`));
  });

  test("takes its certificate's common name from the station, and has sound defaults", async () => {
    expect((await put("PLAIN", { securityProfile: 0 })).body).toEqual({
      stationId: "PLAIN",
      securityProfile: 0,
      hasPassword: false,
      certificate: { commonName: "PLAIN" },
      protocols: [],
      assumeProtocol: false,
      labels: {},
    });
  });

  test("keeps the password that a later PUT leaves out, and forgets the rest that it leaves out", async () => {
    await put("KEEPS", { ...full, securityProfile: 1, certificate: {}, protocols: [] });
    const { status, body } = await put("KEEPS", { securityProfile: 1 });
    expect([status, body.hasPassword, body.labels]).toEqual([200, true, {}]);
    expect(body).not.toHaveProperty("validation");
    (await connect("KEEPS", { password: PASSWORD })).kill();
    await put("KEEPS", { securityProfile: 1, password: "another password 123" });
    expect((await TestStation.refused(over(kerbside, "http", "KEEPS", { password: PASSWORD }))).status).toBe(401);
    (await connect("KEEPS", { password: "another password 123" })).kill();
  });

  test("with the password `generate` tells a new one, once, and the station connects with it", async () => {
    const made = await put("GEN", { securityProfile: 1, password: "generate" });
    const { password } = made.body;
    expect([made.status, typeof password]).toEqual([201, "string"]);
    expect(password.length).toBeGreaterThanOrEqual(16);
    expect(password.length).toBeLessThanOrEqual(64);
    expect(JSON.stringify(await view("GEN"))).not.toContain(password);
    (await connect("GEN", { password })).kill();
    const again = (await put("GEN", { securityProfile: 1, password: "generate" })).body.password;
    expect(again).not.toBe(password);
    expect((await TestStation.refused(over(kerbside, "http", "GEN", { password }))).status).toBe(401);
    expect((await put("GEN", { securityProfile: 1 })).body).not.toHaveProperty("password");
    (await connect("GEN", { password: again })).kill();
  });

  test.each([
    ["16 bytes", "x".repeat(16), 201],
    ["64 bytes", "x".repeat(64), 201],
    ["16 bytes in 8 characters", "é".repeat(8), 201],
    ["15 bytes", "x".repeat(15), 422],
    ["65 bytes", "x".repeat(65), 422],
    ["66 bytes in 33 characters", "é".repeat(33), 422],
    ["none", "", 422],
  ])("with a password of %s is answered as the rule says", async (_, password, status) => {
    const answer = await put(`PW-${Buffer.byteLength(password)}-${password.length}`, { securityProfile: 2, password });
    if (status === 422) expectProblem(answer, 422, "invalid-request", ["/password"]);
    else expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toContain(password === "" ? "é" : password);
  });

  test.each<[string, unknown, string[]]>([
    ["no security profile", {}, ["/securityProfile"]],
    ["a security profile that does not exist", { securityProfile: 4 }, ["/securityProfile"]],
    ["a security profile as text", { securityProfile: "1" }, ["/securityProfile"]],
    ["an unknown field", { securityProfile: 0, profile: 1 }, ["/profile"]],
    [
      "unknown fields within",
      { securityProfile: 0, certificate: { cn: "x", "a/b~c": 1 } },
      ["/certificate/cn", "/certificate/a~1b~0c"],
    ],
    ["two faults at once", { securityProfile: 9, validation: "loose" }, ["/securityProfile", "/validation"]],
    [
      "a fingerprint that is none",
      { securityProfile: 3, certificate: { fingerprints: ["ab", "AB".repeat(32)] } },
      ["/certificate/fingerprints/0"],
    ],
    [
      "no fingerprints in a list of them",
      { securityProfile: 3, certificate: { fingerprints: [] } },
      ["/certificate/fingerprints"],
    ],
    ["an empty common name", { securityProfile: 3, certificate: { commonName: "" } }, ["/certificate/commonName"]],
    ["an unknown protocol", { securityProfile: 0, protocols: ["ocpp1.6", "ocpp1.5"] }, ["/protocols/1"]],
    ["protocols that are no list", { securityProfile: 0, protocols: "ocpp1.6" }, ["/protocols"]],
    ["assumeProtocol without a protocol", { securityProfile: 0, assumeProtocol: true }, ["/assumeProtocol"]],
    [
      "assumeProtocol with two",
      { securityProfile: 0, assumeProtocol: true, protocols: ["ocpp1.6", "ocpp2.1"] },
      ["/assumeProtocol"],
    ],
    ["an unknown location hint", { securityProfile: 0, locationHint: "moon" }, ["/locationHint"]],
    ["a label that is no text", { securityProfile: 0, labels: { site: 1 } }, ["/labels/site"]],
    ["a label's name with a space", { securityProfile: 0, labels: { "a b": "x" } }, ["/labels/a b"]],
    [
      "too many labels",
      { securityProfile: 0, labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ""])) },
      ["/labels"],
    ],
    ["no password for profile 1", { securityProfile: 1 }, ["/password"]],
    ["no password for profile 2", { securityProfile: 2 }, ["/password"]],
    ["a null", { securityProfile: 0, password: null }, ["/password"]],
    ["an overlap as text", { securityProfile: 0, passwordOverlap: "yes" }, ["/passwordOverlap"]],
    ["an interval below its bound", { securityProfile: 0, heartbeatIntervalSeconds: 9 }, ["/heartbeatIntervalSeconds"]],
    [
      "an interval above its bound",
      { securityProfile: 0, heartbeatIntervalSeconds: 86_401 },
      ["/heartbeatIntervalSeconds"],
    ],
    [
      "a fraction of an interval",
      { securityProfile: 0, heartbeatIntervalSeconds: 60.5 },
      ["/heartbeatIntervalSeconds"],
    ],
    ["a list", [], [""]],
    ["a text", '"securityProfile"', [""]],
  ])("with %s is refused with 422 and the path of each fault, and leaves nothing", async (_, registration, paths) => {
    expectProblem(await put("FAULTY", registration), 422, "invalid-request", paths);
    expectProblem(await kerbside.api("GET", pathOf("FAULTY")), 404, "station-not-found");
  });

  test.each([
    ["no JSON", "{", 400, "malformed-json"],
    ["no body", "", 400, "malformed-json"],
    [
      "more than a body may have",
      JSON.stringify({ securityProfile: 0, labels: { x: "y".repeat(2_000_000) } }),
      413,
      "body-too-large",
    ],
  ])("with %s is refused", async (_, body, status, slug) => {
    expectProblem(await put("FAULTY", body), status, slug);
    expectProblem(await kerbside.api("GET", pathOf("FAULTY")), 404, "station-not-found");
  });

  test.each(["gzip", "br", "gzip, identity", "x-unknown"])("in the coding %s is refused with 415", async (coding) => {
    const packed = gzipSync(JSON.stringify({ securityProfile: 0 }));
    const response = await ask(
      `${kerbside.edge.httpUrl}${pathOf("PACKED")}`,
      {
        method: "PUT",
        headers: {
          authorization: `Bearer ${kerbside.edge.apiKey}`,
          "content-encoding": coding,
          "content-length": packed.length,
        },
      },
      packed,
    );
    expect(response.status).toBe(415);
    expect(response.headers["accept-encoding"]).toBe("identity");
    expect(JSON.parse(response.text)).toMatchObject({ type: "/problems/unsupported-content-encoding", status: 415 });
    expectProblem(await kerbside.api("GET", pathOf("PACKED")), 404, "station-not-found");
  });

  test("in the coding `identity` is taken", async () => {
    const headers = { "content-encoding": "Identity" };
    const body = JSON.stringify({ securityProfile: 0 });
    expect((await kerbside.api("PUT", pathOf("AS-IT-IS"), body, headers)).status).toBe(201);
  });

  test("may come without a length, and is bounded all the same", async () => {
    const inPieces = async (text: string) => {
      const response = await fetch(`${kerbside.edge.httpUrl}${pathOf("PIECES")}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${kerbside.edge.apiKey}`, "content-type": "application/json" },
        body: new Blob([text]).stream(),
        duplex: "half",
      } as RequestInit);
      const body = JSON.parse(await response.text());
      return { status: response.status, headers: response.headers, body };
    };
    const tooLarge = JSON.stringify({ securityProfile: 0, labels: { x: "y".repeat(2_000_000) } });
    expectProblem(await inPieces(tooLarge), 413, "body-too-large");
    expectProblem(await kerbside.api("GET", pathOf("PIECES")), 404, "station-not-found");
    const labels = { site: "ü".repeat(100), plug: "⚡" };
    expect((await inPieces(JSON.stringify({ securityProfile: 0, labels }))).status).toBe(201);
    expect((await kerbside.api("GET", pathOf("PIECES"))).body).toMatchObject({ labels });
  });

  test.each(["a%2Fb", "%00", "a%20", "x".repeat(49), "%C3%A9", "a%3Ab", "%25"])(
    "of the identity %s is refused with 400",
    async (id) => {
      for (const [method, path] of [
        ["PUT", `/v1/stations/${id}`],
        ["GET", `/v1/stations/${id}`],
        ["DELETE", `/v1/stations/${id}`],
        ["POST", `/v1/stations/${id}/disconnect`],
        ["GET", `/v1/stations/${id}/commands`],
      ] as const) {
        const answer = await kerbside.api(method, path, method === "PUT" ? { securityProfile: 0 } : undefined);
        expectProblem(answer, 400, "illegal-identity");
      }
    },
  );

  test("may have any legal identity, percent-encoded in the path", async () => {
    for (const id of ["RDAM 123", "a*-_=+|@.Z", "x".repeat(48)]) {
      expect((await put(id, { securityProfile: 0 })).status).toBe(201);
      expect((await view(id)).stationId).toBe(id);
    }
  });
});

describe("A password that takes another's place", () => {
  const [OLD, NEW, NEWER] = ["the old password 1", "the new password 2", "the newer password 3"];
  const register = (id: string, more: object) => put(id, { securityProfile: 1, ...more });
  const isLetIn = async (id: string, password: string): Promise<boolean> => {
    const station = await connect(id, { password }).catch(() => null);
    station?.kill();
    return station !== null;
  };
  const overlaps = async (id: string) => (await view(id)).passwordOverlap;

  test("with `passwordOverlap` leaves the old one valid until the new one was used, and not one upgrade longer", async () => {
    await register("OVERLAP", { password: OLD });
    const { status, body } = await register("OVERLAP", { password: NEW, passwordOverlap: true });
    expect([status, body.passwordOverlap, body.hasPassword]).toEqual([200, true, true]);
    expect(JSON.stringify([body, await view("OVERLAP")])).not.toMatch(/"salt"|"hash"|formerPassword/);
    for (let times = 0; times < 2; times++) expect(await isLetIn("OVERLAP", OLD)).toBe(true);
    expect(await isLetIn("OVERLAP", "neither of the two")).toBe(false);
    // The object may sleep or crash meanwhile.
    await sleep("OVERLAP");
    expect(await overlaps("OVERLAP")).toBe(true);
    expect(await isLetIn("OVERLAP", NEW)).toBe(true);
    expect(await view("OVERLAP")).not.toHaveProperty("passwordOverlap");
    expect(await isLetIn("OVERLAP", OLD)).toBe(false);
    await sleep("OVERLAP");
    expect(await isLetIn("OVERLAP", OLD)).toBe(false);
    expect(await isLetIn("OVERLAP", NEW)).toBe(true);
  });

  test("is not used by an upgrade that is refused for something else", async () => {
    await register("UNUSED", { password: OLD });
    await register("UNUSED", { password: NEW, passwordOverlap: true });
    const unspoken = over(kerbside, "http", "UNUSED", { password: NEW, protocols: ["mqtt"] });
    expect((await TestStation.refused(unspoken)).status).toBe(400);
    expect(await isLetIn("UNUSED", OLD)).toBe(true);
  });

  test("ends the old one at once where no overlap is asked for, also one that lasted", async () => {
    await register("AT-ONCE", { password: OLD });
    await register("AT-ONCE", { password: NEW, passwordOverlap: true });
    await register("AT-ONCE", { password: NEWER });
    expect(await overlaps("AT-ONCE")).toBeUndefined();
    expect([await isLetIn("AT-ONCE", OLD), await isLetIn("AT-ONCE", NEW)]).toEqual([false, false]);
    expect(await isLetIn("AT-ONCE", NEWER)).toBe(true);
  });

  test("replaced again before it was used gives way, and the one that the station has stays", async () => {
    await register("TWICE", { password: OLD });
    await register("TWICE", { password: NEW, passwordOverlap: true });
    await register("TWICE", { password: NEWER, passwordOverlap: true });
    expect(await isLetIn("TWICE", NEW)).toBe(false);
    expect(await isLetIn("TWICE", OLD)).toBe(true);
    expect(await isLetIn("TWICE", NEWER)).toBe(true);
    expect(await isLetIn("TWICE", OLD)).toBe(false);
  });

  test("keeps its overlap over a PUT that brings none, unless that one says `false`", async () => {
    await register("PATIENT", { password: OLD });
    const { password } = (await register("PATIENT", { password: "generate", passwordOverlap: true })).body;
    await register("PATIENT", { labels: { site: "north" } });
    expect(await overlaps("PATIENT")).toBe(true);
    await register("PATIENT", { passwordOverlap: true });
    expect(await isLetIn("PATIENT", OLD)).toBe(true);
    expect((await register("PATIENT", { passwordOverlap: false })).body).not.toHaveProperty("passwordOverlap");
    expect([await isLetIn("PATIENT", OLD), await isLetIn("PATIENT", password)]).toEqual([false, true]);
  });

  test("that is the first one overlaps with nothing", async () => {
    expect((await register("FIRST", { password: NEW, passwordOverlap: true })).body).not.toHaveProperty(
      "passwordOverlap",
    );
    expect((await register("FIRST", { passwordOverlap: true })).body).not.toHaveProperty("passwordOverlap");
    expect(await isLetIn("FIRST", NEW)).toBe(true);
  });

  test("is itself to the byte: NULs behind it make it another", async () => {
    await register("NULS", { password: OLD });
    expect(await isLetIn("NULS", `${OLD}\0`)).toBe(false);
    expect(await isLetIn("NULS", `${OLD}\0\0\0`)).toBe(false);
    expect(await isLetIn("NULS", OLD)).toBe(true);
  });
});

describe("The view of a station", () => {
  const at = "2026-11-20T12:00:00Z";
  const evse = { timestamp: at, evseId: 1, connectorId: 1, connectorStatus: "Available" };

  test("forgets connectors of another version, also on the way back", async () => {
    const old = await kerbside.station("VERSIONS");
    await old.call("BootNotification", BOOT_16);
    await old.call("StatusNotification", { ...STATUS_16, connectorId: 2 });
    const young = await connect("VERSIONS", { protocols: ["ocpp2.0.1"] });
    const changed = await view("VERSIONS");
    expect(changed.evses).toEqual([]);
    expect(changed).not.toHaveProperty("connectors");
    await young.call("BootNotification", BOOT_2X);
    await young.call("StatusNotification", evse);
    expect((await view("VERSIONS")).evses).toMatchObject([{ evseId: 1, connectors: [{ connectorId: 1 }] }]);
    const upgraded = await connect("VERSIONS", { protocols: ["ocpp2.1"] });
    expect((await view("VERSIONS")).evses).toHaveLength(1);
    upgraded.kill();
    const back = await connect("VERSIONS");
    await sleep("VERSIONS");
    const again = await view("VERSIONS");
    expect(again.connectors).toEqual([]);
    expect(again).not.toHaveProperty("evses");
    back.kill();
  });

  const box = (chargePointSerialNumber: string | undefined, more: object = {}) => ({
    ...BOOT_16,
    ...(chargePointSerialNumber !== undefined && { chargePointSerialNumber }),
    ...more,
  });
  test.each<[string, object, object, number]>([
    ["another serial number", box("S1", { firmwareVersion: "1" }), box("S2"), 0],
    ["another model", box("S1"), box("S1", { chargePointModel: "Other" }), 0],
    ["another vendor", box(undefined), box(undefined, { chargePointVendor: "Other" }), 0],
    ["the same serial number and another firmware", box("S1"), box("S1", { firmwareVersion: "2" }), 1],
    ["no serial number", box("S1"), box(undefined), 1],
  ])("after a boot with %s has the connectors of that box", async (name, first, second, connectors) => {
    const id = `BOX-${name.replaceAll(" ", "-")}`;
    const station = await kerbside.station(id);
    await station.call("BootNotification", first);
    await station.call("StatusNotification", STATUS_16);
    await station.call("BootNotification", second);
    const shown = await view(id);
    expect(shown.connectors).toHaveLength(connectors);
    if (!("firmwareVersion" in second)) expect(shown.boot).not.toHaveProperty("firmwareVersion");
  });

  test("is offline, never booted and empty before it ever came", async () => {
    await put("NEW", { securityProfile: 0 });
    expect(await view("NEW")).toEqual({
      stationId: "NEW",
      offlineSince: expect.stringMatching(/^\d{4}-/),
      offlineReason: "never connected",
      securityProfile: 0,
      hasPassword: false,
      certificate: { commonName: "NEW" },
      protocols: [],
      assumeProtocol: false,
      labels: {},
      online: false,
      connection: null,
      csms: { kind: "standalone", since: null, backlog: 0 },
      boot: null,
      connectors: [],
      queue: expect.objectContaining({ commands: 0, events: 0 }),
      storage: expect.objectContaining({ bytes: expect.any(Number), rows: expect.any(Number) }),
    });
  });

  test("shows the connection, boot and connectors of OCPP 1.6, also after the object slept", async () => {
    const station = await kerbside.station("LIVE16");
    await station.call("BootNotification", { ...BOOT_16, chargePointSerialNumber: "S1", firmwareVersion: "1.2" });
    await station.call("StatusNotification", {
      ...STATUS_16,
      connectorId: 2,
      status: "Faulted",
      errorCode: "OtherError",
    });
    await station.call("StatusNotification", { ...STATUS_16, connectorId: 0 });
    await station.call("StatusNotification", STATUS_16);
    await station.call("StatusNotification", { ...STATUS_16, status: "Charging", timestamp: "2026-11-20T12:00:00Z" });
    const expected = {
      online: true,
      connection: {
        protocol: "ocpp1.6",
        securityProfile: 0,
        since: expect.stringMatching(/Z$/),
        lastMessageAt: expect.stringMatching(/Z$/),
        remoteAddress: expect.any(String),
        certificate: null,
      },
      boot: { status: "Accepted", vendor: "Kerbside", model: "Test", serialNumber: "S1", firmwareVersion: "1.2" },
      connectors: [
        { connectorId: 0, status: "Available", errorCode: "NoError" },
        { connectorId: 1, status: "Charging", errorCode: "NoError", timestamp: "2026-11-20T12:00:00Z" },
        { connectorId: 2, status: "Faulted", errorCode: "OtherError" },
      ],
    };
    const before = await view("LIVE16");
    expect(before).toMatchObject(expected);
    expect(before).not.toHaveProperty("evses");
    expect(before.storage.bytes).toBeGreaterThan(0);
    expect(before.storage.rows).toBeGreaterThan(0);
    await until("an empty queue", async () => (await view("LIVE16")).queue.events === 0);
    await kerbside.edge.evict("LIVE16");
    const { storage: _, queue, ...after } = await view("LIVE16");
    expect(before).toMatchObject(after);
    expect(queue).toMatchObject({ commands: 0, events: 0 });
    await station.call("Heartbeat");
    const { connection } = await view("LIVE16");
    expect(Date.parse(connection.lastMessageAt)).toBeGreaterThan(Date.parse(connection.since));
  });

  test.each(["ocpp2.0.1", "ocpp2.1"])("shows the EVSEs of %s", async (protocol) => {
    const id = `LIVE-${protocol}`;
    const station = await kerbside.station(id, { protocols: [protocol] });
    await station.call("BootNotification", BOOT_2X);
    const at = "2026-11-20T12:00:00Z";
    for (const [evseId, connectorId, connectorStatus] of [
      [2, 1, "Occupied"],
      [1, 2, "Faulted"],
      [1, 1, "Available"],
    ]) {
      await station.call("StatusNotification", { timestamp: at, evseId, connectorId, connectorStatus });
    }
    const { boot, evses, connection, ...rest } = await view(id);
    expect(boot).toMatchObject({ status: "Accepted", vendor: "Kerbside", model: "Test", reason: "PowerUp" });
    expect(connection.protocol).toBe(protocol);
    expect(evses).toEqual([
      {
        evseId: 1,
        connectors: [
          { connectorId: 1, status: "Available", timestamp: at },
          { connectorId: 2, status: "Faulted", timestamp: at },
        ],
      },
      { evseId: 2, connectors: [{ connectorId: 1, status: "Occupied", timestamp: at }] },
    ]);
    expect(rest).not.toHaveProperty("connectors");
  });

  test("shows the certificate of a connection of profile 3", async () => {
    await put("LIVE3", { securityProfile: 3 });
    const station = await connect("LIVE3", { socket: await certificateOf(kerbside, "LIVE3") }, "mtls");
    expect((await view("LIVE3")).connection).toMatchObject({
      securityProfile: 3,
      certificate: { fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/), notAfter: expect.stringMatching(/Z$/) },
    });
    station.kill();
    await until("the end", async () => !(await view("LIVE3")).online);
    expect((await view("LIVE3")).connection).toBeNull();
  });

  test("counts queued commands", async () => {
    await put("QUEUE", { securityProfile: 0 });
    for (let count = 1; count <= 2; count++) {
      expect((await kerbside.command("QUEUE", "ClearCache", {}, { expiresInSeconds: 60 })).status).toBe(202);
      expect((await view("QUEUE")).queue.commands).toBe(count);
    }
  });
});

describe("Deleting and disconnecting", () => {
  test("answers 204, closes the socket, and a deleted station leaves nothing to one of its name", async () => {
    const station = await kerbside.station("GONE", {}, { labels: { site: "old" }, password: PASSWORD });
    await station.call("BootNotification", BOOT_16);
    await station.call("StatusNotification", STATUS_16);
    const answer = await kerbside.api("DELETE", pathOf("GONE"));
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(await station.closed).toEqual({ code: 1008, reason: "deregistered" });
    for (const [method, path, body] of [
      ["GET", pathOf("GONE")],
      ["DELETE", pathOf("GONE")],
      ["POST", `${pathOf("GONE")}/disconnect`],
      ["GET", `${pathOf("GONE")}/commands`],
      ["POST", `${pathOf("GONE")}/commands`, { action: "ClearCache", payload: {} }],
    ] as const) {
      expectProblem(await kerbside.api(method, path, body), 404, "station-not-found");
    }
    const events = () => eventsOf(receiver).filter(({ subject }) => subject === "GONE");
    await until("the last event", () => events().at(-1)?.type === "ocpp.station.disconnected");
    const ids = events().map(({ id }) => id);

    expect((await put("GONE", { securityProfile: 0 })).status).toBe(201);
    expect(await view("GONE")).toMatchObject({
      boot: null,
      connectors: [],
      labels: {},
      hasPassword: false,
      online: false,
      queue: { commands: 0, events: 0 },
    });
    expect((await kerbside.api("GET", `${pathOf("GONE")}/commands`)).body.commands).toEqual([]);
    await kerbside.station("GONE");
    await until("a new event", () => events().length > ids.length);
    expect(ids).not.toContain(events().at(-1).id);
  });

  test("disconnects with 204 whether it is online or not, and the station may come back", async () => {
    const station = await kerbside.station("BACK");
    const answer = await kerbside.api("POST", `${pathOf("BACK")}/disconnect`);
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect((await station.closed).code).toBe(1000);
    expect((await view("BACK")).online).toBe(false);
    expect((await kerbside.api("POST", `${pathOf("BACK")}/disconnect`)).status).toBe(204);
    await kerbside.station("BACK");
    expect((await view("BACK")).online).toBe(true);
  });

  test("of a station that never was is 404", async () => {
    expectProblem(await kerbside.api("DELETE", pathOf("NEVER")), 404, "station-not-found");
    expectProblem(await kerbside.api("POST", `${pathOf("NEVER")}/disconnect`), 404, "station-not-found");
  });
});

describe("The list of stations", () => {
  const list = async (query: string) => (await kerbside.api("GET", `/v1/stations?${query}`)).body;
  const idsOf = async (query: string): Promise<string[]> =>
    (await list(query)).stations.map(({ stationId }: { stationId: string }) => stationId);
  const listed = (query: string, ids: string[]) =>
    until(`${query} to list ${ids.join()}`, async () => JSON.stringify(await idsOf(query)) === JSON.stringify(ids));

  beforeAll(async () => {
    await put("fleet-a", { securityProfile: 0, labels: { fleet: "1", site: "north", "k.v": "a=b&c" } });
    await put("fleet-b", { securityProfile: 1, password: PASSWORD, labels: { fleet: "1", site: "south" } });
    await put("fleet-c", { securityProfile: 2, password: PASSWORD, labels: { fleet: "1", site: "north" } });
    await put("fleet-d", { securityProfile: 3, labels: { fleet: "1" } });
    const a = await kerbside.station("fleet-a", { register: false });
    await a.call("BootNotification", { chargePointVendor: "Alpha", chargePointModel: "One" });
    const b = await connect("fleet-b", { password: PASSWORD, protocols: ["ocpp2.1"] });
    await b.call("BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "Beta", model: "Two" } });
    const c = await connect("fleet-c", { password: PASSWORD, protocols: ["ocpp2.0.1"] }, "tls");
    await c.call("BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "Alpha", model: "Two" } });
    await listed("label.fleet=1&online=true", ["fleet-a", "fleet-b", "fleet-c"]);
    await listed("label.fleet=1&vendor=Alpha", ["fleet-a", "fleet-c"]);
  });

  test.each<[string, string[]]>([
    ["", ["fleet-a", "fleet-b", "fleet-c", "fleet-d"]],
    ["online=true", ["fleet-a", "fleet-b", "fleet-c"]],
    ["online=false", ["fleet-d"]],
    ["protocol=ocpp1.6", ["fleet-a"]],
    ["protocol=ocpp2.1", ["fleet-b"]],
    ["securityProfile=0", ["fleet-a"]],
    ["securityProfile=3", ["fleet-d"]],
    ["vendor=Alpha", ["fleet-a", "fleet-c"]],
    ["model=Two", ["fleet-b", "fleet-c"]],
    ["vendor=Alpha&model=Two", ["fleet-c"]],
    ["vendor=alpha", []],
    ["label.site=north", ["fleet-a", "fleet-c"]],
    ["label.site=north&label.k.v=a%3Db%26c", ["fleet-a"]],
    ["label.site=nowhere", []],
    ["label.nothing=", []],
    ["q=fleet-", ["fleet-a", "fleet-b", "fleet-c", "fleet-d"]],
    ["q=LEET-C", ["fleet-c"]],
    ["q=%25", []],
    ["q=_leet", []],
    ["q='", []],
    ["hasCsms=true", []],
    ["hasCsms=false&online=false", ["fleet-d"]],
    ["offlineKind=never", ["fleet-d"]],
    ["offlineKind=lost", []],
    ["undelivered=true", []],
    ["certificateExpiresBefore=2099-01-01", []],
    ["offlineSince=2099-01-01T00:00:00%2B02:00", ["fleet-d"]],
    ["offlineSince=2020-01-01", []],
    ["q=fl", ["fleet-a", "fleet-b", "fleet-c", "fleet-d"]],
    ["q=eta", ["fleet-b"]],
    ["q=NORTH&sort=offline", ["fleet-a", "fleet-c"]],
    ["sort=offline&vendor=Beta", ["fleet-b"]],
  ])("filtered by %s holds what it names", async (query, ids) => {
    await listed(`label.fleet=1&${query}`, ids);
  });

  test("shows each station with what a dashboard needs", async () => {
    const { stations } = await list("q=fleet-b");
    expect(stations).toEqual([
      expect.objectContaining({
        stationId: "fleet-b",
        securityProfile: 1,
        labels: { fleet: "1", site: "south" },
        online: true,
        connection: { protocol: "ocpp2.1", securityProfile: 1 },
        vendor: "Beta",
        model: "Two",
      }),
    ]);
  });

  test("is paged: each station once, in order, and the last page has no cursor", async () => {
    const seen: string[] = [];
    let cursor = "";
    let pages = 0;
    do {
      const page = await list(`label.fleet=1&limit=2${cursor}`);
      expect(page.stations.length).toBeLessThanOrEqual(2);
      seen.push(...page.stations.map(({ stationId }: { stationId: string }) => stationId));
      cursor = page.cursor === null ? "" : `&cursor=${encodeURIComponent(page.cursor)}`;
      pages++;
    } while (cursor !== "" && pages < 5);
    expect(seen).toEqual(["fleet-a", "fleet-b", "fleet-c", "fleet-d"]);
    expect(pages).toBe(2);
  });

  test("refuses the cursor of another question", async () => {
    const { cursor } = await list("label.fleet=1&limit=1");
    expect((await list(`label.fleet=1&limit=2&cursor=${cursor}`)).stations).toHaveLength(2);
    for (const other of ["limit=1", "label.fleet=1&sort=changed", "label.fleet=2"])
      expectProblem(await kerbside.api("GET", `/v1/stations?${other}&cursor=${cursor}`), 422, "invalid-request", [
        "/cursor",
      ]);
  });

  test("says why a station is off and since when, as its own view does, and counts it in the summary", async () => {
    const summary = async () => (await kerbside.api("GET", "/v1/stations/summary")).body;
    const counted = async () => (await summary()).byOfflineReason;
    const before = await counted();
    const { stations: registered } = await summary();
    await put("why", { securityProfile: 0, labels: { fleet: "4" } });
    const first = (await list("q=why")).stations[0];
    expect(first).toMatchObject({ online: false, offlineReason: "never connected" });
    expect(Date.parse(first.offlineSince)).toBeGreaterThan(Date.now() - 60_000);
    const reasonOf = async () => (await list("label.fleet=4")).stations[0]?.offlineReason;
    const toldAs = (reason: string | undefined) =>
      until(`the list to say ${reason}`, async () => (await reasonOf()) === reason);
    const station = await kerbside.station("why", { register: false });
    await toldAs(undefined);
    await station.close();
    await toldAs("closed by the station, 1000");
    const { body } = await kerbside.api("GET", pathOf("why"));
    const [entry] = (await list("label.fleet=4")).stations;
    expect(body).toMatchObject({ offlineSince: entry.offlineSince, offlineReason: entry.offlineReason });
    await kerbside.station("why", { register: false });
    await toldAs(undefined);
    await kerbside.api("POST", `${pathOf("why")}/disconnect`);
    await toldAs("disconnected by an operator");
    const after = await counted();
    expect(after.operator - (before.operator ?? 0)).toBe(1);
    expect((await summary()).stations).toBe(registered + 1);
    await kerbside.api("DELETE", pathOf("why"));
    await until("the summary to have it no more", async () => (await summary()).stations === registered);
  });

  test("follows what happens: a station that goes, comes back changed, and is deleted", async () => {
    await put("moves", { securityProfile: 0, labels: { fleet: "2" } });
    await listed("label.fleet=2&online=false", ["moves"]);
    const station = await kerbside.station("moves", { register: false });
    await listed("label.fleet=2&online=true", ["moves"]);
    await station.close();
    await listed("label.fleet=2&online=false", ["moves"]);
    await put("moves", { securityProfile: 0, labels: { fleet: "3" } });
    await listed("label.fleet=3", ["moves"]);
    expect(await idsOf("label.fleet=2")).toEqual([]);
    await kerbside.api("DELETE", pathOf("moves"));
    await listed("q=moves", []);
  });

  test.each<[string, string]>([
    ["online=maybe", "/online"],
    ["protocol=ocpp1.5", "/protocol"],
    ["securityProfile=7", "/securityProfile"],
    ["limit=0", "/limit"],
    ["limit=1001", "/limit"],
    ["limit=ten", "/limit"],
    ["colour=red", "/colour"],
    ["constructor=x", "/constructor"],
    ["label.=x", "/label."],
    ["sort=vendor", "/sort"],
    ["undelivered=1", "/undelivered"],
    ["offlineSince=yesterday", "/offlineSince"],
    ["certificateExpiresBefore=2026-02-30T25:00:00Z", "/certificateExpiresBefore"],
    ["certificateExpiresBefore=2026-01-01T10:00:00", "/certificateExpiresBefore"],
    ["certificateExpiresBefore=2027-02-30", "/certificateExpiresBefore"],
    ["label.fleet=1&label.fleet=2", "/label.fleet"],
    ["cursor=fleet-a", "/cursor"],
    [`q=${"x".repeat(300)}`, "/q"],
  ])("refuses the query %s with 422", async (query, path) => {
    expectProblem(await kerbside.api("GET", `/v1/stations?${query}`), 422, "invalid-request", [path]);
  });
});

describe("An API key", () => {
  const ROUTES: [string, string, Scope, unknown?][] = [
    ["GET", "/v1/stations", "stations:read"],
    ["GET", "/v1/stations/K1", "stations:read"],
    ["PUT", "/v1/stations/K1", "stations:write", { securityProfile: 0 }],
    ["DELETE", "/v1/stations/K1", "stations:write"],
    ["POST", "/v1/stations/K1/disconnect", "stations:write"],
    ["POST", "/v1/stations/K1/commands", "commands:write", { action: "ClearCache", payload: {} }],
    ["GET", "/v1/stations/K1/commands", "commands:write"],
    ["GET", "/v1/stations/K1/commands/x", "commands:write"],
    ["DELETE", "/v1/stations/K1/commands/x", "commands:write"],
    ["GET", "/v1/webhooks", "webhooks:write"],
    ["GET", "/v1/webhooks/w", "webhooks:write"],
    ["PUT", "/v1/webhooks/w", "webhooks:write", { url: "http://127.0.0.1:9/", secret: SECRET }],
    ["DELETE", "/v1/webhooks/w", "webhooks:write"],
    ["POST", "/v1/webhooks/w/replay", "webhooks:write"],
    ["GET", "/metrics", "metrics:read"],
  ];
  const withKey = (method: string, path: string, body: unknown, authorization: string) =>
    keyed.api(method, path, body, { authorization });

  test.each(ROUTES)("is needed for %s %s", async (method, path, scope, body) => {
    const whole = keyOf(SCOPES);
    const wrong = ["", "Bearer", "Bearer ", "Bearer nobody's", `Basic ${whole}`, whole, `Bearer ${whole}x`];
    for (const authorization of [...wrong, `Bearer ${entryOf(SCOPES).sha256}`, `Bearer ${keyed.edge.apiKey}`]) {
      const answer = await withKey(method, path, body, authorization);
      expectProblem(answer, 401, "unauthorized");
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    }
    for (const scopes of [[], missing(scope)]) {
      expectProblem(await withKey(method, path, body, `Bearer ${keyOf(scopes)}`), 403, "missing-scope");
    }
    for (const scopes of [[scope], SCOPES]) {
      const { status } = await withKey(method, path, body, `Bearer ${keyOf(scopes)}`);
      expect([401, 403]).not.toContain(status);
    }
  });

  test("is not needed for /healthz, and its scheme's name has no case", async () => {
    expect((await withKey("GET", "/healthz", undefined, "")).status).toBe(200);
    expect((await withKey("GET", "/v1/stations", undefined, `bearer ${keyOf(SCOPES)}`)).status).toBe(200);
  });
});

describe("Every answer", () => {
  test("carries an X-Request-Id of its own, whatever the client sent", async () => {
    const answers = [
      await kerbside.api("GET", "/healthz"),
      await put("IDS", { securityProfile: 0 }),
      await kerbside.api("GET", pathOf("IDS"), undefined, { "x-request-id": "forged" }),
      await kerbside.api("POST", `${pathOf("IDS")}/disconnect`),
      await kerbside.api("GET", "/v1/stations"),
      await kerbside.api("GET", "/metrics"),
      await kerbside.api("GET", "/v1/nothing"),
      await kerbside.api("GET", pathOf("NEVER")),
      await kerbside.api("PUT", pathOf("IDS"), "{"),
      await kerbside.api("GET", "/v1/stations", undefined, { authorization: "" }),
      await kerbside.api("PATCH", pathOf("IDS")),
      await kerbside.command("IDS", "ClearCache"),
    ];
    const ids = answers.map(({ headers }) => headers.get("x-request-id"));
    for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(answers.length);
  });

  test.each(["/v1", "/v1/", "/v1/nothing", "/v1/stations/A/nothing", "/v1/stations/A/commands/b/c", "/ocp"])(
    "to %s, where nothing is, is a 404",
    async (path) => {
      expectProblem(await kerbside.api("GET", path), 404, "not-found");
    },
  );

  test.each<[string, string, string]>([
    ["PATCH", "/v1/stations/A", "PUT, GET, DELETE"],
    ["POST", "/v1/stations", "GET"],
    ["GET", "/v1/stations/A/disconnect", "POST"],
    ["PUT", "/v1/stations/A/commands", "POST, GET"],
    ["POST", "/v1/stations/A/commands/x", "GET, DELETE"],
    ["POST", "/v1/webhooks", "GET"],
    ["PATCH", "/v1/webhooks/w", "PUT, GET, DELETE"],
    ["DELETE", "/metrics", "GET"],
    ["POST", "/healthz", "GET"],
  ])("to %s %s is a 405 that names what is allowed", async (method, path, allow) => {
    const answer = await kerbside.api(method, path);
    expectProblem(answer, 405, "method-not-allowed");
    expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(allow.split(", ").sort());
  });
});

describe("Operations", () => {
  test("/healthz answers 200, and HEAD without a body", async () => {
    const { status, body } = await kerbside.api("GET", "/healthz");
    expect([status, body]).toEqual([200, { status: "ok" }]);
    const head = await ask(`${kerbside.edge.httpUrl}/healthz`, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  test("/metrics is Prometheus text in which profiles are told apart, and names no station", async () => {
    const sample = (text: string, line: RegExp) => Number(line.exec(text)?.[1] ?? 0);
    const text = await until("the fleet's figures", async () => {
      const { body, headers, status } = await kerbside.api("GET", "/metrics");
      expect(status).toBe(200);
      expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
      const plain = sample(body, /^kerbside_stations_online\{protocol="ocpp2\.1",security_profile="1"\} (\d+)$/m);
      const tls = sample(body, /^kerbside_stations_online\{protocol="ocpp2\.0\.1",security_profile="2"\} (\d+)$/m);
      return plain >= 1 && tls >= 1 ? (body as string) : null;
    });
    for (const profile of [0, 1, 2, 3]) {
      const line = new RegExp(`^kerbside_stations_registered\\{security_profile="${profile}"\\} (\\d+)$`, "m");
      expect(sample(text, line)).toBeGreaterThan(0);
    }
    expect(text).not.toContain("fleet-");
    for (const line of text.trimEnd().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [0-9.]+)$/);
    }
    const names = [...text.matchAll(/^([a-z_]+?)(?:_bucket|_sum|_count)?[{ ]/gm)].map(([, name]) => name);
    for (const name of names) expect(text).toContain(`# TYPE ${name} `);
    expect(text.endsWith("\n")).toBe(true);
  });

  test("/metrics has every frame of a station that slept in between, and each once", async () => {
    // No other station here is of that version and profile.
    const of = (direction: string) => `direction="${direction}",protocol="ocpp2.1",security_profile="2"`;
    const figure = (text: string, labels: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`kerbside_frames_total{${labels}} `))
          ?.split(" ")[1] ?? 0,
      );
    const frames = async () => {
      const text = (await kerbside.api("GET", "/metrics")).body as string;
      return ["in", "out"].map((direction) => figure(text, of(direction)));
    };
    await put("fleet-sleeper", { securityProfile: 2, password: PASSWORD });
    const station = await connect("fleet-sleeper", { password: PASSWORD, protocols: ["ocpp2.1"] }, "tls");
    await station.call("BootNotification", BOOT_2X);
    for (let nap = 0; nap < 3; nap++) {
      await kerbside.edge.evict("fleet-sleeper", { webSockets: "hibernate" });
      for (let count = 0; count < 4; count++) await station.call("Heartbeat");
    }
    await kerbside.edge.evict("fleet-sleeper", { webSockets: "hibernate" });
    await station.close();
    await until("the frames to be counted", async () => ((await frames())[0] ?? 0) >= 13);
    expect(await frames()).toEqual([13, 13]);
  });

  test("/metrics counts connections and refusals, frames and CALLERRORs, commands and deliveries, by profile", async () => {
    const figures = async () => {
      const text = (await kerbside.api("GET", "/metrics")).body as string;
      const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      const all = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
      return (series: string) => all.get(`kerbside_${series}`) ?? 0;
    };
    const before = await figures();
    const station = await kerbside.station("fleet-counted");
    station.answerCalls(() => ({ status: "Accepted" }));
    await station.call("BootNotification", BOOT_16);
    for (let count = 0; count < 5; count++) await station.call("Heartbeat");
    expect((await station.call("NoSuchAction"))[2]).toBe("NotImplemented");
    expect((await kerbside.command("fleet-counted", "ClearCache")).body.state).toBe("result");
    await until("the deliveries", async () => (await view("fleet-counted")).queue.events === 0);
    await station.close();
    await TestStation.refused({ url: `ws://localhost:${kerbside.edge.port}/ocpp/fleet-nobody` });
    const grown = async (series: string) => (await figures())(series) - before(series);
    const of = 'protocol="ocpp1.6",security_profile="0"';
    await until("the end to be counted", async () => (await grown(`disconnects_total{reason="station",${of}}`)) >= 1);
    expect(await grown(`connects_total{${of}}`)).toBeGreaterThanOrEqual(1);
    // The boot, five Heartbeats, what is unknown, and the answer to the command; and as many to it.
    expect(await grown(`frames_total{direction="in",${of}}`)).toBeGreaterThanOrEqual(8);
    expect(await grown(`frames_total{direction="out",${of}}`)).toBeGreaterThanOrEqual(8);
    expect(
      await grown('call_errors_total{direction="out",code="NotImplemented",security_profile="0"}'),
    ).toBeGreaterThanOrEqual(1);
    expect(
      await grown('commands_total{action="ClearCache",state="result",security_profile="0"}'),
    ).toBeGreaterThanOrEqual(1);
    expect(await grown('command_seconds_count{security_profile="0"}')).toBeGreaterThanOrEqual(1);
    expect(await grown('command_seconds_bucket{security_profile="0",le="+Inf"}')).toBeGreaterThanOrEqual(1);
    expect(
      await grown('deliveries_total{webhook="all",outcome="delivered",security_profile="0"}'),
    ).toBeGreaterThanOrEqual(1);
    await until(
      "the refusal to be counted",
      async () => (await grown('refusals_total{reason="not-registered",security_profile="1"}')) >= 1,
    );
  });
});
