import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../src/http/routes/route.ts";
import { ROUTES } from "../../src/http/routes/table.ts";
import { SETTINGS } from "../../src/config.ts";
import { VERSION } from "../../src/http/version.ts";
import { SCOPES } from "../../src/security/api-key.ts";
import { CsmsSocket } from "../support/csms-socket.ts";
import { until } from "../support/http-peers.ts";
import { type ApiAnswer, type Kerbside, startKerbside } from "../support/kerbside.ts";
import { ObserverSocket } from "../support/observer-socket.ts";

type Scope = (typeof SCOPES)[number];
const BINDINGS = {
  prefix: { prefix: "NORTH-" },
  label: { label: { site: "north" } },
  nobody: { label: { site: "nowhere" } },
};
type Binding = keyof typeof BINDINGS;
const BOUND = ["prefix", "label"] as const;
const ROUTE_LIST: [string, Route][] = Object.entries(ROUTES);
const GUARDED = ROUTE_LIST.filter(([, { scope }]) => scope !== null);
const ofPart = (...parts: Route["part"][]) => ROUTE_LIST.filter(([, { part }]) => parts.includes(part));
/** Registered outside of both bindings. */
const OUTSIDE = "SOUTH-1";

const CSMS_SECRET = "whsec_c2VjcmV0LW9mLXRoZS1jc21zLWluLXRoaXMtdGVzdA==";
const tokenOf = (name: string) => `token-of-${name}`;
const entryOf = (name: string, scopes: readonly Scope[], binding?: Binding) => ({
  name,
  sha256: createHash("sha256").update(tokenOf(name)).digest("hex"),
  scopes,
  ...(binding !== undefined && { stations: BINDINGS[binding] }),
});
const without = (scope: Scope | null) => SCOPES.filter((each) => each !== scope);

let kerbside: Kerbside;
beforeAll(async () => {
  const keys = [
    entryOf("all", SCOPES),
    ...SCOPES.flatMap((scope) => [
      entryOf(`no ${scope}`.replace(" ", "-"), without(scope)),
      ...BOUND.map((binding) => entryOf(`no-${scope}-${binding}`, without(scope), binding)),
    ]),
    ...(Object.keys(BINDINGS) as Binding[]).map((binding) => entryOf(binding, SCOPES, binding)),
  ];
  const settings = { CSMS_URL: "http://u:hidden@127.0.0.1:9/token?key=hidden", CSMS_SECRET };
  const CRL_URLS = "http://127.0.0.1:9/token.crl";
  kerbside = await startKerbside({ API_KEYS: JSON.stringify(keys), ...settings, CRL_URLS });
  await put("all", OUTSIDE, { site: "south" });
  await put("all", "NORTH-1", { site: "north" });
});
afterAll(() => kerbside?.stop());

const call = (key: string | null, method: string, path: string, body?: unknown): Promise<ApiAnswer> =>
  kerbside.api(method, path, body, { authorization: key === null ? "" : `Bearer ${tokenOf(key)}` });
const pathOf = (id: string) => `/v1/stations/${encodeURIComponent(id)}`;
const put = (key: string, id: string, labels: Record<string, string>) =>
  call(key, "PUT", pathOf(id), { securityProfile: 0, labels });
const slugOf = ({ status, body }: ApiAnswer) => [status, body?.type?.slice("/problems/".length)];

/** A route, asked for that station and for other things that need not be there. What body it wants is told after who may. */
function ask(key: string | null, { method, path }: Route, stationId: string, body: unknown = {}): Promise<ApiAnswer> {
  const named = path.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(name === "id" ? stationId : "other"));
  return call(key, method, named, method === "GET" || method === "DELETE" ? undefined : body);
}

