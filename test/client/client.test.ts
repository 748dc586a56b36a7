import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  CallError,
  type CloudEvent,
  csmsHandler,
  type CsmsLink,
  Kerbside,
  KerbsideProblem,
  type KnownProblem,
  type Scope,
  nodeListener,
  type Standing,
  webhookHandler,
} from "../../src/client/kerbside.ts";
import type { API_PROBLEMS } from "../../src/http/problem-kinds.ts";
import { SCOPES } from "../../src/security/api-key.ts";
import { SECRET, until } from "../support/http-peers.ts";
import { type Kerbside as Edge, startKerbside } from "../support/kerbside.ts";
import { STATUS_16 } from "../support/test-station.ts";

const root = resolve(import.meta.dirname, "../..");

let edge: Edge;
let kerbside: Kerbside;
let backend: http.Server;
const events: CloudEvent[] = [];
const asked: string[] = [];
/** Times that the next events are refused by a handler that throws. */
let failing = 0;

beforeAll(async () => {
  const csms = csmsHandler({
    secret: SECRET,
    on: {
      "ocpp1.6": {
        BootNotification: () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }),
        Authorize: ({ idTag }, { stationId }) => {
          asked.push(`${stationId} ${idTag}`);
          if (idTag === "BROKEN") throw new Error("no database");
          if (idTag === "ODD") throw new CallError("PropertyConstraintViolation", "an odd tag");
          return { idTagInfo: { status: idTag === "GOOD" ? "Accepted" : "Blocked" } };
        },
      },
    },
  });
  const webhook = webhookHandler({
    secret: SECRET,
    on: {
      "ocpp.call": (event) => {
        if (failing-- > 0) throw new Error("no database");
        events.push(event);
      },
    },
    otherwise: (event) => events.push(event),
  });
  backend = http.createServer((request, response) => {
    const handler = nodeListener(request.url === "/csms" ? csms : webhook);
    void handler(request, response);
  });
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  edge = await startKerbside({ CSMS_URL: `${url}/csms`, CSMS_SECRET: SECRET, WEBHOOK_RETRY_BASE_MS: "50" });
  // As the package `ws` has it, for Node 20.
  kerbside = new Kerbside({ url: edge.edge.httpUrl, key: edge.edge.apiKey, WebSocket });
  await kerbside.putWebhook("client", { url: `${url}/events`, secret: SECRET });
});
afterAll(async () => {
  await edge?.stop();
  backend?.closeAllConnections();
  backend?.close();
});

const BOOT = { chargePointVendor: "V", chargePointModel: "M" };
const eventsOf = (id: string) => events.filter(({ subject }) => subject === id);

