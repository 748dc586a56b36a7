import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ATTACHMENT_VERSION, attachmentOf } from "../../src/station/connection/attachment-format.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import type { TestStation } from "../support/test-station.ts";
import { formats } from "./recording.ts";

const folder = join(import.meta.dirname, "attachments");
// biome-ignore lint/suspicious/noExplicitAny: each release has its own
const readFixture = (name: string): any => JSON.parse(readFileSync(join(folder, name), "utf8"));
/** In no order: each is named after the commit that wrote it so. */
const fixtures = readdirSync(folder).map((name) => ({ release: name.replace(".json", ""), left: readFixture(name) }));
const newest = readFixture("c9443bb.json");

describe("What rides with a socket", () => {
  test.each(fixtures)("is read as release $release wrote it", ({ left }) => {
    const read = attachmentOf(left);
    if (!read.ok || read.value === null) throw new Error(JSON.stringify(read));
    const { version: _, ...rest } = left;
    expect(read.value).toMatchObject(rest);
    expect(read.value.session.strictness).toBe(left.session.strictness ?? "lenient");
    expect(read.value.presenceCheckedAt).toBe(left.presenceCheckedAt ?? 0);
  });

  test("is nobody's where there is nothing", () => {
    expect(attachmentOf(null)).toEqual({ ok: true, value: null });
  });

  test("may have what a newer release added, which is not carried on", () => {
    const session = { ...newest.session, mood: "new" };
    const read = attachmentOf({ ...newest, version: ATTACHMENT_VERSION, session, tail: { to: "new" } });
    expect(read).toEqual(attachmentOf(newest));
  });

  test.each<[string, (left: typeof newest) => unknown]>([
    ["a version that is not known", (left) => ({ ...left, version: ATTACHMENT_VERSION + 1 })],
    ["a version that is none", (left) => ({ ...left, version: "2" })],
    ["no object", () => "damaged"],
    ["nothing of what it needs", () => ({})],
    ["a connection without its id", (left) => ({ ...left, connection: { ...left.connection, id: undefined } })],
    ["a protocol of later", (left) => ({ ...left, session: { ...left.session, protocol: "ocpp3.0" } })],
    [
      "an open CALL without an end",
      (left) => ({ ...left, session: { ...left.session, openCall: { messageId: "m" } } }),
    ],
    ["a time that is none", (left) => ({ ...left, lastMessageAt: Number.NaN })],
    ["no number of an acknowledgement", (left) => ({ ...left, acknowledged: { one: "4" } })],
    ["a list of other things", (left) => ({ ...left, session: { ...left.session, invited: [1] } })],
    ["a bucket without a bottom", (left) => ({ ...left, rate: { tokens: 1, at: 1, refused: 0 } })],
  ])("is refused with %s, and nothing of it is repeated", (_, damage) => {
    const read = attachmentOf(damage(newest));
    expect(read).toEqual({
      ok: false,
      error: expect.stringMatching(/^it |^its |^version \d has no such [a-zA-Z.0-9]*$/),
    });
  });
});

describe("A station that slept through a deploy", () => {
  let kerbside: Kerbside;
  let receiver: HttpPeer;
  const lines: string[] = [];

  beforeAll(async () => {
    receiver = await HttpPeer.start();
    const entry = join(import.meta.dirname, "../support/formats-worker.js");
    kerbside = await startKerbside({}, { entry, log: (line) => void lines.push(line) });
    await kerbside.api("PUT", "/v1/webhooks/events", { url: receiver.url, secret: SECRET });
  });
  afterAll(async () => {
    await kerbside.stop();
    await receiver.stop();
  });

  /** As the object finds it that wakes: its memory is gone, and this rides with its socket. */
  async function asleep(id: string, left: (mine: typeof newest) => unknown): Promise<TestStation> {
    const station = await kerbside.station(id);
    await station.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Test" });
    const typesOf = () => eventsOf(receiver).filter(({ subject }) => subject === id);
    await until("its boot's event", () => typesOf().length >= 2);
    const [mine] = (await formats(kerbside, `attachment?station=${id}`)) as (typeof newest)[];
    await formats(kerbside, `attach?station=${id}`, left(mine));
    await kerbside.edge.evict(id, { webSockets: "hibernate" });
    return station;
  }
  const endOf = (id: string) =>
    eventsOf(receiver).find(({ subject, type }) => subject === id && type === "ocpp.station.disconnected");

  test.each(fixtures)("goes on with what release $release attached", async ({ release, left }) => {
    const id = `FROM-${release}`;
    const station = await asleep(id, ({ connection }) => ({
      ...left,
      connection: { ...left.connection, id: connection.id },
    }));
    expect(await station.call("Heartbeat")).toMatchObject([3, expect.anything(), { currentTime: expect.anything() }]);
    const view = await kerbside.api("GET", `/v1/stations/${id}`);
    expect(view.body).toMatchObject({ online: true, connection: { protocol: "ocpp1.6" } });
    const [mine] = (await formats(kerbside, `attachment?station=${id}`)) as (typeof newest)[];
    expect(mine).toMatchObject({ version: ATTACHMENT_VERSION, connection: { protocol: "ocpp1.6" } });
    station.kill();
  });

  test.each<[string, string, (mine: typeof newest) => unknown]>([
    ["DAMAGED", "what is damaged", ({ connection }) => ({ connection })],
    ["UNKNOWN", "what a newer release attached otherwise", (mine) => ({ ...mine, version: ATTACHMENT_VERSION + 1 })],
  ])("%s: is closed with 1012 over %s, which is logged and told once, and comes back", async (id, _, left) => {
    const station = await asleep(id, left);
    station.send([2, "late", "Heartbeat", {}]);
    expect(await station.closed).toEqual({ code: 1012, reason: "attachment unreadable" });
    await until("the event of its end", () => endOf(id) !== undefined);
    expect(endOf(id)?.data).toMatchObject({ code: 1012, reason: "attachment unreadable" });
    const said = lines.filter((line) => line.includes(id) && line.includes("cannot be read"));
    expect(said).toEqual([expect.stringContaining("what rode with a socket cannot be read: it is closed")]);
    const again = await kerbside.station(id, { register: false });
    expect(await again.call("Heartbeat")).toMatchObject([3, expect.anything(), {}]);
    again.kill();
  });

  test("is closed with 1012 by who only asks how it stands, and is offline then", async () => {
    const station = await asleep("ASKED", ({ session }) => ({ session }));
    const view = await kerbside.api("GET", "/v1/stations/ASKED");
    expect(view.body).toMatchObject({ online: false });
    expect(await station.closed).toMatchObject({ code: 1012 });
    await until("the event of its end", () => endOf("ASKED") !== undefined);
    expect(endOf("ASKED")?.data).toMatchObject({ code: 1012 });
  });
});
