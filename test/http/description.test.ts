import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/security/api-key.ts";
import { HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { revocationList } from "../support/revocation-lists.ts";
import { rawUpgrade } from "../support/raw-upgrade.ts";

const root = resolve(import.meta.dirname, "../..");

interface Operation {
  operationId: string;
  parameters?: { in: string }[];
  "x-scope"?: string;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Described {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

const FULL_KEY = "a-key-with-every-scope";
const BARE_KEY = "a-key-without-any-scope";
/** [docs/limits.md] */
const WEBHOOKS_MAX = 10;

let kerbside: Kerbside;
/** Some of whose objects are out of reach. */
let broken: Kerbside;
let receiver: HttpPeer;
let described: Described;
beforeAll(async () => {
  receiver = await HttpPeer.start();
  const entry = join(import.meta.dirname, "../support/unreachable-worker.js");
  const keyed = (name: string, key: string, scopes: readonly string[]) => ({
    ...{ name, scopes, sha256: createHash("sha256").update(key).digest("hex") },
  });
  const API_KEYS = JSON.stringify([keyed("full", FULL_KEY, SCOPES), keyed("bare", BARE_KEY, [])]);
  [kerbside, broken] = await Promise.all([startKerbside(), startKerbside({ API_KEYS }, { entry })]);
  described = (await kerbside.api("GET", "/openapi.json")).body as Described;
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), broken?.stop(), receiver?.stop()]);
});

/** One answer, as it came. */
interface Seen {
  status: number;
  type: string;
  text: string;
  requestId: string | null;
}

const operations = () =>
  Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );

