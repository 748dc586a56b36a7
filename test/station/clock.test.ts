import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { due, freshCursor, RETRY_MAX_MS } from "../../src/delivery/outbox.ts";
import { isOpenStill } from "../../src/ocpp/open-call.ts";
import { HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, type TestStation } from "../support/test-station.ts";

const HOURS_MS = 3_600_000;

let kerbside: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  receiver = await HttpPeer.start();
  const entry = join(import.meta.dirname, "../support/ringing-worker.js");
  kerbside = await startKerbside({ WEBHOOK_RETRY_BASE_MS: "3600000" }, { entry });
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const setClock = (aheadMs: number) => kerbside.api("GET", `/test/clock?aheadMs=${aheadMs}`);
beforeEach(() => setClock(0));
/** Not by their signature, whose time would be two hours old. */
const delivered = (messageId: string) =>
  receiver.requests.some(({ body }) => body.includes(`"messageId":"${messageId}"`));

/** A station whose connection is delivered: what fails next is what the test sends. */
async function connected(id: string): Promise<TestStation> {
  const station = await kerbside.station(id);
  await until("its connection's event", () => receiver.requests.some(({ body }) => body.includes(id)));
  await until("an empty queue", async () => (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events === 0);
  return station;
}

describe("A webhook's place in a station's log", () => {
  const lists = (are: "held" | "passed" | "let-go" | "kept" | "old") => kerbside.api("GET", `/test/lists?are=${are}`);
  const put = (name: string, { url }: HttpPeer) => kerbside.api("PUT", `/v1/webhooks/${name}`, { url, secret: SECRET });
  let late: HttpPeer;
  beforeEach(async () => {
    late = await HttpPeer.start();
  });
  afterEach(async () => {
    await kerbside.api("DELETE", "/v1/webhooks/late");
    await late.stop();
  });
  const has = (messageId: string) =>
    until(`the event of ${messageId}`, () => late.requests.some(({ body }) => body.includes(`"${messageId}"`)));
  /** In the order in which they were sent, each as often as it was. */
  const sent = () =>
    late.requests.flatMap(({ body }) => (JSON.parse(body) as { data: object }[]).map(({ data }) => data));
  const messagesSent = () => sent().map((data) => (data as { messageId?: string }).messageId);

  test("stays, though a list that was asked for before the webhook was made comes after the one that has it", async () => {
    const station = await connected("OVERTAKEN-LIST");
    await put("all", receiver);
    await lists("held");
    await station.call("StatusNotification", STATUS_16, "asking");
    const waiting = (count: number) => async () => (await lists("passed")).body.waiting === count;
    await until("a list that waits", waiting(1));
    await put("late", late);
    await station.call("StatusNotification", STATUS_16, "late-1");
    await has("late-1");
    await lists("let-go");
    await until("the list that waited", waiting(0));
    await station.call("StatusNotification", STATUS_16, "late-2");
    await has("late-2");
    expect(messagesSent()).toEqual(["late-1", "late-2"]);
  });

  test("stays where an older list is had from elsewhere, and a newer one is asked for as soon as something waits", async () => {
    const station = await connected("OLDER-LIST");
    await put("all", receiver);
    await station.call("StatusNotification", STATUS_16, "without");
    await until("the event without it", () => delivered("without"));
    await lists("kept");
    await put("late", late);
    await station.call("StatusNotification", STATUS_16, "late-3");
    await has("late-3");
    await lists("old");
    await put("all", receiver);
    await station.call("StatusNotification", STATUS_16, "late-4");
    await until("the event elsewhere", () => delivered("late-4"));
    await kerbside.api("GET", "/test/ring?station=OLDER-LIST");
    await has("late-4");
    expect(messagesSent()).toEqual(["late-3", "late-4"]);
  });
});

describe("After the clock was set back by two hours", () => {
  test("what waits for another attempt is delivered with what the station says next", async () => {
    const station = await connected("BACKED-OFF");
    receiver.reply = ({ body }) => ({ status: body.includes("BACKED-OFF") ? 503 : 204 });
    await station.call("StatusNotification", STATUS_16, "before");
    await until(
      "the back-off",
      async () => (await kerbside.api("GET", "/test/storage?station=BACKED-OFF")).body.alarmAt,
    );
    receiver.reply = () => ({ status: 204 });
    await setClock(-2 * HOURS_MS);
    await station.call("StatusNotification", STATUS_16, "after");
    await until("both events", () => delivered("before") && delivered("after"));
  });

  test("the directory follows a station that comes and goes", async () => {
    const listed = (online: boolean) =>
      until(`online=${online}`, async () => {
        const { body } = await kerbside.api("GET", `/v1/stations?q=FOLLOWED&online=${online}`);
        return body.stations.length === 1;
      });
    const station = await kerbside.station("FOLLOWED");
    await listed(true);
    await setClock(-2 * HOURS_MS);
    await station.close();
    await listed(false);
    await kerbside.station("FOLLOWED", { register: false });
    await listed(true);
    await kerbside.api("PUT", "/v1/stations/FOLLOWED", { securityProfile: 0, labels: { site: "moved" } });
    const { body } = await kerbside.api("GET", "/v1/stations?label.site=moved");
    expect(body.stations).toHaveLength(1);
  });

  test("a command that was sent still times out in its own time", async () => {
    const station = await kerbside.station("TIMED");
    const asked = kerbside.command("TIMED", "ClearCache", {}, { timeoutSeconds: 1 });
    await station.next();
    await setClock(-2 * HOURS_MS);
    const { status, body } = await asked;
    expect([status, body.state]).toEqual([504, "timeout"]);
  });

  test("a queued command waits no longer than it was to", async () => {
    await kerbside.register("QUEUED");
    const { body } = await kerbside.command("QUEUED", "ClearCache", {}, { expiresInSeconds: 1 });
    await setClock(-2 * HOURS_MS);
    await kerbside.api("GET", "/test/ring?station=QUEUED");
    await until("its end", async () => {
      await kerbside.api("GET", "/test/ring?station=QUEUED");
      return (await kerbside.api("GET", `/v1/stations/QUEUED/commands/${body.commandId}`)).body.state === "expired";
    });
  });

  test("a replay is heeded, though an earlier one was asked for at a later hour", async () => {
    const station = await connected("REPLAYED");
    receiver.reply = ({ body }) => ({ status: body.includes("REPLAYED") ? 503 : 204 });
    await station.call("StatusNotification", STATUS_16, "kept");
    await until("an attempt", () => receiver.requests.some(({ body }) => body.includes('"kept"')));
    const attempts = () => receiver.requests.filter(({ body }) => body.includes('"kept"')).length;
    await kerbside.api("POST", "/v1/webhooks/all/replay");
    await until("another attempt", () => attempts() >= 2);
    await setClock(-HOURS_MS / 2);
    receiver.reply = () => ({ status: 204 });
    await kerbside.api("POST", "/v1/webhooks/all/replay");
    await until("the last attempt", () => attempts() >= 3);
  });
});

test("What a station said while the clock was behind comes to every webhook, though a crash and a right clock come first", async () => {
  receiver.reply = ({ body }) => (body.includes("BEHIND") ? "hang" : { status: 204 });
  await setClock(-HOURS_MS);
  const station = await kerbside.station("BEHIND");
  await station.call("StatusNotification", STATUS_16, "said-behind");
  await until("an attempt", () => receiver.requests.some(({ body }) => body.includes("BEHIND")));
  receiver.reply = () => ({ status: 204 });
  const { edge } = kerbside;
  const pid = edge.workerdPid();
  if (pid === undefined) throw new Error("no workerd");
  process.kill(pid, "SIGKILL");
  // Another one takes its place, whose clock is right.
  await until("another workerd", async () => {
    const isUp = (await kerbside.api("GET", "/healthz")).status === 200;
    return isUp && edge.workerdPid() !== undefined && edge.workerdPid() !== pid;
  });
  receiver.requests.length = 0;
  await kerbside.station("BEHIND", { register: false });
  await until("the message", () => delivered("said-behind"));
});

describe("A wait is never longer than its own maximum:", () => {
  const now = 1_800_000_000_000;

  test("a retry that is further ahead is due", () => {
    const webhook = { name: "w", url: "", secret: "", types: [], createdAt: 0, replayAt: 0 };
    const cursor = { ...freshCursor(1, webhook), failures: 3 };
    expect(due({ ...cursor, retryAt: now + RETRY_MAX_MS }, 2, now)).toEqual({ at: now + RETRY_MAX_MS });
    expect(due({ ...cursor, retryAt: now + RETRY_MAX_MS + 1 }, 2, now)).toEqual({ at: "now" });
  });

  test("a CALL whose deadline is further ahead than its time is over", () => {
    const call = { messageId: "m", timeoutMs: 30_000 };
    expect(isOpenStill({ ...call, deadline: now + 30_000 }, now)).toBe(true);
    expect(isOpenStill({ ...call, deadline: now + 30_001 }, now)).toBe(false);
    expect(isOpenStill({ ...call, deadline: now }, now)).toBe(false);
    expect(isOpenStill({ messageId: "old", deadline: now + 120_000 }, now)).toBe(true);
  });
});
