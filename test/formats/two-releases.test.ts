import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HttpPeer, SECRET, eventsOf, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { type Refused, STATUS_16, TestStation } from "../support/test-station.ts";
import { idsIn, lacking } from "./difference.ts";
import { formats, type RecordedCall, type RecordedStep, type Recording } from "./recording.ts";
import { connectedStation, STATION } from "./scenario.ts";

type Calls = Omit<Recording, "attachment" | "rows">;

const folder = join(import.meta.dirname, "calls");
const releases = readdirSync(folder).map((name) => ({
  release: name.replace(".json", ""),
  recorded: JSON.parse(readFileSync(join(folder, name), "utf8")) as Calls,
}));

let kerbside: Kerbside;
beforeAll(async () => {
  kerbside = await startKerbside({}, { entry: join(import.meta.dirname, "../support/formats-worker.js") });
});
afterAll(() => kerbside.stop());

const recordedNow = async () => (await formats(kerbside, "recorded")) as { calls: RecordedCall[]; queued: unknown[] };

describe.each(releases)("With a Worker of release $release", ({ recorded }) => {
  test("the object answers all its calls, and leaves out nothing of what it reads", async () => {
    const ids = new Map<string, string>();
    const said: string[] = [];
    let station: TestStation | null = null;
    await recordedNow();
    for (const { step, calls } of recorded.steps) {
      for (const call of calls) {
        const { method } = call;
        const args = JSON.parse(JSON.stringify(call.args).replace(/[0-9a-f-]{36}/g, (id) => ids.get(id) ?? id));
        let answer: unknown;
        if (step.kind === "connect") {
          await formats(kerbside, "connect-as", args[1]);
          const connected = connectedStation(kerbside.edge.port);
          const status = await connected.then(
            () => 101,
            (error: unknown) => (error as Refused).status,
          );
          if (status === 101) station = await connected;
          answer = (await recordedNow()).calls.find((each) => each.method === "fetch")?.answer;
        } else answer = await formats(kerbside, `call?station=${STATION}`, { method, args });
        if (answer === undefined) said.push(`${step.name}: ${method} answers nothing`);
        said.push(...lacking(call.answer, answer).map((each) => `${step.name}: ${method} answers ${each}`));
        for (const [then, now] of idsIn(call.answer, answer)) ids.set(then, now);
      }
    }
    station?.kill();
    expect(said).toEqual([]);
  });

  test("its messages of the queue are taken, and so are those behind one that nobody knows", async () => {
    await kerbside.register("QUEUED");
    const poison = [null, "damaged", { stationId: 5, sequence: 1, station: {} }, { replayAfter: "", among: "new" }, {}];
    const of = recorded.queued.map((message) => ({ ...(message as object), stationId: "QUEUED", incarnation: "" }));
    expect(await formats(kerbside, "consumed", [...poison, ...of, ...poison])).toEqual([]);
  });
});

test("With a Worker of later the object does what it knows, and refuses an upgrade that it cannot read", async () => {
  const call = (method: string, ...args: unknown[]) => formats(kerbside, "call?station=LATER", { method, args });
  const settings = { securityProfile: 0, protocols: [], assumeProtocol: false, labels: {} };
  const registered = await call("register", { ...settings, novel: "a secret of later" });
  expect(registered).toMatchObject({ created: true, registration: { stationId: "LATER" } });
  expect(JSON.stringify([registered, await call("describe")])).not.toContain("later");
  const command = { action: "ClearCache", payload: {}, timeoutSeconds: 30, expiresInSeconds: 60, novel: true };
  expect(await call("command", command, false, "novel")).toMatchObject({ ok: true, value: { state: "queued" } });
  expect(await call("reportRefusal", "of-later", null)).toBeNull();
  for (const claims of [
    undefined,
    { stationId: "LATER", transport: "novel", basic: null, certificate: null, offer: [] },
  ]) {
    await formats(kerbside, "connect-as", { "x-kerbside-connect": { claims, remoteAddress: null } });
    const url = `ws://localhost:${kerbside.edge.port}/ocpp/LATER`;
    const refused = await TestStation.connect({ url }).catch((error: unknown) => error as Refused);
    expect(refused).toMatchObject({ status: 403, body: '{"reason":"unreachable"}' });
  }
});