describe("Every route", () => {
  test.each(GUARDED)("%s needs a key, and its scope, whatever a key is bound to", async (_, route) => {
    for (const id of [OUTSIDE, "NORTH-1", "NEVER"]) {
      expect(slugOf(await ask(null, route, id))).toEqual([401, "unauthorized"]);
      if (route.scope === "any") continue;
      for (const key of [`no-${route.scope}`, ...BOUND.map((binding) => `no-${route.scope}-${binding}`)]) {
        expect(slugOf(await ask(key, route, id))).toEqual([403, "missing-scope"]);
      }
    }
  });

  test.each(ofPart("station"))(
    "%s is there for a bound key where the station is its own, and nowhere else",
    async (name, route) => {
      for (const binding of BOUND) {
        const own = `NORTH-${name}-${binding}`;
        await put("all", own, { site: "north" });
        const before = (await call("all", "GET", pathOf(OUTSIDE))).body;
        const refused = await ask(binding, route, OUTSIDE);
        const unknown = await ask(binding, route, "NEVER");
        expect(slugOf(refused)).toEqual([404, "station-not-found"]);
        expect([refused.status, refused.body]).toEqual([unknown.status, unknown.body]);
        expect((await call("all", "GET", pathOf(OUTSIDE))).body).toMatchObject({
          stationId: before.stationId,
          labels: before.labels,
        });
        const taken = await ask(binding, route, own);
        expect(slugOf(taken)).not.toEqual([404, "station-not-found"]);
        expect([401, 403, 500, 503]).not.toContain(taken.status);
        expect(slugOf(await ask("all", route, OUTSIDE, null))).not.toEqual([404, "station-not-found"]);
        await put("all", OUTSIDE, { site: "south" });
      }
    },
  );

  test.each(ofPart("registration"))("%s makes and changes for a bound key what is its own alone", async (_, route) => {
    for (const binding of BOUND) {
      expect(slugOf(await ask(binding, route, OUTSIDE))).toEqual([404, "station-not-found"]);
      expect((await ask(binding, route, `NORTH-new-${binding}`)).status).toBe(422);
    }
  });

  test.each(ofPart("fleet"))("%s is not for a bound key", async (_, route) => {
    for (const binding of BOUND) expect(slugOf(await ask(binding, route, ""))).toEqual([403, "bound-key"]);
    expect([401, 403]).not.toContain((await ask("all", route, "")).status);
  });

  test.each(ofPart("list"))("%s shows a bound key nothing of others", async (_, route) => {
    for (const binding of BOUND) {
      const { status, body } = await ask(binding, route, "");
      expect([401, 403, 500, 503]).not.toContain(status);
      expect(JSON.stringify(body)).not.toMatch(/SOUTH|south/);
    }
    const { body } = await ask("nobody", route, "");
    const numbers: unknown[] = [];
    const text = JSON.stringify(body, (name, value) => {
      if (typeof value === "number" && name !== "status") numbers.push(value);
      return value;
    });
    expect(text).not.toMatch(/SOUTH|NORTH|south|north/);
    expect(numbers.filter((number) => number !== 0)).toEqual([]);
  });
});