describe("A backend's client", () => {
  test("registers a station, asks it for something and gets what it says, typed by version and action", async () => {
    const station = kerbside.station("CLIENT-1");
    const registered = await station.register({ securityProfile: 1, password: "generate", labels: { site: "north" } });
    expect(registered.password).toMatch(/^.{16,}$/);
    const password = registered.password ?? "";
    const charging = await edge.station("CLIENT-1", { user: "CLIENT-1", password, register: false });
    charging.answerCalls(([, , action]) => (action === "Reset" ? { status: "Rejected" } : undefined));
    await charging.call("BootNotification", BOOT);
    const command = await station.command("ocpp1.6", "Reset", { type: "Soft" });
    expect(command).toMatchObject({ state: "result", payload: { status: "Rejected" }, stationId: "CLIENT-1" });
    expect((await station.get()).online).toBe(true);
    await until("the list", async () => {
      for await (const { stationId } of kerbside.stations({ labels: { site: "north" } }))
        if (stationId === "CLIENT-1") return true;
      return false;
    });
    const kept = [];
    for await (const each of station.commands()) kept.push(each.commandId);
    expect(kept).toEqual([command.commandId]);
    await station.deregister();
    await expect(station.get()).rejects.toMatchObject({ slug: "station-not-found", status: 404 });
  });

  test("tells what its key is, and that another is none", async () => {
    expect(await kerbside.key()).toMatchObject({ kind: "key", scopes: [...SCOPES], stations: null });
    const other = new Kerbside({ url: edge.edge.httpUrl, key: "wrong" });
    await expect(other.key()).rejects.toMatchObject({ slug: "unauthorized", status: 401 });
  });

  test("reads the fleet, a station's past and who did what, page by page", async () => {
    const ids = ["CLIENT-P1", "CLIENT-P2", "CLIENT-P3"];
    for (const id of ids) await kerbside.station(id).register({ securityProfile: 0, labels: { row: "pages" } });
    const all = async <T>(entries: AsyncGenerator<T>) => {
      const read: T[] = [];
      for await (const entry of entries) read.push(entry);
      return read;
    };
    const query = { labels: { row: "pages" }, limit: 2 };
    await until("the list", async () => (await all(kerbside.stations(query))).length === ids.length);
    const { stations, cursor } = await kerbside.stationsPage(query);
    expect(stations.map(({ stationId }) => stationId)).toEqual(ids.slice(0, 2));
    expect(stations[0]).toMatchObject({ online: false, offlineReason: "never connected" });
    const rest = await kerbside.stationsPage({ ...query, cursor: cursor ?? "" });
    expect(rest).toMatchObject({ stations: [{ stationId: ids[2] }], cursor: null });
    expect((await kerbside.summary()).stations).toBeGreaterThanOrEqual(ids.length);

    const station = kerbside.station("CLIENT-P1");
    const charging = await edge.station("CLIENT-P1", { register: false });
    for (const id of ["p1", "p2", "p3"]) await charging.call("StatusNotification", STATUS_16, id);
    const messageIds = async (options: { after?: number }) => {
      const messages = await all(station.messages({ ...options, limit: 2, type: "ocpp.call" }));
      return messages.map(({ messageId }) => messageId);
    };
    expect(await messageIds({})).toEqual(["p3", "p2", "p1"]);
    expect(await messageIds({ after: 0 })).toEqual(["p1", "p2", "p3"]);
    expect(await station.connections()).toMatchObject([{ protocol: "ocpp1.6", disconnectedAt: null }]);

    const reset = { name: "All", action: "Reset", payload: { type: "Soft" }, stationIds: [...ids, "CLIENT-P4"] };
    expect(await kerbside.campaigns.dryRun(reset)).toEqual({ stations: 3, unknown: 1 });
    const campaign = await kerbside.campaigns.create({ ...reset, startAt: "2099-01-01" });
    expect(campaign).toMatchObject({ state: "scheduled", progress: { pending: 3 } });
    expect((await all(kerbside.campaigns.stations(campaign.campaignId, { limit: 2 }))).length).toBe(4);
    await kerbside.campaigns.cancel(campaign.campaignId);
    await until("the audit", async () => {
      const kinds = (await all(kerbside.audit.all({ limit: 2 }))).map(({ kind }) => kind);
      return kinds.includes("campaign.created") && kinds.filter((kind) => kind === "station.registered").length >= 3;
    });
    await expect(station.passwordRotation()).rejects.toMatchObject({ slug: "operation-not-found" });
    await expect(kerbside.crls.put("ab", "no list")).rejects.toMatchObject({ status: 422 });
    expect(await kerbside.service.health()).toEqual({ status: "ok" });
    expect(await kerbside.service.metrics()).toContain("kerbside_");
  });

  test("sees how the fleet stood, and what came of it, minute by minute", async () => {
    await edge.station("CLIENT-SERIES");
    const { miniflare } = edge.edge;
    const { FRONT_SECRET } = await miniflare.getBindings<{ FRONT_SECRET: string }>();
    const headers = { "X-Kerbside-Front": FRONT_SECRET, "X-Kerbside-Local": "minute" };
    await until("the directory to know it", async () => (await kerbside.summary()).online > 0);
    const directory = await miniflare.getD1Database("DIRECTORY");
    await directory.prepare("DELETE FROM series").run();
    expect((await miniflare.dispatchFetch("http://localhost/", { headers })).status).toBe(204);
    const page = await kerbside.series();
    expect(page.stepSeconds).toBe(60);
    const last = (name: string) =>
      page.series.filter((each) => each.name === name).reduce((sum, { values }) => sum + (values.at(-1) ?? 0), 0);
    expect(last("online")).toBeGreaterThan(0);
    expect(page.series.find(({ name }) => name === "online")?.labels).toEqual({
      ...{ protocol: "ocpp1.6", securityProfile: "0" },
    });
    await expect(kerbside.series({ from: "yesterday" })).rejects.toMatchObject({ status: 422 });
  });

  test("waits for a command that waits for its station", async () => {
    const station = kerbside.station("CLIENT-LATE");
    await station.register({ securityProfile: 0 });
    const command = station.command("ocpp1.6", "Reset", { type: "Soft" }, { expiresInSeconds: 60 });
    await until("it is queued", async () => (await station.get()).queue.commands === 1);
    const charging = await edge.station("CLIENT-LATE", { register: false });
    charging.answerCalls(([, , action]) => (action === "Reset" ? { status: "Accepted" } : undefined));
    charging.send([2, "b", "BootNotification", BOOT]);
    expect(await command).toMatchObject({ state: "result", payload: { status: "Accepted" } });
  });

  test("tells problems apart, each fault with its path", async () => {
    const station = kerbside.station("CLIENT-ODD");
    await station.register({ securityProfile: 0 });
    // @ts-expect-error a Reset has a type
    const wrong = station.command("ocpp1.6", "Reset", { type: "Gentle" }, { expiresInSeconds: 60 });
    const problem: KerbsideProblem = await wrong.then(
      () => expect.unreachable(),
      (error) => error,
    );
    expect(problem).toBeInstanceOf(KerbsideProblem);
    expect(problem).toMatchObject({ slug: "invalid-request", status: 422 });
    expect(problem.faults[0]?.path).toBe("/payload/type");
    expect(problem.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("keeps the idempotency key over retries, heeds Retry-After, and gives up what is not to be repeated", async () => {
    const requests: { method: string; key: string | null; at: number }[] = [];
    const answers = [503, 429, 200];
    const flaky = new Kerbside({
      url: "http://kerbside.test",
      key: "k",
      fetch: async (_, { method = "", headers }) => {
        requests.push({ method, key: new Headers(headers).get("idempotency-key"), at: performance.now() });
        const status = answers.shift() ?? 503;
        if (status === 200) return Response.json({ commandId: "c", state: "result", payload: {} });
        const problem = { type: "/problems/unavailable", detail: "later" };
        const type = { "content-type": "application/problem+json", "retry-after": "0" };
        return new Response(JSON.stringify(problem), { status, headers: type });
      },
    });
    expect(await flaky.station("A").command("ocpp1.6", "ClearCache", {})).toMatchObject({ state: "result" });
    expect(new Set(requests.map(({ key }) => key)).size).toBe(1);
    expect(requests).toHaveLength(3);
    await expect(flaky.request("POST", "/v1/other", {})).rejects.toMatchObject({ slug: "unavailable" });
    expect(requests).toHaveLength(4);
  });

  test("knows every problem that the API has, and no other", () => {
    type Answered = (typeof API_PROBLEMS)[keyof typeof API_PROBLEMS]["slug"];
    const unknown: [Exclude<Answered, KnownProblem>, Exclude<KnownProblem, Answered>] extends [never, never] ? 0 : 1 =
      0;
    expect(unknown).toBe(0);
  });

  test("knows every scope that there is, and no other", () => {
    type Known = (typeof SCOPES)[number];
    const unknown: [Exclude<Known, Scope>, Exclude<Scope, Known>] extends [never, never] ? 0 : 1 = 0;
    expect(unknown).toBe(0);
  });
});

describe("A CSMS's answers", () => {
  test("decide by action, and what they throw is a CALLERROR that says no more than it was to say", async () => {
    const station = await edge.station("CLIENT-CSMS");
    expect((await station.call("BootNotification", BOOT))[2].status).toBe("Accepted");
    expect((await station.call("Authorize", { idTag: "GOOD" }))[2].idTagInfo.status).toBe("Accepted");
    expect((await station.call("Authorize", { idTag: "BAD" }))[2].idTagInfo.status).toBe("Blocked");
    expect((await station.call("Authorize", { idTag: "ODD" })).slice(2, 4)).toEqual([
      "PropertyConstraintViolation",
      "an odd tag",
    ]);
    expect((await station.call("Authorize", { idTag: "BROKEN" })).slice(2, 4)).toEqual([
      "InternalError",
      "the CSMS failed",
    ]);
    expect((await station.call("DataTransfer", { vendorId: "V" }))[2]).toBe("NotImplemented");
    expect(asked.filter((each) => each.startsWith("CLIENT-CSMS"))).toHaveLength(4);
  });

  test("are given to nobody but Kerbside", async () => {
    const { port } = backend.address() as AddressInfo;
    const post = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: "[]" });
    expect([(await post("/csms")).status, (await post("/events")).status]).toEqual([401, 401]);
  });
});

describe("A backend's events", () => {
  test("come each once and in order, though a handler fails on the way", async () => {
    const station = await edge.station("CLIENT-EVENTS");
    failing = 2;
    for (const id of ["e1", "e2", "e3"]) await station.call("StatusNotification", STATUS_16, id);
    const calls = () =>
      eventsOf("CLIENT-EVENTS").flatMap(({ type, data }) => (type === "ocpp.call" ? [data.messageId] : []));
    await until("all of them", () => calls().length === 3);
    expect(calls()).toEqual(["e1", "e2", "e3"]);
    const sequences = eventsOf("CLIENT-EVENTS").map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  });
});

describe("A CSMS's own socket", () => {
  test("answers the station and asks it, over a break of the line", async () => {
    const station = kerbside.station("CLIENT-LINK");
    await station.register({ securityProfile: 0, csms: "link" });
    const standings: Standing[] = [];
    let breaks = 0;
    const link: CsmsLink = station.link({
      onCall: (action) =>
        action === "BootNotification"
          ? { status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }
          : {},
      onStation: (standing) => standings.push(standing),
      onBreak: () => breaks++,
    });
    await until("the link", () => standings.length > 0);
    const charging = await edge.station("CLIENT-LINK", { register: false });
    charging.answerCalls(([, , action]) => (action === "Reset" ? { status: "Accepted" } : undefined));
    expect((await charging.call("BootNotification", BOOT))[2].status).toBe("Accepted");
    expect(await link.call("Reset", { type: "Soft" })).toEqual({ status: "Accepted" });
    await expect(link.call("Nonsense", {})).rejects.toBeInstanceOf(CallError);
    const before = standings.length;
    await edge.edge.evict("CLIENT-LINK", { webSockets: "close" });
    await until("it is there again", () => breaks === 1 && standings.length > before);
    link.close();
  });
});

describe("What a station says as it says it", () => {
  test("comes each once and in order, over a break of the line", async () => {
    const station = kerbside.station("CLIENT-LIVE");
    await station.register({ securityProfile: 0 });
    const charging = await edge.station("CLIENT-LIVE", { register: false });
    await charging.call("BootNotification", BOOT);
    const seen: string[] = [];
    const leave = new AbortController();
    const breaks: number[] = [];
    let isLive = 0;
    const watching = (async () => {
      for await (const message of station.live({ signal: leave.signal, onBreak: ({ code }) => breaks.push(code) })) {
        if ("live" in message) isLive++;
        if ("frame" in message && message.direction === "in") seen.push(String(message.frame[1]));
      }
    })();
    await until("it is live", () => isLive === 1);
    await charging.call("Heartbeat", {}, "h1");
    await until("the first", () => seen.includes("h1"));
    await edge.edge.evict("CLIENT-LIVE");
    await charging.call("Heartbeat", {}, "h2");
    await charging.call("StatusNotification", STATUS_16, "s1");
    await until("all", () => seen.length === 3);
    // Its line breaks with the object, and what is said meanwhile is not lost.
    await edge.edge.evict("CLIENT-LIVE", { webSockets: "close" });
    await until("the break", () => breaks.length === 1);
    await until("it is live again", () => isLive === 2);
    expect(seen).toEqual(["h1", "h2", "s1"]);
    leave.abort();
    await watching;
  });
});

test("The package works in an empty project, its types too, on Node 20 or later and without a dependency", async () => {
  const dir = mkdtempSync(join(tmpdir(), "kerbside-pack-"));
  // Not this project's Node alone: the machine's, if there is one.
  const outside = (process.env.PATH ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
  const nodes = [process.execPath, "node"];
  const env = { ...process.env, PATH: [...outside, join(root, "node_modules/.bin")].join(delimiter) };
  // Not waited for in this thread, in which the edge answers.
  const run = async (program: string, args: string[], cwd = dir) =>
    (await promisify(execFile)(program, args, { cwd, env, timeout: 60_000 })).stdout.trim();
  try {
    await run(process.execPath, [join(root, "src/client/build.ts")], root);
    await run("npm", ["pack", "--ignore-scripts", "--pack-destination", dir], root);
    const [tarball = ""] = readdirSync(dir).filter((name) => name.endsWith(".tgz"));
    const project = join(dir, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }');
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(dir, tarball)], project);
    expect(readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["kerbside"]);
    writeFileSync(
      join(project, "use.mjs"),
      `import { Kerbside } from "kerbside";
       const kerbside = new Kerbside({ url: ${JSON.stringify(edge.edge.httpUrl)}, key: ${JSON.stringify(edge.edge.apiKey)} });
       await kerbside.station("PACKED").register({ securityProfile: 0 });
       console.log((await kerbside.station("PACKED").get()).stationId);`,
    );
    for (const node of nodes) expect(await run(node, ["use.mjs"], project)).toBe("PACKED");
    writeFileSync(
      join(project, "use.ts"),
      `import { Kerbside } from "kerbside";
       const station = new Kerbside({ url: "", key: "" }).station("A");
       const command = await station.command("ocpp2.0.1", "Reset", { type: "Immediate" });
       if (command.state === "result") { const status: "Accepted" | "Rejected" | "Scheduled" = command.payload.status; status; }
       // @ts-expect-error no such type of Reset in 2.0.1
       await station.command("ocpp2.0.1", "Reset", { type: "Soft" });
       // @ts-expect-error no such action in 2.0.1
       await station.command("ocpp2.0.1", "RemoteStartTransaction", { idTag: "A" });`,
    );
    const strict = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2023,dom"];
    await run(join(root, "node_modules/.bin/tsc"), [...strict, "--types", "", "use.ts"], project);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
