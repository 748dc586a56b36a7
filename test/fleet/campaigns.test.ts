import { createHash } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MemberState, OPEN_STATES } from "../../src/fleet/campaigns/campaign-outcome.ts";
import { SCOPES } from "../../src/security/api-key.ts";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X, TestStation } from "../support/test-station.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet/campaigns", file));
const { noteOutcomes, claimMembers, insertMembers, readSums } = await load("campaign-members.ts");

const tokenOf = (name: string) => `token-of-${name}`;
const keyOf = (name: string, site?: string) => ({
  ...{ name, sha256: createHash("sha256").update(tokenOf(name)).digest("hex"), scopes: SCOPES },
  ...(site !== undefined && { stations: { label: { site } } }),
});

let kerbside: Kerbside;
beforeAll(async () => {
  const keys = [keyOf("ops"), keyOf("north", "north"), keyOf("north-2", "north"), keyOf("south", "south")];
  // The campaign is in the one, its stations are in both.
  kerbside = await startKerbside({ API_KEYS: JSON.stringify(keys) }, { workerds: 2 });
});
afterAll(async () => {
  for (const each of fleet) each.stop();
  await kerbside?.stop();
});

const call = (key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  kerbside.api(method, path, body, { authorization: `Bearer ${tokenOf(key)}`, ...headers });
const register = async (id: string, labels: Record<string, string> = {}, more: object = {}) =>
  expect((await call("ops", "PUT", `/v1/stations/${id}`, { securityProfile: 0, labels, ...more })).status).toBe(201);

/** Comes back whenever it is cut off, and keeps what it was asked. */
class Returning {
  readonly id: string;
  readonly asked: string[] = [];
  readonly #protocol: string;
  #station: TestStation | null = null;
  #isStopped = false;

  constructor(id: string, protocol = "ocpp1.6") {
    this.id = id;
    this.#protocol = protocol;
    fleet.push(this);
  }

  async start(): Promise<this> {
    while (!this.#isStopped) {
      try {
        const url = `ws://localhost:${kerbside.edge.port}/ocpp/${this.id}`;
        this.#station = await TestStation.connect({ url, protocols: [this.#protocol] });
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    this.#station?.answerCalls(([, , action]) => {
      this.asked.push(action);
      return { status: "Accepted" };
    });
    this.#station?.send([
      2,
      `boot-${Math.random()}`,
      "BootNotification",
      this.#protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X,
    ]);
    void this.#station?.closed.then(() => (this.#isStopped ? undefined : this.start()));
    return this;
  }

  stop(): void {
    this.#isStopped = true;
    this.#station?.kill();
  }
}
const fleet: Returning[] = [];

const ASKED = { name: "a campaign", action: "ClearCache", payload: {}, ratePerSecond: 100 };
async function create(key: string, more: object, headers = {}) {
  const { status, body } = await call(key, "POST", "/v1/campaigns", { ...ASKED, ...more }, headers);
  expect([status, body]).toEqual([201, expect.objectContaining({ campaignId: expect.any(String), actor: key })]);
  return body as { campaignId: string; stations: number };
}
const read = async (id: string, key = "ops") => (await call(key, "GET", `/v1/campaigns/${id}`)).body;
const inState = (id: string, state: string) =>
  until(`campaign to be ${state}`, async () => {
    const campaign = await read(id);
    return campaign.state === state ? campaign : null;
  });
async function membersOf(id: string, query = "limit=1000", key = "ops") {
  const { status, body } = await call(key, "GET", `/v1/campaigns/${id}/stations?${query}`);
  expect(status).toBe(200);
  return body as { stations: { stationId: string; state: MemberState; reason?: string }[]; cursor: string | null };
}