describe("A key", () => {
  const whoAmI = (key: string | null) => call(key, "GET", "/v1/key");

  test("is told what it is, and nothing of a secret or of another", async () => {
    expect((await whoAmI("all")).body).toEqual({ name: "all", kind: "key", scopes: SCOPES, stations: null });
    for (const binding of BOUND) {
      const { status, body } = await whoAmI(binding);
      expect([status, body]).toEqual([
        200,
        { name: binding, kind: "key", scopes: SCOPES, stations: BINDINGS[binding] },
      ]);
    }
    const { body } = await whoAmI("no-audit:read-label");
    expect(body).toMatchObject({ scopes: without("audit:read"), stations: BINDINGS.label });
  });

  test("with audit:read is told what the deployment runs with, and which keys there are, but no secret and no hash", async () => {
    const { status, body } = await call("all", "GET", "/v1/settings");
    expect([status, body.version]).toEqual([200, VERSION]);
    const byName = Object.fromEntries(body.settings.map(({ name, ...rest }: { name: string }) => [name, rest]));
    expect(Object.keys(byName)).toEqual([...SETTINGS]);
    expect(byName.API_KEYS).toEqual({ value: null, isSet: true, isSecret: true });
    expect(byName.CSMS_SECRET).toEqual({ value: null, isSet: true, isSecret: true });
    expect(byName.CSMS_URL).toEqual({ value: "http://127.0.0.1:9", isSet: true, isSecret: false });
    expect(byName.CRL_URLS).toEqual({ value: ["http://127.0.0.1:9"], isSet: true, isSecret: false });
    expect(byName.AUDIT_DAYS).toEqual({ value: 90, isSet: false, isSecret: false });
    expect(byName.JURISDICTION).toEqual({ value: null, isSet: false, isSecret: false });
    expect(body.keys).toContainEqual({ name: "prefix", scopes: SCOPES, stations: BINDINGS.prefix });
    expect(body.keys).toContainEqual({ name: "all", scopes: SCOPES, stations: null });
    const text = JSON.stringify(body);
    for (const secret of [
      CSMS_SECRET,
      "hidden",
      "token",
      ...body.keys.map(({ name }: { name: string }) => entryOf(name, []).sha256),
    ])
      expect(text).not.toContain(secret);
  });

  test("that is wrong, or none, is told nothing", async () => {
    for (const key of [null, "stranger", ""]) expect(slugOf(await whoAmI(key))).toEqual([401, "unauthorized"]);
  });
});

