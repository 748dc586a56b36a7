import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { rawUpgrade } from "../support/raw-upgrade.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateOf, over, type Transport } from "../support/transports.ts";

/** As the API shows it. */
type NewcomerEntry = Record<"stationId" | "firstSeen" | "transport", string> & { certificate: object | null };

const PASSWORD = "correct horse battery";

/** As in production: not LOCAL, no profile 0, and from the address that a test says. */
let kerbside: Kerbside;
beforeAll(async () => {
  const entry = join(import.meta.dirname, "../support/edge-worker.js");
  kerbside = await startKerbside({ ALLOW_PROFILE_0: "false" }, { entry });
});
afterAll(async () => {
  await kerbside?.stop();
});

const api = (method: string, path: string, body?: unknown) =>
  kerbside.api(method, path, body, { "x-edge-url": `https://api.example${path}` });
const register = async (id: string, registration: Record<string, unknown>) =>
  (await api("PUT", `/v1/stations/${encodeURIComponent(id)}`, registration)).status;
const newcomers = async (query = "?limit=1000"): Promise<NewcomerEntry[]> =>
  (await api("GET", `/v1/newcomers${query}`)).body.newcomers;
const newcomer = (id: string) =>
  until(`${id} to be listed`, async () => (await newcomers()).find(({ stationId }) => stationId === id));
const ORIGINS = { http: "http://api.example", tls: "https://api.example", mtls: "https://mtls.example" };

function options(
  id: string,
  transport: Transport,
  { from = "192.0.2.1", ...more }: { from?: string; password?: string; socket?: object; protocols?: string[] } = {},
) {
  const headers = {
    "x-edge-url": `${ORIGINS[transport]}/ocpp/${encodeURIComponent(id)}`,
    "x-edge-address": from,
  };
  return over(kerbside, transport, id, { ...more, socket: { ...more.socket, headers } });
}
const knock = async (...given: Parameters<typeof options>) => (await TestStation.refused(options(...given))).status;

/** A row of the directory as D1 has it: only its own station's object makes one. */
interface Row {
  refused_count: number;
  refused_since: number | null;
  refused_reason: string | null;
  online: number;
}
async function row(id: string): Promise<Row> {
  const database = await kerbside.edge.miniflare.getD1Database("DIRECTORY");
  const found = await database.prepare("SELECT * FROM stations WHERE station_id = ?").bind(id).first<Row>();
  if (found === null) throw new Error(`${id} is not registered`);
  return found;
}

describe("A registered station that is refused", () => {
  test("has it counted with the newest reason until it connects", async () => {
    const right = { password: PASSWORD };
    const wrong = { password: "wrong horse battery" };
    expect(await register("REFUSED", { securityProfile: 2, ...right })).toBe(201);
    const before = Date.now();
    await Promise.all([1, 2, 3].map(() => knock("REFUSED", "tls", wrong)));
    const refused = await until("the refusals", async () => {
      const found = await row("REFUSED");
      return found.refused_count > 0 ? found : null;
    });
    // Those of a minute are one word, and a busy machine may not have got to all three of them by then.
    expect(refused.refused_count).toBeLessThanOrEqual(3);
    expect(refused).toMatchObject({ refused_reason: "password-wrong", online: 0 });
    expect(refused.refused_since).toBeGreaterThanOrEqual(before);

    const station = await TestStation.connect(options("REFUSED", "tls", right));
    await until("the connection", async () => (await row("REFUSED")).online === 1);
    expect(await row("REFUSED")).toMatchObject({ refused_count: 0, refused_since: null, refused_reason: null });
    station.kill();
  });

  test("has it counted too where the Worker refuses it in front", async () => {
    expect(await register("IN-FRONT", { securityProfile: 1, password: PASSWORD })).toBe(201);
    expect(await knock("IN-FRONT", "http")).toBe(401);
    await until("the refusal", async () => (await row("IN-FRONT")).refused_reason === "credentials-missing");
    expect((await newcomers()).map(({ stationId }) => stationId)).not.toContain("IN-FRONT");
  });
});