test("With an object of later the Worker says that it cannot tell, and that one may try again", async () => {
  await kerbside.register(STATION);
  const at = `/v1/stations/${STATION}`;
  const headers = { "content-type": "application/json" };
  const asked = (method: string, path: string, answer: RecordedCall, body?: string) =>
    askedOfOld({}, { method, path, headers, ...(body !== undefined && { body }) }, [answer]);
  const says = (method: string, answer: unknown) => ({ method, args: [], answer });
  const refusal = says("command", { ok: false, error: { kind: "of-later" } });
  const command = JSON.stringify({ action: "ClearCache", payload: {} });
  expect(await asked("POST", `${at}/commands`, refusal, command)).toMatchObject({ status: 503 });
  expect(await asked("PUT", at, says("register", "of-later"), '{"securityProfile":0}')).toMatchObject({ status: 503 });
  expect(await asked("DELETE", `${at}/commands/x`, says("cancelCommand", "of-later"))).toMatchObject({ status: 409 });
  const connected = await askedOfOld({}, null, [says("fetch", { status: 403, body: { reason: "of-later" } })]);
  expect(connected).toMatchObject({ status: 503 });
});

describe.each(releases)("With an object of release $release", ({ recorded }) => {
  test("the Worker makes do with its answers, and leaves out nothing of what it reads", async () => {
    await kerbside.register(STATION);
    const said: string[] = [];
    for (const { step, request, answer, calls } of recorded.steps) {
      if (step.kind === "call") continue;
      const asked = await askedOfOld(step, request, calls);
      const expected = answer?.status ?? (step.kind === "connect" && step.refused ? 401 : 101);
      if (asked.status !== expected) said.push(`${step.name}: ${expected}, now ${asked.status}`);
      const bodies = answer === null ? [] : lacking(answer.body, asked.body);
      const same = [...bodies, ...lacking(calls.map(saidBy), asked.calls)];
      said.push(...same.map((each) => `${step.name}: ${each}`));
    }
    expect(said).toEqual([]);
  });

  test("its messages of the queue would tell it all it reads", async () => {
    const told = recorded.queued.filter((message) => (message as { station?: { online?: boolean } }).station?.online);
    await recordedNow();
    const station = await kerbside.station("TELLS", {}, { securityProfile: 0, labels: { site: "one" } });
    await station.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Test" });
    const queued: unknown[] = [];
    await until("its transition", async () => queued.push(...(await recordedNow()).queued) > 0);
    station.kill();
    expect(told.length).toBeGreaterThan(0);
    const [then] = told as { stationId: string; station: object }[];
    const now = queued.find((message) => (message as { station: { online: boolean } }).station.online) as typeof then;
    expect(
      lacking(
        { ...then, stationId: "TELLS", station: { ...then?.station, vendor: null, model: null } },
        { ...now, station: { ...now?.station, vendor: null, model: null } },
      ),
    ).toEqual([]);
  });
});

const saidBy = ({ method, args }: RecordedCall) => ({ method, args });

interface Asked {
  status: number;
  body: unknown;
  calls: unknown[];
}

/** This Worker, as the backend or the station asked the other. */
async function askedOfOld(
  step: Pick<RecordedStep["step"], "password">,
  request: RecordedStep["request"],
  answers: RecordedCall[],
): Promise<Asked> {
  const { path, headers, ...rest } = request ?? {
    method: "GET",
    path: `/ocpp/${STATION}`,
    headers: { upgrade: "websocket", "sec-websocket-protocol": "ocpp1.6" },
  };
  const { password = null } = step;
  const basic = Buffer.from(`${STATION}:${password}`).toString("base64");
  const authorization = request !== null ? `Bearer ${kerbside.edge.apiKey}` : password && `Basic ${basic}`;
  const address = { "cf-connecting-ip": "127.0.0.1" };
  const asked = {
    ...rest,
    path,
    headers: { ...headers, ...address, ...(authorization !== null && { authorization }) },
  };
  return (await formats(kerbside, "asked", { request: asked, answers })) as Asked;
}

/** The isolate's stations read the registry's answer of that release, which one of them has asked for anew. */
async function deliverTo(receiver: HttpPeer, { webhooks }: Calls, id: string): Promise<void> {
  const [webhook] = webhooks as object[];
  await formats(kerbside, "registry", { list: [{ ...webhook, url: receiver.url, secret: SECRET, mood: "new" }] });
  await formats(kerbside, `call?station=${id}`, { method: "deliverSoon", args: [crypto.randomUUID()] });
}

