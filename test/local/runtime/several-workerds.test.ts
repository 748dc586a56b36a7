import { afterAll, beforeAll, expect, test } from "vitest";
import { startEdge } from "../../../src/local/edge.ts";
import { askFirst } from "../../../src/local/runtime/first-workerd.ts";
import { shardOf } from "../../../src/local/runtime/shards.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../../support/http-peers.ts";
import { ask, temporaryFolder } from "../../support/edge-client.ts";
import { type Kerbside, startKerbside } from "../../support/kerbside.ts";
import { BOOT_16 } from "../../support/test-station.ts";

const IDS = Array.from({ length: 12 }, (_, n) => `SHARED-${n}`).sort();
const [FIRST, SECOND] = [0, 1].map((shard) => IDS.find((id) => shardOf(id, 2) === shard) as string) as [string, string];

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  receiver = await HttpPeer.start();
  kerbside = await startKerbside({}, { workerds: 2 });
  for (const id of IDS) await kerbside.register(id);
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const listed = async (query: string) => (await kerbside.api("GET", `/v1/stations?${query}`)).body;

test("Two processes hold the stations, and the list is one, page by page", async () => {
  if (kerbside.edge.workerdPids().length > 0) expect(new Set(kerbside.edge.workerdPids()).size).toBe(2);
  await until("the directory to know all", async () => (await listed("q=SHARED")).stations.length === IDS.length);
  const found: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const next: { stations: { stationId: string }[]; cursor: string | null } = await listed(
      `q=SHARED&limit=5${cursor && `&cursor=${cursor}`}`,
    );
    expect(next.stations.length).toBeLessThanOrEqual(5);
    found.push(...next.stations.map(({ stationId }) => stationId));
    cursor = next.cursor;
  }
  expect(found).toEqual(IDS);
  expect((await kerbside.api("GET", "/v1/stations?limit=0")).status).toBe(422);
  expect((await kerbside.api("GET", "/metrics")).body).toContain(
    `kerbside_stations_registered{security_profile="0"} ${IDS.length}`,
  );
});

test("A webhook gets the events of stations in both, is replayed in both, and gone from both", async () => {
  expect((await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET })).status).toBe(201);
  for (const id of [FIRST, SECOND]) {
    const station = await kerbside.station(id, { register: false });
    await station.call("BootNotification", BOOT_16);
  }
  const booted = (id: string) => eventsOf(receiver).some(({ subject, type }) => subject === id && type === "ocpp.call");
  await until("both boots", () => booted(FIRST) && booted(SECOND));
  expect((await kerbside.api("POST", "/v1/webhooks/all/replay")).status).toBe(202);
  expect((await kerbside.api("DELETE", "/v1/webhooks/all")).status).toBe(204);
  expect((await kerbside.api("DELETE", "/v1/webhooks/all")).status).toBe(404);
  expect((await kerbside.api("GET", "/v1/webhooks")).body).toEqual({ webhooks: [] });
});

test("What all are told, larger than any body may be, is answered what it would be by one", async () => {
  const put = (headers: Record<string, string | number>) =>
    ask(`${kerbside.edge.httpUrl}/v1/webhooks/large`, { method: "PUT", headers }, Buffer.alloc(10_000_000, "x"));
  const good = { Authorization: `Bearer ${kerbside.edge.apiKey}` };
  for (const length of [{ "Content-Length": 10_000_000 }, { "Transfer-Encoding": "chunked" }]) {
    expect((await put({ ...good, ...length })).status).toBe(413);
    expect((await put({ Authorization: "Bearer bad", ...length })).status).toBe(401);
  }
});

test("A webhook is changed or it is not, whichever workerd is killed meanwhile, and all go by the same list", async () => {
  const pids = kerbside.edge.workerdPids();
  if (pids.length === 0) return;
  const webhook = { url: receiver.url, secret: SECRET };
  const names = async () => {
    const { status, body } = await kerbside.api("GET", "/v1/webhooks");
    return status === 200 ? body.webhooks.map(({ name }: { name: string }) => name) : null;
  };
  for (const shard of [0, 1]) {
    for (const [method, body] of [["PUT", webhook], ["DELETE"]] as const) {
      const name = `killed-${shard}`;
      process.kill(kerbside.edge.workerdPids()[shard] as number, "SIGKILL");
      const answers = [await kerbside.api(method, `/v1/webhooks/${name}`, body)];
      while ((answers.at(-1) as { status: number }).status === 503) {
        expect(answers.at(-1)?.headers.get("retry-after")).not.toBe(null);
        answers.push(await kerbside.api(method, `/v1/webhooks/${name}`, body));
      }
      // Done without an answer, it is done already when it is asked again.
      expect([200, 201, 204, 404]).toContain(answers.at(-1)?.status);
      expect(await names()).toEqual(method === "PUT" ? [name] : []);
      await until("both again", async () => (await kerbside.api("GET", "/healthz")).status === 200);
      if (method === "DELETE") continue;
      receiver.requests.length = 0;
      for (const id of [FIRST, SECOND]) (await kerbside.station(id, { register: false })).kill();
      const heard = (id: string) => eventsOf(receiver).some(({ subject }) => subject === id);
      await until("events of both", () => heard(FIRST) && heard(SECOND));
    }
  }
});

test("A command finds its station in either, and another's crash is no trouble of it", async () => {
  const station = await kerbside.station(FIRST, { register: false });
  station.answerCalls(() => ({ status: "Accepted" }));
  const reset = () => kerbside.command(FIRST, "Reset", { type: "Soft" });
  expect((await reset()).body).toMatchObject({ state: "result", payload: { status: "Accepted" } });
  const [, other] = kerbside.edge.workerdPids();
  if (other === undefined) return;
  process.kill(other, "SIGKILL");
  expect((await reset()).body).toMatchObject({ state: "result" });
  await until("the other one again", async () => (await kerbside.api("GET", `/v1/stations/${SECOND}`)).status === 200);
  expect((await station.call("Heartbeat"))[0]).toBe(3);
});

test("A workerd whose alarms ring before the first one was started waits for it with its question, for a bounded time", async () => {
  receiver.reply = () => ({ status: 200, body: { value: ["a webhook"] } });
  let isStarted = false;
  const port = () => (isStarted ? Number(new URL(receiver.url).port) : undefined);
  const question = { text: async () => "{}" };
  const answer = askFirst(port, "secret", question);
  isStarted = true;
  expect(await (await answer).json()).toEqual({ value: ["a webhook"] });
  expect((await askFirst(() => undefined, "secret", question, 40)).status).toBe(503);
});

test("The number of processes belongs to the folder: it is kept, and another one is refused in a sentence", async () => {
  const folder = temporaryFolder();
  try {
    const first = await startEdge({ dir: folder.dir, workerdsInNewFolder: 2 });
    await first.stop();
    await expect(startEdge({ dir: folder.dir, workerds: 3 })).rejects.toThrow(/is that of 2 workerd processes, not 3/);
    const again = await startEdge({ dir: folder.dir });
    const pids = again.workerdPids();
    await again.stop();
    if (pids.length > 0) expect(pids).toHaveLength(2);
  } finally {
    folder.remove();
  }
});