describe("A campaign", () => {
  test("whose process is killed midway sends nobody the command twice, ends complete, and waits for those that are away", async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `K-${String(index).padStart(2, "0")}`);
    await Promise.all(ids.map((id) => register(id, { kill: "yes" })));
    const stations = ids.map((id) => new Returning(id));
    const away = stations.filter((_, index) => index % 10 === 5);
    await Promise.all(stations.map((each) => (away.includes(each) ? null : each.start())));
    const { campaignId, stations: count } = await create("ops", {
      ...{ filter: { labels: { kill: "yes" } }, ratePerSecond: 10, expiresInSeconds: 600 },
    });
    expect(count).toBe(40);
    await until("some to be asked", () => stations.filter(({ asked }) => asked.length > 0).length >= 12 || null);
    for (const pid of kerbside.edge.workerdPids().slice(0, 1)) process.kill(pid, "SIGKILL");
    await until("those behind it to be asked", async () => (await read(campaignId)).progress?.pending === 0 || null);
    expect((await read(campaignId)).state).toBe("running");
    await Promise.all(away.map((each) => each.start()));
    const { progress } = await inState(campaignId, "complete");
    expect(OPEN_STATES.map((state) => progress[state])).toEqual([0, 0, 0, 0]);
    const { stations: members } = await membersOf(campaignId);
    expect(members).toHaveLength(40);
    for (const { stationId, state } of members) {
      const asked = stations.find(({ id }) => id === stationId)?.asked.length;
      // What was on a socket that went with the process may have come, or not.
      expect([stationId, state, asked]).toEqual([
        stationId,
        state,
        state === "result" ? 1 : expect.toSatisfy((n) => n <= 1),
      ]);
      expect(["result", "timeout"]).toContain(state);
    }
    for (const { id } of away) expect(members.find(({ stationId }) => stationId === id)?.state).toBe("result");
  });

  test("tells of each station what became of it, and why it was not sent", async () => {
    await Promise.all([register("V-16"), register("V-2X"), register("V-OFF")]);
    const [old, young] = await Promise.all([new Returning("V-16").start(), new Returning("V-2X", "ocpp2.0.1").start()]);
    await until("both to be online", async () => {
      const answers = await Promise.all(["V-16", "V-2X"].map((id) => call("ops", "GET", `/v1/stations/${id}`)));
      return answers.every(({ body }) => body.boot?.status === "Accepted") || null;
    });
    const request = {
      action: "Reset",
      payload: { type: "Soft" },
      stationIds: ["V-16", "V-2X", "V-OFF", "V-NONE", "V-16"],
    };
    const dry = await call("ops", "POST", "/v1/campaigns", { ...ASKED, ...request, dryRun: true });
    expect([dry.status, dry.body]).toEqual([200, { stations: 3, unknown: 1 }]);
    const { campaignId } = await create("ops", request);
    const { progress, endedAt } = await inState(campaignId, "complete");
    expect(progress).toMatchObject({ result: 1, invalid: 1, refused: 2, pending: 0 });
    expect(endedAt).toEqual(expect.any(String));
    const { stations, cursor } = await membersOf(campaignId, "limit=3");
    expect(stations).toMatchObject([
      { stationId: "V-16", state: "result", answer: '{"status":"Accepted"}', commandId: expect.any(String) },
      { stationId: "V-2X", state: "invalid", reason: expect.stringContaining("type") },
      { stationId: "V-NONE", state: "refused", reason: "no such Charging Station" },
    ]);
    expect(cursor).toBe("V-NONE");
    const next = await membersOf(campaignId, `limit=3&cursor=${cursor}`);
    expect(next).toMatchObject({
      stations: [{ stationId: "V-OFF", state: "refused", reason: "station-offline" }],
      cursor: null,
    });
    expect((await membersOf(campaignId, "state=result")).stations.map(({ stationId }) => stationId)).toEqual(["V-16"]);
    expect([old.asked, young.asked]).toEqual([["Reset"], []]);
    const [command] = (await call("ops", "GET", "/v1/stations/V-16/commands")).body.commands;
    expect(command).toMatchObject({ campaignId, actor: "ops", state: "result" });
  });

  test("is paused, resumed and cancelled, and takes back what waits at stations", async () => {
    const ids = ["P-1", "P-2", "P-3"];
    await Promise.all(ids.map((id) => register(id, { pause: "yes" })));
    const { campaignId } = await create("ops", {
      ...{
        filter: { labels: { pause: "yes" } },
        ratePerSecond: 1,
        expiresInSeconds: 600,
        startAt: "2099-01-01T00:00:00Z",
      },
    });
    const change = async (what: string) => (await call("ops", "POST", `/v1/campaigns/${campaignId}/${what}`)).body;
    expect(await read(campaignId)).toMatchObject({ state: "scheduled", startAt: "2099-01-01T00:00:00.000Z" });
    expect(await change("pause")).toMatchObject({ state: "paused", progress: { pending: 3 } });
    expect(await change("pause")).toMatchObject({ state: "paused" });
    expect(await change("resume")).toMatchObject({ state: "scheduled" });
    expect(await change("cancel")).toMatchObject({ state: "cancelling" });
    expect(await inState(campaignId, "cancelled")).toMatchObject({ progress: { cancelled: 3, pending: 0 } });
    expect(await change("resume")).toMatchObject({ type: "/problems/campaign-ended" });

    const second = await create("ops", { stationIds: ids, expiresInSeconds: 600 });
    await until("all to wait", async () => (await read(second.campaignId)).progress.queued === 3 || null);
    await call("ops", "POST", `/v1/campaigns/${second.campaignId}/cancel`);
    expect(await inState(second.campaignId, "cancelled")).toMatchObject({ progress: { cancelled: 3, queued: 0 } });
    const station = await new Returning("P-1").start();
    const commands = await until("it to be back", async () => {
      const { body } = await call("ops", "GET", "/v1/stations/P-1");
      return body.online ? (await call("ops", "GET", "/v1/stations/P-1/commands")).body.commands : null;
    });
    expect(commands).toMatchObject([{ state: "cancelled" }]);
    expect(station.asked).toEqual([]);
  });

  test("begins by its alarm alone, where its object was put out of memory before", async () => {
    await register("E-1");
    const station = await new Returning("E-1").start();
    const { campaignId } = await create("ops", {
      ...{ stationIds: ["E-1"], expiresInSeconds: 60, startAt: new Date(Date.now() + 2_000) },
    });
    await kerbside.edge.miniflare.unsafeEvictDurableObject("kerbside", "Campaign", { name: campaignId });
    // Not by asking for the campaign: that would load it.
    await until("it to be asked", () => station.asked.length > 0 || null);
    expect((await inState(campaignId, "complete")).startedAt).toEqual(expect.any(String));
  });

  test("is one, however often the same request makes it", async () => {
    const request = { ...ASKED, stationIds: ["NOBODY"], startAt: "2099-01-01" };
    const send = (body: object, key = "ops") => call(key, "POST", "/v1/campaigns", body, { "idempotency-key": "same" });
    const answers = await Promise.all([send(request), send(request), send(request)]);
    answers.push(await send(request));
    expect(new Set(answers.map(({ body }) => body.campaignId)).size).toBe(1);
    expect(answers.at(-1)?.status).toBe(200);
    expect((await send({ ...request, name: "another" })).body.type).toBe("/problems/idempotency-conflict");
    expect((await send(request, "north")).body.campaignId).not.toBe(answers[0]?.body.campaignId);
  });

  test("is refused where it says too little, too much or what no version knows", async () => {
    const refused = async (more: object) => {
      const { status, body } = await call("ops", "POST", "/v1/campaigns", { ...ASKED, ...more });
      return [status, body.errors?.[0]?.path];
    };
    expect(await refused({})).toEqual([422, ""]);
    expect(await refused({ filter: {}, stationIds: ["A"] })).toEqual([422, ""]);
    expect(await refused({ stationIds: ["A", "b/c"] })).toEqual([422, "/stationIds/1"]);
    expect(await refused({ stationIds: Array.from({ length: 10_001 }, () => "A") })).toEqual([422, "/stationIds"]);
    expect(await refused({ filter: {}, ratePerSecond: 101 })).toEqual([422, "/ratePerSecond"]);
    expect(await refused({ filter: {}, startAt: "2500-01-01" })).toEqual([422, "/startAt"]);
    expect(await refused({ filter: {}, action: "Nonsense" })).toEqual([422, expect.any(String)]);
    expect(await refused({ filter: { labels: {}, nonsense: 1 } })).toEqual([422, "/filter/nonsense"]);
  });

  test("of a bound key reaches its part alone, and is seen by keys that are bound in the same way", async () => {
    await Promise.all([register("B-N", { site: "north", b: "1" }), register("B-S", { site: "south", b: "1" })]);
    const filter = { labels: { b: "1" } };
    const dry = (key: string) => call(key, "POST", "/v1/campaigns", { ...ASKED, filter, dryRun: true });
    expect((await dry("ops")).body).toEqual({ stations: 2, unknown: 0 });
    expect((await dry("north")).body).toEqual({ stations: 1, unknown: 0 });
    const { campaignId } = await create("north", { stationIds: ["B-N", "B-S", "B-X"], startAt: "2099-01-01" });
    const { stations } = await membersOf(campaignId, "limit=10", "north-2");
    expect(stations).toMatchObject([
      { stationId: "B-N", state: "pending" },
      { stationId: "B-S", state: "refused", reason: "no such Charging Station" },
      { stationId: "B-X", state: "refused", reason: "no such Charging Station" },
    ]);
    const whole = await create("ops", { filter, startAt: "2099-01-01" });
    const listed = async (key: string) =>
      (await call(key, "GET", "/v1/campaigns?limit=1000")).body.campaigns.map((each: typeof whole) => each.campaignId);
    expect(await listed("north-2")).toContain(campaignId);
    expect(await listed("north-2")).not.toContain(whole.campaignId);
    expect(await listed("south")).toEqual([]);
    for (const path of ["", "/stations"])
      expect((await call("south", "GET", `/v1/campaigns/${campaignId}${path}`)).status).toBe(404);
    for (const what of ["pause", "resume", "cancel"])
      expect((await call("south", "POST", `/v1/campaigns/${campaignId}/${what}`)).status).toBe(404);
    // One that was moved out before its turn is none of this key's any more.
    const soon = await create("north", {
      stationIds: ["B-N"],
      expiresInSeconds: 60,
      startAt: new Date(Date.now() + 1_500),
    });
    await call("ops", "PUT", "/v1/stations/B-N", { securityProfile: 0, labels: { site: "south", b: "1" } });
    expect((await inState(soon.campaignId, "complete")).progress).toMatchObject({ refused: 1 });
    const pages = (await call("ops", "GET", "/v1/campaigns?limit=1")).body;
    expect(pages.campaigns).toHaveLength(1);
    const rest = (await call("ops", "GET", `/v1/campaigns?limit=1&cursor=${encodeURIComponent(pages.cursor)}`)).body;
    expect(rest.campaigns[0].campaignId).not.toBe(pages.campaigns[0].campaignId);
  });

  test("counts each station once, whatever is said of it, how often and in which order", async () => {
    const directory = await kerbside.edge.miniflare.getD1Database("DIRECTORY");
    await insertMembers(directory, "c", ["1", "2", "3", "4"], 0);
    expect(await claimMembers(directory, "c", 3, 0)).toEqual(["1", "2", "3"]);
    const say = (...said: [stationId: string, state: MemberState][]) =>
      noteOutcomes(
        directory,
        "c",
        said.map(([stationId, state]) => ({
          ...{ stationId, state, at: 1, commandId: `of-${stationId}`, answer: null, reason: null, checkAt: null },
        })),
      );
    await say(["1", "result"], ["1", "sent"], ["2", "sent"]);
    for (let times = 0; times < 2; times++) await say(["1", "timeout"], ["2", "timeout"], ["3", "queued"]);
    await say(["1", "sent"], ["2", "sent"]);
    expect(await readSums(directory, "c")).toMatchObject({
      pending: 1,
      sending: 0,
      queued: 1,
      sent: 0,
      timeout: 1,
      result: 1,
    });
    await say(["2", "error"], ["2", "result"]);
    expect(await readSums(directory, "c")).toMatchObject({ pending: 1, queued: 1, timeout: 0, result: 1, error: 1 });
  });
});