describe.each(releases)("With a webhook registry of release $release", ({ recorded }) => {
  test("the object delivers by its list, whatever else a newer one says in it", async () => {
    const [webhook] = recorded.webhooks as object[];
    const receiver = await HttpPeer.start();
    try {
      await kerbside.register("LISTENED");
      await deliverTo(receiver, recorded, "LISTENED");
      const station = await kerbside.station("LISTENED", { register: false });
      await until("its events", () => eventsOf(receiver).some(({ subject }) => subject === "LISTENED"));
      station.kill();
      // What its object would find in the list of this one.
      await kerbside.api("PUT", "/v1/webhooks/recorder", { url: receiver.url, secret: SECRET });
      const [listed] = (await formats(kerbside, "webhooks")) as object[];
      expect(lacking({ ...webhook, url: receiver.url, secret: SECRET }, listed)).toEqual([]);
    } finally {
      await kerbside.api("DELETE", "/v1/webhooks/recorder");
      await formats(kerbside, "registry", { list: null });
      await receiver.stop();
    }
  });
});

describe.each(releases)("With rows of release $release", ({ release, recorded }) => {
  /** As the object finds them that wakes; `damage` is done to them before. */
  async function wokenWith(id: string, damage: readonly string[] = []): Promise<void> {
    const rows = JSON.parse(
      readFileSync(join(import.meta.dirname, "rows", `${release}.json`), "utf8"),
    ) as Recording["rows"];
    const run = (query: string, ...values: unknown[]) => formats(kerbside, `run?station=${id}`, { query, values });
    await kerbside.register(id);
    await run("DELETE FROM facts");
    await run("DELETE FROM log");
    await run(
      "INSERT INTO facts SELECT value ->> 'key', value ->> 'value' FROM json_each(?1)",
      JSON.stringify(rows.facts),
    );
    await run(
      "INSERT INTO log SELECT value ->> 'sequence', value ->> 'at', value ->> 'type', value ->> 'data' FROM json_each(?1)",
      JSON.stringify(rows.log),
    );
    for (const each of damage) await run(each);
    await kerbside.edge.evict(id);
  }

  test("a station has all it had", async () => {
    await wokenWith("WOKEN");
    const { body } = await kerbside.api("GET", "/v1/stations/WOKEN");
    expect(body).toMatchObject({ online: false, boot: { model: "Formats" }, connectors: [{ status: "Charging" }] });
    const { commands } = (await kerbside.api("GET", "/v1/stations/WOKEN/commands")).body;
    expect(commands).toMatchObject([{ action: "ClearCache" }, { action: "TriggerMessage", state: "timeout" }]);
  });

  test("nothing that cannot be read holds up the rest, be it damaged or of later", async () => {
    const receiver = await HttpPeer.start();
    try {
      await kerbside.register("POISONED");
      // Or a list without it would have its webhook forgotten.
      await deliverTo(receiver, recorded, "POISONED");
      await wokenWith("POISONED", [
        `UPDATE log SET data = '{"action":"StatusNotification", damaged' WHERE sequence = 4`,
        'UPDATE log SET data = \'{"action":"StatusNotification"}\' WHERE sequence = 2',
        "INSERT INTO log VALUES (5, 1795868726922, 'ocpp.novel', '{\"of\":\"later\"}'), (6, 1795868726922, 'ocpp.call', '[]')",
        `UPDATE facts SET value = '{"id":5}' WHERE key = (SELECT max(key) FROM facts WHERE key LIKE '~command:%')`,
        `INSERT INTO facts VALUES ('~command:zz', 'damaged'), ('novel', '{"of":"later"}')`,
        "UPDATE facts SET value = json_set(value, '$.novel', 'a secret of later') WHERE key = 'registration'",
        "UPDATE facts SET value = json_set(json_remove(value, '$.connection'), '$.statusSequence', 0) WHERE key = 'delivery'",
      ]);
      const { status, body } = await kerbside.api("GET", "/v1/stations/POISONED");
      expect([status, body.online, body.boot?.model, body.novel]).toEqual([200, false, "Formats", undefined]);
      const { commands } = (await kerbside.api("GET", "/v1/stations/POISONED/commands")).body;
      expect(commands).toMatchObject([{ action: "TriggerMessage", state: "timeout" }]);
      const station = await kerbside.station("POISONED", { register: false });
      expect(await station.call("StatusNotification", STATUS_16)).toMatchObject([3, expect.anything(), {}]);
      const events = () =>
        eventsOf(receiver).flatMap(({ subject, sequence, data }) =>
          subject === "POISONED" ? [[sequence, data.action ?? data.of ?? data]] : [],
        );
      const status16 = "StatusNotification";
      await until("the last event", () => events().length >= 5 && events().at(-1)?.[1] === status16);
      expect(events().slice(0, 5)).toEqual([
        [2, status16],
        [3, "StartTransaction"],
        [4, {}],
        [5, "later"],
        [6, {}],
      ]);
      station.kill();
    } finally {
      await formats(kerbside, "registry", { list: null });
      await receiver.stop();
    }
  });
});