async function ask(
  path: string,
  method: string,
  { edge = kerbside, key = edge.edge.apiKey as string | null, body, headers = {} }: Asked = {},
): Promise<Seen> {
  const response = await fetch(`${edge.edge.httpUrl}${path}`, {
    method,
    headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  return {
    status: response.status,
    type,
    text: await response.text(),
    requestId: response.headers.get("x-request-id"),
  };
}
interface Asked {
  edge?: Kerbside;
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

test("The description is one of OpenAPI 3.1 in which a public linter finds no error", () => {
  const lint = ["node_modules/@redocly/cli/bin/cli.js", "lint", "--extends=recommended", "dist/assets/openapi.json"];
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  execFileSync(process.execPath, lint, { cwd: root, env, stdio: "pipe" });
  expect(described.openapi).toBe("3.1.1");
});

test("Each type of problem that the description names tells what it means and what to do", async () => {
  const named = new Set(JSON.stringify(described).match(/\/problems\/[a-z-]+/g));
  expect(named.size).toBeGreaterThan(15);
  for (const path of named) expect((await ask(path, "GET", { key: null })).status, path).toBe(200);
  const page = await ask("/problems/station-offline", "GET", { key: null, headers: { accept: "text/html" } });
  expect(page.type).toBe("text/html");
  expect(page.text).toContain("What to do");
});

describe("Every operation", () => {
  test("answers each status that it is said to, with the body that it is said to have, and no other", async () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(ajv);
    ajv.addSchema({ $id: "api", ...described });
    const faults: string[] = [];
    const seen = new Map<string, Set<string>>();
    const take = (id: string, path: string, method: string, { status, type, text, requestId }: Seen) => {
      const { responses } = operationOf(id);
      seen.set(id, (seen.get(id) ?? new Set()).add(String(status)));
      const said = `${id} ${status} ${type}`;
      if (requestId === null) faults.push(`${said}: no X-Request-Id`);
      const response = responses[status];
      if (response === undefined) return void faults.push(`${said}: not described: ${text.slice(0, 200)}`);
      if (response.content === undefined && (text === "" || status === 101)) return;
      if (response.content?.[type] === undefined)
        return void faults.push(`${said}: no such content: ${text.slice(0, 200)}`);
      if (!/json$/.test(type)) return;
      const pointer = ["paths", path, method.toLowerCase(), "responses", String(status), "content", type, "schema"];
      const ref = `api#/${pointer.map((each) => encodeURIComponent(each.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
      const validate = ajv.getSchema(ref) ?? ajv.compile({ $ref: ref });
      if (!validate(JSON.parse(text)))
        faults.push(`${said}: ${ajv.errorsText(validate.errors)} in ${text.slice(0, 300)}`);
    };
    const operationOf = (id: string) =>
      operations().find(({ operation }) => operation.operationId === id)?.operation as Operation;

    const context = await prepared();
    for (const { path, method, operation } of operations()) {
      const id = operation.operationId;
      const takesNone = operation.parameters?.every((parameter) => parameter.in !== "query") ?? true;
      if (takesNone && operation["x-scope"] !== undefined) {
        const odd = await ask(`${filled(path)}?unknown=1`, method);
        if (odd.status !== 422) faults.push(`${id}: ${odd.status} to a parameter that it does not know`);
        take(id, path, method, odd);
      }
      for await (const { at, seen: look, only, ...asked } of provocations(id, path, operation, context)) {
        const answer = await (look?.() ?? ask(at ?? filled(path), method, asked));
        if (only !== undefined && answer.status !== only) faults.push(`${id} ${at}: ${answer.status}, not ${only}`);
        take(id, path, method, answer);
      }
    }
    // Last: from then on this address may not even guess, but for once in 600 ms.
    for (let index = 0; index < 101; index++) await ask("/v1/stations", "GET", { key: "wrong" });
    for (const { path, method, operation } of operations()) {
      if (operation["x-scope"] === undefined) continue;
      let guess: Seen;
      do guess = await ask(filled(path), method, { key: "wrong" });
      while (guess.status === 401);
      take(operation.operationId, path, method, guess);
    }

    const missing = operations().flatMap(({ operation: { operationId, responses } }) =>
      Object.keys(responses)
        .filter((status) => status !== "default" && !seen.get(operationId)?.has(status))
        .map((status) => `${operationId} ${status}`),
    );
    expect(faults).toEqual([]);
    expect(missing).toEqual([]);
    // Some five hundred requests: on a machine that has much to do they take their time.
  }, 120_000);
});

const filled = (path: string) =>
  path
    .replace("{id}", "API-1")
    .replace("{commandId}", "none")
    .replace("{campaignId}", "none")
    .replace("{name}", "hook")
    .replace("{slug}", "not-found")
    .replace("{issuer}", kerbside.edge.pki.stationCa.subjectKeyId);

async function listInPem(): Promise<string> {
  const der = await revocationList([], { by: kerbside.edge.pki.stationCa });
  return `-----BEGIN X509 CRL-----\n${Buffer.from(der).toString("base64")}\n-----END X509 CRL-----\n`;
}

interface Context {
  ended: string;
}

async function prepared(): Promise<Context> {
  const station = await kerbside.station("API-1");
  // A Reset is answered, all else is left to its deadline.
  station.answerCalls(([, , action]) => (action === "Reset" ? { status: "Accepted" } : undefined));
  await station.call("BootNotification", { chargePointVendor: "V", chargePointModel: "M" });
  for (const id of ["API-OFF", "API-GONE"]) await kerbside.register(id);
  await kerbside.register("API-ROTATED", { securityProfile: 1, password: "generate" });
  const { status, body } = await kerbside.command("API-1", "Reset", { type: "Soft" });
  expect(status).toBe(200);
  await kerbside.api("PUT", "/v1/webhooks/hook", subscription());
  return { ended: body.commandId };
}

const subscription = () => ({ url: receiver.url, secret: SECRET });
const RESET = { action: "Reset", payload: { type: "Soft" } };

/** `only`: the one status that it may have. */
type Provocation = Asked & { at?: string; seen?: () => Promise<Seen>; only?: number };

/** What makes an operation answer each of its statuses, beside those of a guarded one. */
async function* provocations(
  id: string,
  path: string,
  operation: Operation,
  { ended }: Context,
): AsyncGenerator<Provocation> {
  const with_ = (values: Record<string, string>) =>
    filled(path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole));
  const takesBody = 413 in operation.responses;
  if (operation["x-scope"] !== undefined) {
    yield { key: null };
    yield { edge: broken, key: BARE_KEY };
  }
  if (path.includes("{id}")) {
    yield { at: with_({ id: "a%2Fb" }), body: takesBody ? {} : undefined };
    if (operation.responses[404] !== undefined)
      yield { at: with_({ id: "NOBODY" }), body: takesBody ? RESET : undefined };
    const body = BODIES[id] ?? (takesBody ? RESET : undefined);
    const socket = SOCKETS[id];
    if (socket !== undefined) yield { seen: () => upgraded(broken, socket, "UNREACHABLE", FULL_KEY) };
    else yield { edge: broken, key: FULL_KEY, at: with_({ id: "UNREACHABLE" }), body };
  }
  if (takesBody) {
    yield { body: "{" };
    yield { body: "x".repeat(1_500_001) };
    yield { body: "{}", headers: { "content-encoding": "gzip" } };
    yield { body: { nonsense: 1 } };
  }
  switch (id) {
    case "getHealth":
    case "getKey":
    case "getSettings":
    case "getMetrics":
    case "getFleetSummary":
    case "getDescription":
    case "listWebhooks":
      yield {};
      break;
    case "getProblem":
      yield { key: null };
      yield { key: null, at: "/problems/none" };
      break;
    case "findStations":
      yield {};
      yield { at: `${path}?q=none` };
      break;
    case "getSeries":
      yield {};
      yield { at: `${path}?from=2027-01-02&to=2027-01-01` };
      break;
    case "listStations":
      yield {};
      yield { at: `${path}?nonsense=1` };
      break;
    case "putStation":
      yield {
        at: with_({ id: "API-NEW" }),
        body: { securityProfile: 1, password: "generate", labels: { site: "north" } },
      };
      yield {
        at: with_({ id: "API-NEW" }),
        body: { securityProfile: 0, protocols: ["ocpp1.6"], validation: "lenient" },
      };
      break;
    case "getStation":
      yield {};
      yield { at: with_({ id: "API-OFF" }) };
      break;
    case "deleteStation":
      yield { at: with_({ id: "API-GONE" }) };
      break;
    case "rotatePassword":
      yield { body: {} };
      yield { at: with_({ id: "API-ROTATED" }), body: {} };
      yield { at: with_({ id: "API-ROTATED" }), body: {} };
      break;
    case "upgradeSecurity":
      await kerbside.api("DELETE", `/v1/stations/API-ROTATED/password-rotation`);
      yield { at: with_({ id: "API-ROTATED" }), body: { to: 1 } };
      yield { at: with_({ id: "API-ROTATED" }), body: { to: 2 } };
      yield { at: with_({ id: "API-ROTATED" }), body: { to: 3 } };
      break;
    case "getPasswordRotation":
    case "getSecurityUpgrade":
      yield {};
      yield { at: with_({ id: "API-ROTATED" }) };
      break;
    case "cancelPasswordRotation":
      yield {};
      yield { at: with_({ id: "API-ROTATED" }) };
      yield { at: with_({ id: "API-ROTATED" }) };
      break;
    case "cancelSecurityUpgrade":
      yield {};
      yield { at: with_({ id: "API-ROTATED" }) };
      yield { at: with_({ id: "API-ROTATED" }) };
      break;
    case "disconnectStation":
      yield { at: with_({ id: "API-OFF" }) };
      break;
    case "linkCsms":
    case "watchStation": {
      const socket = SOCKETS[id] as Socket;
      yield {};
      for (const station of ["API-OFF", "NOBODY", "a%2Fb"])
        yield { seen: () => upgraded(kerbside, socket, station, kerbside.edge.apiKey) };
      const odd = { ...socket, path: `${socket.path}?after=yesterday` };
      if (operation.responses[422] !== undefined)
        yield { seen: () => upgraded(kerbside, odd, "API-OFF", kerbside.edge.apiKey) };
      break;
    }
    case "sendCommand":
      yield { body: RESET };
      yield { at: with_({ id: "API-OFF" }), body: RESET };
      yield { at: with_({ id: "API-OFF" }), body: { ...RESET, expiresInSeconds: 60 } };
      yield { body: { action: "ClearCache", payload: {}, timeoutSeconds: 1 } };
      break;
    case "createCampaign": {
      const body = { ...RESET, name: "c", stationIds: ["API-1"], startAt: "2099-01-01" };
      yield { body: { ...body, dryRun: true } };
      yield { body, headers: { "idempotency-key": "c" } };
      yield { body, headers: { "idempotency-key": "c" } };
      yield { body: { ...body, name: "d" }, headers: { "idempotency-key": "c" } };
      yield { body, edge: broken, key: FULL_KEY };
      break;
    }
    case "getCampaign":
    case "listCampaignStations":
      yield {};
      yield { at: with_({ campaignId: await campaignOf(kerbside) }) };
      if (id === "listCampaignStations") yield { at: `${with_({})}?state=odd` };
      break;
    case "pauseCampaign":
    case "resumeCampaign":
    case "cancelCampaign": {
      const at = with_({ campaignId: await campaignOf(kerbside) });
      yield { at: with_({ campaignId: "none" }) };
      yield { at };
      const ended = await campaignOf(kerbside, {});
      await until("a campaign to end", async () => (await kerbside.api("GET", `/v1/campaigns/${ended}`)).body.endedAt);
      yield { at: with_({ campaignId: ended }) };
      const database = await broken.edge.miniflare.getD1Database("DIRECTORY");
      await database
        .prepare(
          `INSERT INTO campaigns (id, created_at, name, actor, reach, request_digest, action, payload, rate_per_second,
             expires_in_seconds, state, stations) VALUES ('lost', 0, 'n', 'a', '"all"', '', 'Reset', '{}', 1, 0, 'running', 0)
           ON CONFLICT DO NOTHING`,
        )
        .run();
      yield { edge: broken, key: FULL_KEY, at: with_({ campaignId: "lost" }) };
      break;
    }
    case "listConnections":
    case "listCertificates":
      yield {};
      break;
    case "listCrls":
      yield {};
      break;
    case "putCrl":
      yield { body: "x".repeat(4_000_001) };
      yield { body: await listInPem() };
      break;
    case "getCrl":
      yield {};
      yield { at: with_({ issuer: "abcd" }) };
      break;
    case "addRevocation":
      yield { body: { fingerprint: "ab".repeat(32) } };
      yield { body: { fingerprint: "AB:".repeat(32).slice(0, -1), reason: "superseded" } };
      break;
    case "liftRevocation":
      yield { at: with_({ certificate: "ab".repeat(32) }) };
      yield { at: with_({ certificate: "cd".repeat(32) }) };
      yield { at: with_({ certificate: "nonsense" }) };
      await kerbside.api("POST", "/v1/revocations", { fingerprint: "ef".repeat(32), reason: "certificateHold" });
      await kerbside.api("POST", "/v1/revocations", { fingerprint: "ab".repeat(32) });
      yield { at: with_({ certificate: "ab".repeat(32) }) };
      yield { at: with_({ certificate: "ef".repeat(32) }) };
      break;
    case "listCampaigns":
    case "listAudit":
    case "listRevocations":
    case "listNewcomers":
    case "listProblems":
      yield {};
      yield { at: `${path}?limit=0` };
      break;
    case "listCommands":
      yield {};
      for (const cursor of ["x", "none", `${ended}0`]) yield { at: `${with_({})}?cursor=${cursor}`, only: 422 };
      yield { at: `${with_({})}?cursor=${ended}`, only: 200 };
      yield { at: `${with_({})}?limit=0` };
      break;
    case "listMessages":
      yield {};
      yield { at: `${with_({})}?limit=0` };
      break;
    case "getCommand":
      yield {};
      yield { at: with_({ commandId: ended }) };
      break;
    case "cancelCommand": {
      const { body } = await kerbside.command("API-OFF", "Reset", { type: "Soft" }, { expiresInSeconds: 60 });
      yield {};
      yield { at: with_({ commandId: ended }) };
      yield { at: with_({ id: "API-OFF", commandId: body.commandId }) };
      break;
    }
    case "putWebhook": {
      yield { body: subscription() };
      const names = Array.from({ length: WEBHOOKS_MAX }, (_, index) => `more-${index}`);
      for (const name of names) yield { at: with_({ name }), body: subscription() };
      for (const name of names) await kerbside.api("DELETE", `/v1/webhooks/${name}`);
      break;
    }
    case "getWebhook":
    case "replayWebhook":
    case "getReplay":
    case "getDeliveries":
    case "listStuck":
      yield {};
      yield { at: with_({ name: "none" }) };
      yield { at: with_({ name: "%20" }) };
      break;
    case "deleteWebhook":
      await kerbside.api("PUT", "/v1/webhooks/gone", subscription());
      yield { at: with_({ name: "gone" }) };
      yield { at: with_({ name: "none" }) };
      yield { at: with_({ name: "%20" }) };
      break;
    default:
      throw new Error(`nothing here makes ${id} answer`);
  }
}

/** A scheduled one, unless it is said otherwise. */
async function campaignOf({ api }: Kerbside, more: object = { startAt: "2099-01-01" }): Promise<string> {
  const { status, body } = await api("POST", "/v1/campaigns", { ...RESET, name: "c", stationIds: ["NOBODY"], ...more });
  expect(status).toBe(201);
  return body.campaignId;
}
/** By operation; of all others a command. */
const BODIES: Record<string, object> = {
  putStation: { securityProfile: 0 },
  rotatePassword: {},
  upgradeSecurity: { to: 2 },
};

interface Socket {
  path: string;
  protocols: string;
}

/** By operation. */
const SOCKETS: Record<string, Socket> = {
  linkCsms: { path: "csms", protocols: "kerbside.csms.v1" },
  watchStation: { path: "live", protocols: "kerbside.live.v1" },
};

async function upgraded({ edge }: Kerbside, { path, protocols }: Socket, id: string, key: string): Promise<Seen> {
  const headers = [`Authorization: Bearer ${key}`];
  const target = `/v1/stations/${id}/${path}`;
  const answer = await rawUpgrade({ port: edge.port, target, headers, protocols });
  const type = answer.headers["content-type"] ?? "";
  return { status: answer.status, type, text: answer.body, requestId: answer.headers["x-request-id"] ?? null };
}
