import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditCursor, auditPlace } from "../../src/fleet/audit-place.ts";
import type { AuditEntry, AuditKind } from "../../src/fleet/audit-entry.ts";
import type { ROUTES } from "../../src/http/routes/table.ts";
import { mergeAudit } from "../../src/local/front/audit-pages.ts";
import { SCOPES } from "../../src/security/api-key.ts";
import { CsmsSocket } from "../support/csms-socket.ts";
import { SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { revocationList } from "../support/revocation-lists.ts";
import { BOOT_16 } from "../support/test-station.ts";

const tokenOf = (name: string) => `token-of-${name}`;
const KEYS = [
  { name: "ops", scopes: SCOPES },
  { name: "other", scopes: SCOPES },
  { name: "reader", scopes: ["stations:read"] },
  { name: "north", scopes: SCOPES, stations: { prefix: "N-" } },
  { name: "site", scopes: SCOPES, stations: { label: { site: "north" } } },
].map((key) => ({ ...key, sha256: createHash("sha256").update(tokenOf(key.name)).digest("hex") }));

let kerbside: Kerbside;
/** What the Worker logged. */
const lines: string[] = [];
let database: Awaited<ReturnType<Kerbside["edge"]["miniflare"]["getD1Database"]>>;
beforeAll(async () => {
  const log = (line: string) => void lines.push(line);
  kerbside = await startKerbside({ API_KEYS: JSON.stringify(KEYS), AUDIT_DAYS: "7" }, { log });
  database = await kerbside.edge.miniflare.getD1Database("DIRECTORY");
});
afterAll(() => kerbside?.stop());

const call = (key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  kerbside.api(method, path, body, { authorization: `Bearer ${tokenOf(key)}`, ...headers });
const put = (key: string, id: string, more: object = {}) =>
  call(key, "PUT", `/v1/stations/${id}`, { securityProfile: 0, ...more });
interface Entry {
  id: string;
  at: string;
  actor: string;
  kind: AuditKind;
  stationId: string | null;
  [detail: string]: unknown;
}
async function read(query: string, key = "ops"): Promise<{ entries: Entry[]; cursor: string | null }> {
  const { status, body } = await call(key, "GET", `/v1/audit?${query}`);
  expect([status, body]).toEqual([200, { entries: expect.any(Array), cursor: body.cursor }]);
  return body;
}
/** The newest first, once there are so many. */
const entriesOf = (query: string, count: number) =>
  until(`${count} entries of ${query}`, async () => {
    const { entries } = await read(query);
    return entries.length >= count ? entries : null;
  });
const plain = ({ id: _, at: __, ...entry }: Entry) => entry;

/** Every operation that changes something: a new one does not compile until its entry is here, or is said to have none. */
type WriteOperation = {
  [Id in keyof typeof ROUTES]: (typeof ROUTES)[Id]["method"] extends "GET" ? never : Id;
}[keyof typeof ROUTES];
const WRITES: Record<WriteOperation, (id: string) => Promise<[kind: AuditKind, detail: object]>> = {
  async putStation(id) {
    expect((await put("ops", id)).status).toBe(201);
    return ["station.registered", {}];
  },
  async deleteStation(id) {
    await put("other", id);
    expect((await call("ops", "DELETE", `/v1/stations/${id}`)).status).toBe(204);
    return ["station.deregistered", {}];
  },
  async addRevocation() {
    const fingerprint = "cd".repeat(32);
    expect((await call("ops", "POST", "/v1/revocations", { fingerprint })).status).toBe(201);
    return ["certificate.revoked", { certificate: `sha256:${fingerprint}` }];
  },
  async liftRevocation() {
    const fingerprint = "ef".repeat(32);
    await call("other", "POST", "/v1/revocations", { fingerprint, reason: "certificateHold" });
    expect((await call("ops", "DELETE", `/v1/revocations/${fingerprint}`)).status).toBe(200);
    return ["certificate.released", { certificate: `sha256:${fingerprint}` }];
  },
  async putCrl() {
    const { stationCa } = kerbside.edge.pki;
    const der = Buffer.from(await revocationList([], { by: stationCa })).toString("base64");
    const pem = `-----BEGIN X509 CRL-----\n${der}\n-----END X509 CRL-----\n`;
    expect((await call("ops", "PUT", `/v1/crls/${stationCa.subjectKeyId}`, pem)).status).toBe(200);
    return ["crl.put", { issuer: stationCa.subjectKeyId }];
  },
  async disconnectStation(id) {
    await put("other", id);
    expect((await call("ops", "POST", `/v1/stations/${id}/disconnect`)).status).toBe(204);
    return ["station.disconnected", {}];
  },
  async rotatePassword(id) {
    await begin("ops", id, "password-rotation");
    return ["password-rotation.begun", {}];
  },
  async cancelPasswordRotation(id) {
    await begin("other", id, "password-rotation");
    expect((await call("ops", "DELETE", `/v1/stations/${id}/password-rotation`)).status).toBe(200);
    return ["password-rotation.cancelled", {}];
  },
  async upgradeSecurity(id) {
    await begin("ops", id, "security-upgrade");
    return ["security-upgrade.begun", {}];
  },
  async cancelSecurityUpgrade(id) {
    await begin("other", id, "security-upgrade");
    expect((await call("ops", "DELETE", `/v1/stations/${id}/security-upgrade`)).status).toBe(200);
    return ["security-upgrade.cancelled", {}];
  },
  async sendCommand(id) {
    const { commandId } = await queued(id);
    return ["command.sent", { action: "ClearCache", commandId }];
  },
  async cancelCommand(id) {
    const { commandId } = await queued(id, "other");
    expect((await call("ops", "DELETE", `/v1/stations/${id}/commands/${commandId}`)).status).toBe(204);
    return ["command.cancelled", { commandId }];
  },
  async putWebhook(id) {
    expect((await putWebhook("ops", id)).status).toBe(201);
    return ["webhook.put", { webhook: id }];
  },
  async deleteWebhook(id) {
    await putWebhook("other", id);
    expect((await call("ops", "DELETE", `/v1/webhooks/${id}`)).status).toBe(204);
    return ["webhook.deleted", { webhook: id }];
  },
  async replayWebhook(id) {
    await putWebhook("other", id);
    expect((await call("ops", "POST", `/v1/webhooks/${id}/replay`)).status).toBe(202);
    return ["webhook.replayed", { webhook: id }];
  },
  async createCampaign(id) {
    return ["campaign.created", { campaignId: await campaign("ops", id), action: "ClearCache" }];
  },
  async pauseCampaign(id) {
    const campaignId = await campaign("other", id);
    expect((await call("ops", "POST", `/v1/campaigns/${campaignId}/pause`)).status).toBe(200);
    return ["campaign.paused", { campaignId }];
  },
  async resumeCampaign(id) {
    const campaignId = await campaign("other", id);
    await call("other", "POST", `/v1/campaigns/${campaignId}/pause`);
    expect((await call("ops", "POST", `/v1/campaigns/${campaignId}/resume`)).status).toBe(200);
    return ["campaign.resumed", { campaignId }];
  },
  async cancelCampaign(id) {
    const campaignId = await campaign("other", id);
    expect((await call("ops", "POST", `/v1/campaigns/${campaignId}/cancel`)).status).toBe(200);
    return ["campaign.cancelled", { campaignId }];
  },
};
async function campaign(key: string, name: string): Promise<string> {
  const asked = { name, action: "ClearCache", payload: {}, stationIds: ["NOBODY"], startAt: "2099-01-01" };
  const { status, body } = await call(key, "POST", "/v1/campaigns", asked);
  expect([status, body.actor]).toEqual([201, key]);
  return body.campaignId;
}
const putWebhook = (key: string, id: string) =>
  call(key, "PUT", `/v1/webhooks/${id}`, { url: "http://127.0.0.1:9/?token=hidden", secret: SECRET });
async function begin(key: string, id: string, kind: "password-rotation" | "security-upgrade") {
  const password = "a password that nobody sees";
  await put("other", id, { securityProfile: 1, password: "the password before it" });
  const body = kind === "password-rotation" ? { password } : { to: 2 };
  const { status, body: operation } = await call(key, "POST", `/v1/stations/${id}/${kind}`, body);
  expect([status, operation.actor, operation.state]).toEqual([202, key, "running"]);
}
async function queued(id: string, key = "ops") {
  await put("other", id);
  const body = { action: "ClearCache", payload: {}, expiresInSeconds: 600 };
  const answer = await call(key, "POST", `/v1/stations/${id}/commands`, body);
  expect(answer.status).toBe(202);
  expect(answer.body.actor).toBe(key);
  return answer.body;
}

describe("The audit has", () => {
  test.each(Object.entries(WRITES))("an entry of %s: who, what and where, and no secret", async (name, write) => {
    const id = `W-${name}`;
    const [kind, detail] = await write(id);
    const isOfStation = !(
      "webhook" in detail ||
      "certificate" in detail ||
      "campaignId" in detail ||
      "issuer" in detail
    );
    const entry = { actor: "ops", kind, stationId: isOfStation ? id : null, ...detail };
    await until(`${name} in the audit`, async () => {
      const { entries } = await read("actor=ops&limit=500");
      return entries.map(plain).some((each) => JSON.stringify(each) === JSON.stringify(entry)) || null;
    });
    expect(JSON.stringify(await read("limit=500"))).not.toMatch(/hidden|whsec|token/);
  });

  test("of a changed registration the names of what is another, and nothing where nothing is", async () => {
    const secret = "a secret of sixteen bytes";
    await put("ops", "C-1", { labels: { a: "1" } });
    await put("ops", "C-1", { labels: { a: "1" } });
    await put("other", "C-1", { labels: { a: "2" }, validation: "lenient" });
    await put("ops", "C-1", { securityProfile: 1, password: secret, labels: { a: "2" }, validation: "lenient" });
    await put("ops", "C-1", {
      ...{ securityProfile: 1, password: "generate", passwordOverlap: true, labels: { a: "2" } },
      certificate: { organization: "hidden" },
    });
    const entries = await entriesOf("stationId=C-1", 4);
    const inOrder = entries.map(plain).reverse();
    expect(inOrder.map(({ kind, actor }) => [kind, actor])).toEqual([
      ["station.registered", "ops"],
      ["station.changed", "other"],
      ["station.changed", "ops"],
      ["station.changed", "ops"],
    ]);
    const changed = inOrder.map((entry) => (entry.changed as string[] | undefined)?.toSorted());
    expect(changed).toEqual([
      undefined,
      ["labels", "validation"],
      ["password", "securityProfile"],
      ["certificate", "password", "passwordOverlap", "validation"],
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/hidden|secret|lenient/);
  });

  test("a command once, however often it is asked for, and of the CSMS's link who asked by it", async () => {
    await put("other", "L-1");
    const body = { action: "ClearCache", payload: {}, expiresInSeconds: 600 };
    const commands = await Promise.all(
      ["ops", "ops", "other"].map((key) =>
        call(key, "POST", "/v1/stations/L-1/commands", body, { "idempotency-key": "k" }),
      ),
    );
    expect(new Set(commands.map((answer) => answer.body.commandId)).size).toBe(1);
    const { actor, commandId } = commands[0]?.body ?? {};
    expect(new Set(commands.map((answer) => answer.body.actor))).toEqual(new Set([actor]));
    const csms = await CsmsSocket.connect(
      `ws://localhost:${kerbside.edge.port}/v1/stations/L-1/csms`,
      ...([
        tokenOf("ops"),
        () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 60 }),
      ] as const),
    );
    const station = await kerbside.station("L-1", { register: false });
    station.answerCalls(() => ({ status: "Accepted" }));
    await station.call("BootNotification", BOOT_16);
    csms.send([2, "from-csms", "ClearCache", {}]);
    expect((await csms.of("from-csms"))[2]).toEqual({ status: "Accepted" });
    const entries = await entriesOf("stationId=L-1", 3);
    expect(entries.map(plain)).toEqual([
      {
        actor: "csms-link",
        kind: "command.sent",
        stationId: "L-1",
        action: "ClearCache",
        commandId: expect.any(String),
      },
      { actor, kind: "command.sent", stationId: "L-1", action: "ClearCache", commandId },
      { actor: "other", kind: "station.registered", stationId: "L-1" },
    ]);
    const listed = (await call("ops", "GET", "/v1/stations/L-1/commands")).body.commands;
    expect(listed.map((command: { actor: string }) => command.actor)).toEqual(["csms-link", actor]);
    csms.end();
  });

  test("a refused key once a minute for each route", async () => {
    for (let time = 0; time < 5; time++) {
      expect((await put("reader", `R-${time}`)).status).toBe(403);
      expect((await call("reader", "DELETE", "/v1/stations/R-1")).status).toBe(403);
      expect((await call("north", "GET", "/v1/webhooks")).status).toBe(403);
    }
    const refused = { kind: "key.refused", stationId: null };
    const own = await entriesOf("actor=reader", 2);
    // Where a minute ends meanwhile there are two of each.
    expect(own.length).toBeLessThanOrEqual(4);
    expect(new Set(own.map((entry) => JSON.stringify(plain(entry))))).toEqual(
      new Set([
        JSON.stringify({ actor: "reader", ...refused, operation: "putStation", scope: "stations:write" }),
        JSON.stringify({ actor: "reader", ...refused, operation: "deleteStation", scope: "stations:write" }),
      ]),
    );
    const bound = await entriesOf("actor=north", 1);
    expect(bound.map(plain)).toContainEqual({ actor: "north", ...refused, operation: "listWebhooks" });
  });
});

test("What the directory does not take goes by the queue, and holds nobody up", async () => {
  await database.prepare("ALTER TABLE audit RENAME TO away").run();
  expect((await put("ops", "Q-1")).status).toBe(201);
  await until("the queue's turn", () => lines.some((line) => line.includes("the audit goes by the queue")));
  await database.prepare("ALTER TABLE away RENAME TO audit").run();
  const [entry] = await entriesOf("stationId=Q-1", 1);
  expect(entry).toMatchObject({ actor: "ops", kind: "station.registered" });
  expect(Math.abs(Date.parse(entry?.at ?? "") - Date.now())).toBeLessThan(60_000);
}, 40_000);

describe("The audit is read", () => {
  const MANY = 3_000;
  /** Longer ago than anything is kept. */
  const BASE = Math.floor(Date.now() / 1000) * 1000 - 30 * 86_400_000;
  /** Five to a millisecond, so that a page ends between equals. */
  const entryOf = (index: number): AuditEntry => ({
    at: BASE + Math.floor(index / 5),
    id: String(index).padStart(6, "0"),
    actor: `bulk-${index % 3}`,
    kind: "command.sent",
    stationId: index % 7 === 0 ? `N-${index % 10}` : `S-${index % 10}`,
    detail: {},
  });
  const WINDOW = `before=${new Date(BASE + MANY).toISOString()}&after=${new Date(BASE - 1).toISOString()}`;
  beforeAll(async () => {
    const entries = Array.from({ length: MANY }, (_, index) => entryOf(index));
    await database
      .prepare(
        `INSERT INTO audit SELECT value ->> 'actor', value ->> 'at', value ->> 'id', value ->> 'kind', value ->> 'stationId', value -> 'detail'
         FROM json_each(?1)`,
      )
      .bind(JSON.stringify(entries))
      .run();
  });

  async function all(query: string, limit: number, key?: string): Promise<string[]> {
    const ids: string[] = [];
    let before = new Date(BASE + MANY).toISOString();
    for (;;) {
      const page = await read(
        `before=${encodeURIComponent(before)}&after=${new Date(BASE - 1).toISOString()}&limit=${limit}${query}`,
        key,
      );
      ids.push(...page.entries.map(({ id }) => id));
      if (page.cursor === null) return ids;
      expect(page.cursor < before).toBe(true);
      before = page.cursor;
    }
  }
  const idsOf = (holds: (entry: AuditEntry) => boolean) =>
    Array.from({ length: MANY }, (_, index) => entryOf(index))
      .filter(holds)
      .map(({ id }) => id)
      .reverse();

  test.each<[string, (entry: AuditEntry) => boolean]>([
    ["", () => true],
    ["&actor=bulk-1", ({ actor }) => actor === "bulk-1"],
    ["&stationId=N-7", ({ stationId }) => stationId === "N-7"],
    ["&stationId=S-3&actor=bulk-2", ({ stationId, actor }) => stationId === "S-3" && actor === "bulk-2"],
    ["&actor=nobody", () => false],
  ])("page by page without a gap or a repetition: %s", async (query, holds) => {
    expect(await all(query, 499)).toEqual(idsOf(holds));
  });

  test("by a bound key what is of its stations alone", async () => {
    await put("ops", "S-4", { labels: { site: "north" } });
    expect(await all("", 100, "north")).toEqual(idsOf(({ stationId }) => stationId?.startsWith("N-") === true));
    expect(await all("", 100, "site")).toEqual(idsOf(({ stationId }) => stationId === "S-4"));
    expect(await all("&stationId=S-3", 100, "site")).toEqual([]);
    expect(await all("&stationId=S-3", 100, "north")).toEqual([]);
    expect(await all("&stationId=N-7&actor=bulk-0", 100, "north")).not.toEqual([]);
  });

  test("in as many rows as a page needs, with all there is behind it", async () => {
    // As the Worker asks, by the same file: what it costs is what D1 says that it read.
    const { listAudit } = await import(`${import.meta.dirname}/../../src/fleet/audit-list.ts`);
    const reads: number[] = [];
    const metered = {
      prepare: (sql: string) => ({
        bind: (...values: unknown[]) => ({
          all: async () => {
            const answer = await database
              .prepare(sql)
              .bind(...values)
              .all();
            reads.push(answer.meta.rows_read);
            return answer;
          },
        }),
      }),
    };
    const before = { at: BASE + MANY, id: "" };
    const actors = Number((await database.prepare("SELECT count(DISTINCT actor) AS n FROM audit").first("n")) ?? 0);
    for (const [more, bound] of [
      [{ actor: "bulk-1", stationId: null }, 3 * 100 + 50],
      [{ actor: null, stationId: "N-7" }, 3 * 100 + 50],
      [{ actor: null, stationId: null }, actors * (3 * 100 + 50)],
    ] as const) {
      await listAudit(metered, "all", { before, after: null, limit: 100, ...more });
      expect(reads.at(-1)).toBeLessThanOrEqual(bound);
    }
  });

  test("for two rows an entry of a station and one of none, and none for what is written already", async () => {
    const { insertEntries } = await import(`${import.meta.dirname}/../../src/fleet/audit-list.ts`);
    const rows: number[] = [];
    for (const stationId of ["S-1", "S-1", null]) {
      const entry = { ...entryOf(0), at: 1, id: `${stationId}`, stationId };
      rows.push((await insertEntries(database, [entry]).run()).meta.rows_written);
    }
    expect(rows).toEqual([2, 0, 1]);
  });

  test.each([
    ["before=yesterday", "/before"],
    ["after=2026-13-01T00:00:00Z", "/after"],
    ["limit=501", "/limit"],
    ["limit=0", "/limit"],
    ["actor=", "/actor"],
    ["cursor=x", "/cursor"],
  ])("refuses %s with 422", async (query, path) => {
    const { status, body } = await call("ops", "GET", `/v1/audit?${query}`);
    expect([status, body.errors?.[0]?.path]).toEqual([422, path]);
  });

  test("no further back than AUDIT_DAYS, once the clock was looked at", async () => {
    const kept = (await read("limit=500")).entries.filter(({ at }) => Date.parse(at) > Date.now() - 6 * 86_400_000);
    expect(kept.length).toBeGreaterThan(10);
    const worker = await kerbside.edge.miniflare.getWorker();
    expect(await worker.scheduled({ cron: "*/5 * * * *" })).toMatchObject({ outcome: "ok" });
    expect(await read(WINDOW)).toEqual({ entries: [], cursor: null });
    const after = (await read("limit=500")).entries.map(({ id }) => id);
    for (const { id } of kept) expect(after).toContain(id);
  });
});

describe("A place in the audit", () => {
  test.each(["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"])("may be a time alone: %s", (text) => {
    expect(auditPlace(text)).toEqual({ at: Date.parse("2026-01-31T12:00:00Z"), id: "" });
  });

  test("is read as it was written, whatever a key is called", () => {
    const place = { at: 1_700_000_000_123, id: "putStation/a key/with \n signs" };
    expect(auditPlace(auditCursor(place))).toEqual(place);
  });

  test.each(["", "x", "2026-01-31", "2026-99-31T12:00:00Z", "2026-02-30T12:00:00Z", "2026-01-31T12:00:00+01:00"])(
    "is not %j",
    (text) => {
      expect(auditPlace(text)).toBeNull();
    },
  );
});

describe("Pages of several workerd processes", () => {
  const entry = (second: number, id: string) => ({ id, at: `2026-01-01T00:00:0${second}.000Z` });
  const page = (entries: object[], cursor: string | null) => JSON.stringify({ entries, cursor });
  const merged = (path: string, ...pages: string[]) => JSON.parse(mergeAudit(path, pages));

  test("are one, the newest first, no longer than its limit", () => {
    const [one, other] = [page([entry(5, "b"), entry(1, "a")], null), page([entry(5, "c"), entry(3, "a")], null)];
    expect(merged("/v1/audit", one, other)).toEqual({
      entries: [entry(5, "c"), entry(5, "b"), entry(3, "a"), entry(1, "a")],
      cursor: null,
    });
    expect(merged("/v1/audit?limit=2", one, other)).toEqual({
      entries: [entry(5, "c"), entry(5, "b")],
      cursor: "2026-01-01T00:00:05.000Z/b",
    });
  });

  test("go no further than each of them looked", () => {
    const cut = page([entry(9, "a")], "2026-01-01T00:00:04.000Z/m");
    const whole = page([entry(8, "a"), entry(4, "n"), entry(4, "l"), entry(1, "a")], null);
    expect(merged("/v1/audit", cut, whole)).toEqual({
      entries: [entry(9, "a"), entry(8, "a"), entry(4, "n")],
      cursor: "2026-01-01T00:00:04.000Z/m",
    });
  });
});
