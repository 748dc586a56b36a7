import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsOf, HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, TestStation } from "../support/test-station.ts";
import { over } from "../support/transports.ts";

/** Two heartbeat intervals of one second, and the grace of 30 s beyond them. */
const SILENCE_MS = 32_000;
const SETTINGS = { WEBHOOK_RETRY_BASE_MS: "20", HEARTBEAT_INTERVAL_SECONDS: "1" };

let kerbside: Kerbside;
/** One whose workerd is killed, so that it disturbs nobody else. */
let crashing: Kerbside;
let receiver: HttpPeer;
beforeAll(async () => {
  receiver = await HttpPeer.start();
  const entry = join(import.meta.dirname, "../support/counting-worker.js");
  [kerbside, crashing] = await Promise.all([startKerbside(SETTINGS, { entry }), startKerbside(SETTINGS)]);
  for (const each of [kerbside, crashing]) {
    await each.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
  }
});
afterAll(async () => {
  await Promise.all([kerbside?.stop(), crashing?.stop()]);
  await receiver?.stop();
});

const connectionEvents = (id: string): TestEvent[] =>
  eventsOf(receiver).filter(({ subject, type }) => subject === id && /\.(dis)?connected$/.test(type));
const summary = (id: string) =>
  connectionEvents(id).map(({ type, data }) => [type.slice("ocpp.station.".length), data.code]);
const view = async (id: string, at = kerbside) => (await at.api("GET", `/v1/stations/${id}`)).body;

async function booted(id: string, at = kerbside): Promise<TestStation> {
  const station = await at.station(id);
  await station.call("BootNotification", BOOT_16);
  return station;
}

/** Its connection events up to here. A station's events are in order, so one too many would be there by then. */
async function endOf(id: string, at = kerbside) {
  await at.api("POST", `/v1/stations/${id}/disconnect`);
  await until("the operator's disconnect", () => connectionEvents(id).at(-1)?.data.code === 1000);
  return summary(id).slice(0, -1);
}

/** As when the object moves to another machine. It waits for a delivery under way, so there must be none. */
async function move(id: string): Promise<void> {
  await until("nothing to be under way", async () => (await view(id)).queue.events === 0);
  await kerbside.edge.evict(id, { webSockets: "close" });
}