describe("A key that is bound", () => {
  const idsOf = async (key: string, query = ""): Promise<string[]> => {
    const { status, body } = await call(key, "GET", `/v1/stations?limit=1000${query}`);
    expect(status).toBe(200);
    return body.stations.map(({ stationId }: { stationId: string }) => stationId);
  };

  test("lists its stations, page by page and by each filter, and no other", async () => {
    const nearly = ["NORTH", "NORTH_9", "north-9", "NORTG-~", "NORTI", "XNORTH-9", "NORTH.9"].filter(
      (id) => !id.includes("~"),
    );
    for (const id of nearly) await put("all", id, { site: "North", sites: "north", kind: "near" });
    for (const id of ["NORTH-a", "NORTH-|", "NORTH--"]) await put("all", id, { site: "elsewhere", kind: "near" });
    for (const id of ["EAST-1", "WEST-1"]) await put("all", id, { site: "north", kind: "near" });
    expect(await idsOf("prefix", "&label.kind=near")).toEqual(["NORTH--", "NORTH-a", "NORTH-|"]);
    expect(await idsOf("label", "&label.kind=near")).toEqual(["EAST-1", "WEST-1"]);
    expect(await idsOf("label", "&label.kind=near&label.site=elsewhere")).toEqual([]);
    expect(await idsOf("prefix", "&label.kind=near&q=WEST")).toEqual([]);
    // The cursor of a key that reaches more is taken, and reaches no further with it.
    const { cursor } = (await call("all", "GET", "/v1/stations?limit=1&label.kind=near")).body;
    expect(await idsOf("prefix", `&label.kind=near&cursor=${cursor}`)).toEqual(["NORTH--", "NORTH-a", "NORTH-|"]);
    expect((await idsOf("all", "&label.kind=near")).length).toBe(nearly.length + 5);
    expect(await idsOf("nobody")).toEqual([]);
    const first = (await call("label", "GET", "/v1/stations?limit=1&label.kind=near")).body;
    expect(first).toMatchObject({ stations: [{ stationId: "EAST-1" }], cursor: expect.any(String) });
    const last = (await call("label", "GET", `/v1/stations?limit=1&label.kind=near&cursor=${first.cursor}`)).body;
    expect(last).toMatchObject({ stations: [{ stationId: "WEST-1" }], cursor: null });
  });

  test("by a prefix registers inside of it alone, whatever the labels", async () => {
    expect((await put("prefix", "NORTH-made", {})).status).toBe(201);
    expect((await put("prefix", "NORTH-made", { site: "south" })).status).toBe(200);
    expect(slugOf(await put("prefix", "SOUTH-made", { site: "north" }))).toEqual([404, "station-not-found"]);
    expect((await call("all", "GET", pathOf("SOUTH-made"))).status).toBe(404);
  });

  test("by a label registers with that label alone, and moves no station out or in", async () => {
    const refused = await put("label", "L-made", { site: "south" });
    expect(slugOf(refused)).toEqual([422, "invalid-request"]);
    expect(refused.body.errors).toMatchObject([{ path: "/labels/site" }]);
    expect((await put("label", "L-made", {})).status).toBe(422);
    expect((await call("all", "GET", pathOf("L-made"))).status).toBe(404);
    expect((await put("label", "L-made", { site: "north", more: "x" })).status).toBe(201);
    expect((await put("label", "L-made", { more: "x" })).body.errors).toMatchObject([{ path: "/labels/site" }]);
    expect((await call("label", "GET", pathOf("L-made"))).body.labels).toEqual({ site: "north", more: "x" });
    expect(slugOf(await put("label", OUTSIDE, { site: "north" }))).toEqual([404, "station-not-found"]);
    expect((await call("all", "GET", pathOf(OUTSIDE))).body.labels).toEqual({ site: "south" });
  });

  test("loses a station with the answer that moves it, and gets it with the one that brings it", async () => {
    await put("all", "MOVED", { site: "north" });
    for (const site of ["south", "north", "south", "north"]) {
      await put("all", "MOVED", { site });
      const { status } = await call("label", "GET", pathOf("MOVED"));
      expect([site, status]).toEqual([site, site === "north" ? 200 : 404]);
    }
    expect((await call("label", "DELETE", pathOf("MOVED"))).status).toBe(204);
    expect((await call("label", "GET", pathOf("MOVED"))).status).toBe(404);
  });

  test("takes no station that was moved out while its registration was under way", async () => {
    for (let round = 0; round < 5; round++) {
      await put("all", "RACED", { site: "north" });
      // Hashing holds the one up; whoever is first, what stands at last is what the whole fleet's key said.
      const body = { securityProfile: 1, password: "p".repeat(16 + round), labels: { site: "north" } };
      const [own, moved] = await Promise.all([
        call("label", "PUT", pathOf("RACED"), body),
        put("all", "RACED", { site: "south" }),
      ]);
      expect([200, 404]).toContain(own.status);
      expect(moved.status).toBe(200);
      expect((await call("all", "GET", pathOf("RACED"))).body.labels).toEqual({ site: "south" });
    }
  });

  test("by a label is neither let in nor told that nothing is there while nobody can say what is its own", async () => {
    const database = await kerbside.edge.miniflare.getD1Database("DIRECTORY");
    await database.prepare("ALTER TABLE stations RENAME TO away").run();
    const answers = await Promise.all([OUTSIDE, "NORTH-1"].map((id) => call("label", "GET", pathOf(id))));
    await database.prepare("ALTER TABLE away RENAME TO stations").run();
    for (const answer of answers) {
      expect(slugOf(answer)).toEqual([503, "unavailable"]);
      expect(answer.headers.get("retry-after")).toBe("5");
    }
    expect((await call("label", "GET", pathOf("NORTH-1"))).status).toBe(200);
  });

  test("finds a station by a command's id or a certificate's fingerprint where it is its own, by a whole name alone", async () => {
    const found = async (key: string, q: string) => {
      const { status, body } = await call(key, "GET", `/v1/search?q=${encodeURIComponent(q)}`);
      expect(status).toBe(200);
      return body.found;
    };
    const database = await kerbside.edge.miniflare.getD1Database("DIRECTORY");
    const own = { NORTH: "NORTH-F", SOUTH: OUTSIDE };
    for (const [site, id] of Object.entries(own)) {
      await put("all", id, { site: site.toLowerCase() });
      const command = { action: "Reset", payload: { type: "Soft" }, expiresInSeconds: 60 };
      const { status, body } = await call("all", "POST", `${pathOf(id)}/commands`, command);
      expect(status).toBe(202);
      await until("the audit", async () => (await found("all", body.commandId)).length === 1);
      const shown = { stationId: id, online: false, by: "command", commandId: body.commandId };
      expect(await found("all", body.commandId.toUpperCase())).toEqual([shown]);
      for (const binding of BOUND)
        expect(await found(binding, body.commandId)).toEqual(site === "NORTH" ? [shown] : []);
      expect(await found("all", body.commandId.slice(0, -1))).toEqual([]);

      const fingerprint = (site === "NORTH" ? "ab" : "cd").repeat(32);
      await database
        .prepare("UPDATE stations SET certificate_key = ?1 WHERE station_id = ?2")
        .bind(`sha256:${fingerprint}`, id)
        .run();
      const written = fingerprint.toUpperCase().replaceAll(/(..)(?=.)/g, "$1:");
      const shows = { stationId: id, online: false, by: "certificate", fingerprint };
      expect(await found("all", written)).toEqual([shows]);
      for (const binding of BOUND) expect(await found(binding, fingerprint)).toEqual(site === "NORTH" ? [shows] : []);
    }
    const campaign = {
      name: "c",
      action: "Reset",
      payload: { type: "Soft" },
      stationIds: ["NORTH-F"],
      expiresInSeconds: 60,
    };
    const { body } = await call("all", "POST", "/v1/campaigns", campaign);
    const members = async () => (await call("all", "GET", `/v1/campaigns/${body.campaignId}/stations`)).body.stations;
    const commandId = await until("the campaign's command", async () => (await members())[0]?.commandId ?? null);
    expect(await found("prefix", commandId)).toMatchObject([{ stationId: "NORTH-F", by: "command" }]);
    for (const q of ["none", "ab".repeat(31), "a' OR 1", "019ab0c4-7a10-4000-8000-000000000001"])
      expect(await found("all", q)).toEqual([]);
    expect((await call("all", "GET", "/v1/search?q=")).status).toBe(422);
  });

  test("loses its open sockets to a station that is moved out of its part, through a hibernation too; others keep theirs", async () => {
    await put("all", "MOVED-1", { site: "north" });
    const url = `ws://localhost:${kerbside.edge.port}${pathOf("MOVED-1")}`;
    const open = async (key: string) => {
      const observer = await ObserverSocket.connect(`${url}/live`, tokenOf(key));
      const link = await CsmsSocket.connect(`${url}/csms`, tokenOf(key), () => null);
      return { observer, link };
    };
    const all = await ObserverSocket.connect(`${url}/live`, tokenOf("all"));
    const bound = await open("label");
    await put("all", "MOVED-1", { site: "north", floor: "2" });
    await kerbside.edge.evict("MOVED-1");
    await put("all", "MOVED-1", { site: "south" });
    const closed = { code: 1008, reason: "out-of-reach" };
    expect(await until("the observer's end", () => bound.observer.closed)).toEqual(closed);
    expect(await until("the link's end", () => bound.link.closed)).toEqual(closed);
    expect(all.closed).toBeNull();
    const again = await ObserverSocket.connect(`${url}/live`, tokenOf("label"));
    expect(again.status).toBe(404);
    await put("all", "MOVED-1", { site: "north" });
    const back = await open("label");
    await call("all", "DELETE", pathOf("MOVED-1"));
    expect(await until("its end", () => back.observer.closed)).toEqual({ code: 1008, reason: "deregistered" });
  });

  test("is told of an identity that is none as any other is", async () => {
    for (const key of ["all", ...BOUND]) {
      expect(slugOf(await call(key, "GET", pathOf("a/b")))).toEqual([400, "illegal-identity"]);
    }
  });
});