describe("Who knocks and is not registered", () => {
  test("is listed as it came, and is gone once it is registered", async () => {
    const before = Date.now();
    expect(await knock("NEW 1|x", "tls", { password: PASSWORD, protocols: ["ocpp2.0.1", "soap"] })).toBe(404);
    expect(await knock("NEW-2", "http", { password: PASSWORD, from: "2001:db8::7" })).toBe(404);
    const found = await newcomer("NEW 1|x");
    expect(found).toEqual({
      stationId: "NEW 1|x",
      firstSeen: expect.any(String),
      lastSeen: found.firstSeen,
      count: 1,
      remoteAddress: "192.0.2.1",
      protocols: ["ocpp2.0.1", "soap"],
      transport: "wss",
      certificate: null,
      reason: "not-registered",
    });
    expect(Date.parse(found.firstSeen)).toBeGreaterThanOrEqual(before);
    expect(await newcomer("NEW-2")).toMatchObject({ transport: "ws", remoteAddress: "2001:db8::7" });

    expect(await register("NEW 1|x", { securityProfile: 2, password: PASSWORD })).toBe(201);
    const left = (await newcomers()).map(({ stationId }) => stationId);
    expect(left).toContain("NEW-2");
    expect(left).not.toContain("NEW 1|x");
    (await TestStation.connect(options("NEW 1|x", "tls", { password: PASSWORD }))).kill();
  });

  test("is listed too where it showed no proof and so was never looked up", async () => {
    expect(await knock("NO-PASSWORD", "http")).toBe(401);
    expect(await newcomer("NO-PASSWORD")).toMatchObject({ reason: "credentials-missing", count: 1 });
  });

  test("is shown with its certificate, which proves nothing", async () => {
    const good = await certificateOf(kerbside, "MTLS-NEW");
    expect(await knock("MTLS-NEW", "mtls", { socket: good })).toBe(404);
    const { certificate, transport } = await newcomer("MTLS-NEW");
    expect([transport, certificate]).toEqual([
      "mtls",
      {
        subject: expect.stringContaining("CN=MTLS-NEW"),
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        verdict: "SUCCESS",
      },
    ]);
    const stranger = await certificateOf(kerbside, "STRANGER", { kind: "self-signed" });
    expect(await knock("STRANGER", "mtls", { socket: stranger })).toBe(403);
    const shown = await newcomer("STRANGER");
    expect(shown).toMatchObject({
      reason: "certificate-unverified",
      certificate: { verdict: expect.stringMatching(/^FAILED/) },
    });
  });

  test("is not listed under an identity that is none, nor without an upgrade", async () => {
    const upgrade = (target: string, headers: string[] = []) =>
      rawUpgrade({ port: kerbside.edge.port, target, headers: [...headers, "x-edge-address: 192.0.2.2"] });
    expect((await upgrade("/ocpp/NOT%2FONE")).status).toBe(400);
    await knock("AFTERWARDS", "tls", { password: PASSWORD });
    await newcomer("AFTERWARDS");
    expect((await newcomers()).filter(({ stationId }) => /NOT/.test(stationId))).toEqual([]);
  });

  test("hides no other by a flood of names, of which a hundred are listed", async () => {
    const names = Array.from({ length: 300 }, (_, index) => `MADE-UP-${index}`);
    for (let from = 0; from < names.length; from += 50)
      await Promise.all(
        names.slice(from, from + 50).map((id) => knock(id, "tls", { password: PASSWORD, from: "198.51.100.6" })),
      );
    await knock("REAL", "tls", { password: PASSWORD, from: "198.51.100.7" });
    await newcomer("REAL");
    const listed = (await newcomers()).filter(({ stationId }) => stationId.startsWith("MADE-UP"));
    expect(listed.length).toBeLessThanOrEqual(100 + 10);
    expect(listed.length).toBeGreaterThan(0);
  });

  test("is listed page by page, the newest first", async () => {
    const all = (await newcomers()).map(({ stationId }) => stationId);
    const pages: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await api("GET", `/v1/newcomers?limit=40${query}`);
      pages.push(...body.newcomers.map(({ stationId }: NewcomerEntry) => stationId));
      cursor = body.cursor;
    }
    expect(pages).toEqual(all);
    for (const query of ["limit=0", "limit=1001", "limit=x", "unknown=1", "cursor=odd"])
      expect((await api("GET", `/v1/newcomers?${query}`)).status).toBe(422);
  });
});

test("The fleet's problems are who was refused and why, and what a station reported, once an hour whether its object slept or not", async () => {
  const right = { password: PASSWORD };
  for (const id of ["PROBLEM-1", "PROBLEM-2"]) expect(await register(id, { securityProfile: 2, ...right })).toBe(201);
  await knock("PROBLEM-1", "tls", { password: "wrong horse battery" });
  await knock("PROBLEM-NEW", "tls", right);
  const station = await TestStation.connect(options("PROBLEM-2", "tls", right));
  station.socket.send("[2,");
  const problems = async () => (await api("GET", "/v1/problems?limit=500")).body;
  const casesOf = (groups: { newest: { stationId: string }[] }[], id: string) =>
    groups.flatMap(({ newest }) => newest).filter(({ stationId }) => stationId === id);
  const reported = async () =>
    ((await problems()).securityEvents as { stationId: string; kind: string; detail: object }[]).filter(
      ({ stationId }) => stationId === "PROBLEM-2",
    );
  await until("the refusal", async () => casesOf((await problems()).refusals, "PROBLEM-1").length === 1);
  await until("the newcomer", async () => casesOf((await problems()).newcomers, "PROBLEM-NEW").length === 1);
  await until("the report", async () => (await reported()).length === 1);
  expect((await reported())[0]).toMatchObject({ kind: "malformed-frame" });
  expect(JSON.stringify(await reported())).not.toContain("[2,");
  await kerbside.edge.evict("PROBLEM-2");
  station.socket.send("[2,,");
  const messages = async () =>
    (await api("GET", "/v1/stations/PROBLEM-2/messages?type=ocpp.security")).body.messages as object[];
  await until("the other report", async () => (await messages()).length === 2);
  await knock("PROBLEM-1", "tls", { password: "wrong horse battery" });
  expect(await reported()).toHaveLength(1);
  station.kill();
});