async function killWorkerd({ edge }: Kerbside): Promise<void> {
  const pid = edge.workerdPid();
  if (pid === undefined) throw new Error("no workerd to be killed");
  process.kill(pid, "SIGKILL");
  await until("another workerd", () => edge.workerdPid() !== undefined && edge.workerdPid() !== pid);
  await until("the edge", () =>
    fetch(`${edge.httpUrl}/healthz`).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
}

// In real time, for half a minute: `npm run presence`. The same promises by a clock that is set are in silence.test.ts.
const inRealTime = process.env.KERBSIDE_REAL_TIME === "true" ? describe.concurrent : describe.skip;
inRealTime("Silence", () => {
  test(
    "of a half-open socket ends its connection, once, while a station that says something stays",
    async () => {
      const [silent, asleep, alive] = await Promise.all(["SILENT", "SILENT-ASLEEP", "ALIVE"].map((id) => booted(id)));
      const { since } = (await view("ALIVE")).connection;
      // Neither reads nor writes: to the other side it looks as a lost network does.
      silent?.socket.pause();
      asleep?.socket.pause();
      await kerbside.edge.evict("SILENT-ASLEEP");
      const isOver = (id: string) => connectionEvents(id).some(({ type }) => type === "ocpp.station.disconnected");
      await until(
        "both to be found",
        async () => {
          await alive?.call("Heartbeat");
          return isOver("SILENT") && isOver("SILENT-ASLEEP");
        },
        SILENCE_MS + 15_000,
      );
      expect(connectionEvents("SILENT").at(-1).data).toMatchObject({ code: 1008, reason: "silent" });
      const offlineReason = expect.stringMatching(/^silent for \d+ (?:s|min)$/);
      expect(await view("SILENT")).toMatchObject({ online: false, connection: null, offlineReason });
      expect(await view("ALIVE")).toMatchObject({ online: true, connection: { since } });
      // It was looked at and found alive: the next look, and with it the next alarm, is an hour away.
      const rested = async () => (await view("ALIVE")).storage.alarmAt > Date.now() + 1_800_000;
      await until("the alarm to be put far off", rested);
      for (const [id, old] of [
        ["SILENT", silent],
        ["SILENT-ASLEEP", asleep],
      ] as const) {
        const returned = await booted(id);
        // It wakes up and learns what has become of it; its late end is nobody's.
        old?.socket.resume();
        await old?.closed;
        expect((await returned.call("Heartbeat"))[0]).toBe(3);
        expect(await endOf(id)).toEqual([
          ["connected", undefined],
          ["disconnected", 1008],
          ["connected", undefined],
        ]);
      }
    },
    SILENCE_MS + 40_000,
  );

  test(
    "of a station that a crash cut off ends its connection too, though it never comes back",
    async () => {
      const station = await booted("GONE", crashing);
      await killWorkerd(crashing);
      await station.closed;
      // The alarm alone finds it: nothing else asks for this station.
      const ended = () => connectionEvents("GONE").find(({ type }) => type === "ocpp.station.disconnected");
      await until("the end", ended, SILENCE_MS + 15_000);
      expect(ended().data).toMatchObject({ connectionId: connectionEvents("GONE")[0].data.connectionId, code: 1006 });
      expect((await view("GONE", crashing)).online).toBe(false);
      expect(summary("GONE")).toHaveLength(2);
    },
    SILENCE_MS + 40_000,
  );
});

describe("A connection that was lost with its object", () => {
  test("is over once, when the object was moved and the station came back", async () => {
    const station = await booted("MOVED");
    await move("MOVED");
    await station.closed;
    const returned = await booted("MOVED");
    expect((await view("MOVED")).online).toBe(true);
    const [first, gone] = connectionEvents("MOVED");
    expect(gone.data.connectionId).toBe(first.data.connectionId);
    expect((await returned.call("Heartbeat"))[0]).toBe(3);
    expect(await endOf("MOVED")).toEqual([
      ["connected", undefined],
      ["disconnected", 1006],
      ["connected", undefined],
    ]);
  });

  test("ends the command that was open on it, as soon as somebody asks for that", async () => {
    // Silent, and never booted: no alarm finds it.
    const station = await crashing.station("CUT");
    const asked = crashing.command("CUT", "ClearCache").catch(() => null);
    const [, messageId] = await station.next();
    await killWorkerd(crashing);
    await Promise.all([asked, station.closed]);
    expect((await crashing.api("GET", `/v1/stations/CUT/commands/${messageId}`)).body.state).toBe("timeout");
    const told = () =>
      eventsOf(receiver)
        .filter(({ subject }) => subject === "CUT")
        .map(({ type }) => type);
    await until("the webhook to be told", () => told().length >= 3);
    expect(told()).toEqual(["ocpp.station.connected", "ocpp.command.completed", "ocpp.station.disconnected"]);
  });

  test("is over once, as soon as somebody asks for the station", async () => {
    const station = await booted("ASKED");
    await move("ASKED");
    await station.closed;
    expect(await view("ASKED")).toMatchObject({ online: false, connection: null });
    expect(await view("ASKED")).toMatchObject({ online: false, connection: null });
    const returned = await booted("ASKED");
    expect((await returned.call("Heartbeat"))[0]).toBe(3);
    expect(await endOf("ASKED")).toEqual([
      ["connected", undefined],
      ["disconnected", 1006],
      ["connected", undefined],
    ]);
  });

  test("is over once, when workerd was killed and the station came back", async () => {
    const station = await booted("CRASHED", crashing);
    await killWorkerd(crashing);
    await station.closed;
    const returned = await TestStation.connect(over(crashing, "http", "CRASHED"));
    // It booted before: that is still known.
    expect(
      (await returned.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" }))[0],
    ).toBe(3);
    const events = await endOf("CRASHED", crashing);
    expect(events.map(([what]) => what)).toEqual(["connected", "disconnected", "connected"]);
  });
});
