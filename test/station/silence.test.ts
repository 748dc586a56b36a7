import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HttpPeer, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { CLOCK_WORKER, StationClock } from "../support/station-clock.ts";
import { BOOT_16, BOOT_2X, type Frame, STATUS_16, TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const INTERVAL_SECONDS = 300;
/** Two intervals of 300 s and the time beyond them before a station is asked; with its time to answer 30 s. */
const SILENCE_MS = 610 * SECOND;
const PROBE_MS = 20 * SECOND;

let kerbside: Kerbside;
let clock: StationClock;
let receiver: HttpPeer;
let csms: HttpPeer;
/** What the CSMS says to a BootNotification. */
let boot: { status: string; interval: number };
beforeAll(async () => {
  [receiver, csms] = await Promise.all([HttpPeer.start(), HttpPeer.start()]);
  csms.reply = () => ({ body: { payload: { currentTime: new Date().toISOString(), ...boot } } });
  kerbside = await startKerbside({ CSMS_URL: csms.url }, { entry: CLOCK_WORKER });
  clock = new StationClock(kerbside);
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
beforeEach(() => {
  boot = { status: "Accepted", interval: INTERVAL_SECONDS };
});
afterAll(async () => {
  await kerbside?.stop();
  await Promise.all([receiver?.stop(), csms?.stop()]);
});

const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
/** Not verified: their signatures are of another hour. */
const eventsFor = (id: string): TestEvent[] =>
  receiver.requests.flatMap(({ body }) => JSON.parse(body) as TestEvent[]).filter(({ subject }) => subject === id);
const endsOf = (id: string): TestEvent[] => eventsFor(id).filter(({ type }) => type === "ocpp.station.disconnected");

async function booted(id: string, protocol = "ocpp1.6"): Promise<TestStation> {
  const station = await kerbside.station(id, { protocols: [protocol] });
  const answer = await station.call("BootNotification", protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X);
  expect(answer[2]).toMatchObject(boot);
  return station;
}

/** It waits for a delivery under way, so there must be none. */
async function sleep(id: string): Promise<void> {
  await until("nothing to be under way", async () => (await view(id)).queue.events === 0);
  await kerbside.edge.evict(id);
}

/** Nothing came that no test has taken. A Heartbeat's answer is behind whatever was sent before it. */
async function expectNothingSent(station: TestStation): Promise<void> {
  expect((await station.call("Heartbeat"))[0]).toBe(3);
}

function expectProbe(frame: Frame): string {
  expect(frame).toEqual([2, expect.any(String), "TriggerMessage", { requestedMessage: "Heartbeat" }]);
  return frame[1];
}

/** The alarm as it comes, until the station is asked; gives back the hour of that, and the messageId. */
async function alarmsUntilProbe(id: string, station: TestStation): Promise<{ askedAt: number; probe: string }> {
  for (let count = 0; count < 10; count++) {
    const askedAt = await clock.toAlarm(id);
    const next = await until("the next alarm", () => clock.alarmAt(id));
    const untilNext = next - askedAt;
    if (untilNext > PROBE_MS - 10 * SECOND && untilNext < PROBE_MS + 10 * SECOND) {
      return { askedAt, probe: expectProbe(await station.next()) };
    }
  }
  throw new Error("it was not asked");
}

/** The alarm as it comes, until the connection ends; gives back the hour of its end. */
async function alarmsUntilEnd(id: string, most = 10): Promise<number> {
  for (let count = 0; count < most; count++) {
    const at = await clock.toAlarm(id);
    if (!(await view(id)).online) return at;
  }
  throw new Error(`after ${most} alarms it is still online`);
}

describe("A living station that sends nothing", () => {
  test("is not disconnected by who reads of it, nor asked", async () => {
    const station = await booted("READ");
    await clock.forward(2 * HOUR);
    expect(await view("READ")).toMatchObject({ online: true });
    expect((await kerbside.api("GET", "/v1/stations/READ/commands")).body.commands).toEqual([]);
    expect((await kerbside.api("GET", "/v1/stations/READ/commands/none")).status).toBe(404);
    await kerbside.api("GET", "/v1/stations?q=READ");
    expect(await view("READ")).toMatchObject({ online: true });
    await expectNothingSent(station);
    expect(endsOf("READ")).toEqual([]);
  });

  test("is sent a command, and its answer is the command's", async () => {
    const station = await booted("COMMANDED");
    await clock.forward(2 * HOUR);
    const asked = kerbside.command("COMMANDED", "ClearCache");
    const [, messageId, action] = await station.next();
    expect(action).toBe("ClearCache");
    station.send([3, messageId, { status: "Accepted" }]);
    expect(await asked).toMatchObject({ status: 200, body: { state: "result", payload: { status: "Accepted" } } });
    expect(await view("COMMANDED")).toMatchObject({ online: true });
  });

  test.each<[string, string, (station: TestStation, messageId: string) => void]>([
    ["ocpp1.6", "a CALLRESULT", (station, id) => station.send([3, id, { status: "Accepted" }])],
    ["ocpp1.6", "a CALLERROR", (station, id) => station.send([4, id, "NotImplemented", "", {}])],
    ["ocpp1.6", "what is no valid answer", (station, id) => station.send([3, id, { status: "Perhaps" }])],
    ["ocpp2.0.1", "a CALLRESULT", (station, id) => station.send([3, id, { status: "Accepted" }])],
    ["ocpp2.1", "a CALLERROR", (station, id) => station.send([4, id, "NotSupported", "", {}])],
  ])("is asked for a Heartbeat in %s, stays for %s, and is asked again hours later", async (protocol, how, answer) => {
    const id = `ASKED-${protocol}-${how.length}`;
    const station = await booted(id, protocol);
    for (let round = 0; round < 2; round++) {
      const { askedAt, probe } = await alarmsUntilProbe(id, station);
      answer(station, probe);
      // The deadline's alarm finds it answered.
      await until("the answer to be heard", async () => {
        const { lastMessageAt } = (await view(id)).connection;
        return Date.parse(lastMessageAt) >= askedAt;
      });
      expect((await clock.toAlarm(id)) - askedAt).toBeLessThan(PROBE_MS + 60 * SECOND);
      await until("the next look to be far off", async () => {
        return ((await clock.alarmAt(id)) ?? 0) >= askedAt + 3 * HOUR;
      });
    }
    expect((await station.call("Heartbeat"))[2]).toEqual({ currentTime: expect.any(String) });
    expect(await view(id)).toMatchObject({ online: true });
    expect((await kerbside.api("GET", `/v1/stations/${id}/commands`)).body.commands).toEqual([]);
    expect(eventsFor(id).map(({ type }) => type)).toEqual(["ocpp.station.connected", "ocpp.call"]);
  });

  test("stays for any frame, though it never answers what it was asked, and the line is free again", async () => {
    const station = await booted("BUSY");
    await alarmsUntilProbe("BUSY", station);
    await expectNothingSent(station);
    const asked = kerbside.command("BUSY", "ClearCache");
    await clock.toAlarm("BUSY");
    const [, messageId, action] = await station.next();
    expect(action).toBe("ClearCache");
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await asked).body.state).toBe("result");
    expect(await view("BUSY")).toMatchObject({ online: true });
  });

  test("is sent the command that came while it was asked, once it has answered", async () => {
    const station = await booted("QUEUED");
    const { probe } = await alarmsUntilProbe("QUEUED", station);
    const asked = kerbside.command("QUEUED", "ClearCache");
    await expectNothingSent(station);
    station.send([3, probe, { status: "Accepted" }]);
    const [, messageId, action] = await station.next();
    expect(action).toBe("ClearCache");
    station.send([3, messageId, { status: "Accepted" }]);
    expect((await asked).body.state).toBe("result");
  });

  test("is asked only once a command that is open has had its time", async () => {
    const station = await booted("OPEN");
    await clock.forward(SILENCE_MS);
    const asked = kerbside.command("OPEN", "ClearCache", {}, { timeoutSeconds: 2 });
    expect((await station.next())[2]).toBe("ClearCache");
    await clock.ring("OPEN");
    expect((await asked).status).toBe(504);
    expectProbe(await station.next());
    await expectNothingSent(station);
    expect(await view("OPEN")).toMatchObject({ online: true });
  });

  test("is asked while its boot is Pending, and may then call what it was asked for", async () => {
    boot = { status: "Pending", interval: INTERVAL_SECONDS };
    const station = await booted("PENDING", "ocpp2.0.1");
    const { probe } = await alarmsUntilProbe("PENDING", station);
    station.send([3, probe, { status: "Accepted" }]);
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  });

  test.each([
    ["that never booted here", null],
    ["whose boot was Rejected", "Rejected"],
  ])("and %s is never asked; only a day of silence ends it", async (_, status) => {
    const id = `UNASKED-${status}`;
    const station = await kerbside.station(id, { protocols: ["ocpp2.0.1"] });
    if (status === null) await station.call("StatusNotification", { timestamp: "2026-11-28T00:00:00Z" });
    else {
      boot = { status, interval: INTERVAL_SECONDS };
      await station.call("BootNotification", BOOT_2X);
    }
    const since = await clock.forward(0);
    await clock.forward(HOUR);
    await clock.ring(id);
    expect(await view(id)).toMatchObject({ online: true });
    const endedAt = await alarmsUntilEnd(id);
    expect(endedAt - since).toBeGreaterThan(DAY - 60 * SECOND);
    expect(endedAt - since).toBeLessThan(DAY + 60 * SECOND);
    await station.closed;
    expect(station.frames.map(([type]) => type)).not.toContain(2);
  });
});

describe("A dead line", () => {
  test.each([
    ["", false],
    [", though the object slept while it asked", true],
  ])("is asked once, and closed where nothing comes back%s", async (_, sleeps) => {
    const id = sleeps ? "DEAD-ASLEEP" : "DEAD";
    const station = await booted(id);
    const heardAt = await clock.forward(0);
    if (sleeps) await sleep(id);
    const { askedAt } = await alarmsUntilProbe(id, station);
    expect(askedAt - heardAt).toBeLessThan(SILENCE_MS + 60 * SECOND);
    if (sleeps) await sleep(id);
    expect(await clock.toAlarm(id)).toBeGreaterThanOrEqual(askedAt + PROBE_MS);
    expect(await station.closed).toEqual({ code: 1008, reason: "silent" });
    await until("the event", () => endsOf(id).length === 1);
    expect(endsOf(id)[0].data).toMatchObject({ code: 1008, reason: "silent" });
    expect(eventsFor(id).map(({ type }) => type)).not.toContain("ocpp.command.completed");
    expect(station.frames.filter(([type]) => type === 2)).toHaveLength(1);
  });

  test("after a boot and one message is found in 2 intervals and 30 s, not hours later", async () => {
    const station = await booted("ONE-MESSAGE");
    await clock.forward(200 * SECOND);
    await station.call("StatusNotification", STATUS_16);
    const heardAt = await clock.forward(0);
    const endedAt = await alarmsUntilEnd("ONE-MESSAGE");
    expect(endedAt - heardAt).toBeLessThan(SILENCE_MS + PROBE_MS + 60 * SECOND);
  });

  test("of a station that spoke for hours is found PRESENCE_CHECK_SECONDS after its last message, and asked", async () => {
    const station = await booted("HOURS");
    let heardAt = 0;
    for (let spoken = 0; spoken < 4 * HOUR; spoken += INTERVAL_SECONDS * SECOND) {
      await clock.forward(INTERVAL_SECONDS * SECOND);
      heardAt = await clock.forward(0);
      await station.call("Heartbeat");
      if (((await clock.alarmAt("HOURS")) ?? 0) <= heardAt) await clock.ring("HOURS");
    }
    expect(station.frames.filter(([type]) => type === 2)).toEqual([]);
    const endedAt = await alarmsUntilEnd("HOURS");
    expect(endedAt - heardAt).toBeLessThan(3 * HOUR + PROBE_MS + 60 * SECOND);
    await station.closed;
  });

  test("ends a queue of commands with its first: those that may wait are not sent in vain", async () => {
    const station = await booted("VAIN");
    await clock.forward(SILENCE_MS);
    const first = kerbside.command("VAIN", "ClearCache", {}, { timeoutSeconds: 1 });
    expect((await station.next())[2]).toBe("ClearCache");
    const request = { action: "GetLocalListVersion", payload: {}, expiresInSeconds: 86_400 };
    const second = await kerbside.api("POST", "/v1/stations/VAIN/commands", request, { prefer: "respond-async" });
    expect(second.body.state).toBe("queued");
    expect((await first).status).toBe(504);
    expectProbe(await station.next());
    await alarmsUntilEnd("VAIN");
    expect(await station.closed).toEqual({ code: 1008, reason: "silent" });
    const { body } = await kerbside.api("GET", `/v1/stations/VAIN/commands/${second.body.commandId}`);
    expect(body.state).toBe("queued");
  });
});

const setVariables = (value: string, name = "HeartbeatInterval") => ({
  setVariableData: [{ attributeValue: value, component: { name: "OCPPCommCtrlr" }, variable: { name } }],
});
const variableResult = (attributeStatus: string, name = "HeartbeatInterval") => ({
  setVariableResult: [{ attributeStatus, component: { name: "OCPPCommCtrlr" }, variable: { name } }],
});

describe("A certificate's end", () => {
  test.each([
    ["awake", false],
    ["asleep", true],
  ])("ends the connection that it let in, by the one alarm, where the object is %s", async (how, sleeps) => {
    const id = `ENDS-${how}`;
    await kerbside.register(id, { securityProfile: 3 });
    const validFor = 365 * DAY;
    const endsAt = Math.ceil((await clock.forward(0)) / SECOND) * SECOND + 150 * SECOND;
    const socket = await certificateOf(kerbside, id, { now: new Date(endsAt - validFor) });
    const station = await TestStation.connect(over(kerbside, "mtls", id, { socket }));
    expect((await station.call("BootNotification", BOOT_16))[0]).toBe(3);
    expect((await view(id)).connection.certificate.notAfter).toBe(new Date(endsAt).toISOString());
    if (sleeps) await sleep(id);
    let rungAt = 0;
    for (let count = 0; count < 10 && rungAt < endsAt; count++) rungAt = await clock.toAlarm(id);
    // Before anybody would have looked whether the station is there.
    expect(rungAt - endsAt).toBeLessThan(60 * SECOND);
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-expired" });
    const kinds = () => eventsFor(id).map(({ data }) => data.kind ?? data.reason);
    await until("both events", () => kinds().filter((kind) => kind === "certificate-expired").length === 2);
    expect((await view(id)).online).toBe(false);
  });
});

describe("The interval", () => {
  async function change(id: string, protocol: string, action: string, payload: unknown, answer: unknown) {
    const station = await booted(id, protocol);
    const asked = kerbside.command(id, action, payload);
    station.send([3, (await station.next())[1], answer]);
    expect((await asked).body.state).toBe("result");
    return station;
  }

  test.each<[string, string, string, unknown, unknown, number]>([
    [
      "HeartbeatInterval",
      "ocpp1.6",
      "ChangeConfiguration",
      { key: "HeartbeatInterval", value: "3600" },
      { status: "Accepted" },
      3600,
    ],
    [
      "HeartBeatInterval",
      "ocpp1.6",
      "ChangeConfiguration",
      { key: "HeartBeatInterval", value: "900" },
      { status: "Accepted" },
      900,
    ],
    [
      "that is rejected",
      "ocpp1.6",
      "ChangeConfiguration",
      { key: "HeartbeatInterval", value: "900" },
      { status: "Rejected" },
      300,
    ],
    [
      "that waits for a reboot",
      "ocpp1.6",
      "ChangeConfiguration",
      { key: "HeartbeatInterval", value: "900" },
      { status: "RebootRequired" },
      300,
    ],
    [
      "of another name",
      "ocpp1.6",
      "ChangeConfiguration",
      { key: "MeterValueSampleInterval", value: "900" },
      { status: "Accepted" },
      300,
    ],
    ["of 2.0.1", "ocpp2.0.1", "SetVariables", setVariables("3600"), variableResult("Accepted"), 3600],
    ["of 2.1 that is rejected", "ocpp2.1", "SetVariables", setVariables("3600"), variableResult("Rejected"), 300],
    [
      "of 2.1 by another name",
      "ocpp2.1",
      "SetVariables",
      setVariables("3600", "X"),
      variableResult("Accepted", "X"),
      300,
    ],
  ])("is learnt from what a station accepts: %s %s", async (name, protocol, action, payload, answer, seconds) => {
    const id = `LEARN-${name.replaceAll(" ", "-")}`;
    const station = await change(id, protocol, action, payload, answer);
    const heardAt = await clock.forward(0);
    await sleep(id);
    expect((await view(id)).boot.intervalSeconds).toBe(seconds);
    const { askedAt } = await alarmsUntilProbe(id, station);
    expect(askedAt - heardAt).toBeGreaterThan((2 * seconds + 5) * SECOND);
    expect(askedAt - heardAt).toBeLessThan((2 * seconds + 60) * SECOND);
  });

  test("that was learnt holds until the next boot says another", async () => {
    const payload = { key: "HeartbeatInterval", value: "3600" };
    const station = await change("REBOOT", "ocpp1.6", "ChangeConfiguration", payload, { status: "Accepted" });
    boot = { status: "Accepted", interval: 120 };
    await station.call("BootNotification", BOOT_16);
    expect((await view("REBOOT")).boot.intervalSeconds).toBe(120);
  });

  test("that shrinks brings the next look nearer", async () => {
    boot = { status: "Accepted", interval: 86_400 };
    const payload = { key: "HeartbeatInterval", value: "60" };
    await change("SHRUNK", "ocpp1.6", "ChangeConfiguration", payload, { status: "Accepted" });
    const now = await clock.forward(0);
    await until(
      "the alarm",
      async () => ((await clock.alarmAt("SHRUNK")) ?? Number.POSITIVE_INFINITY) <= now + 140_000,
    );
  });

  test.each([
    [4_294_967_295, 86_400],
    [0, 300],
    [-5, 300],
  ])("of %i is told to the station as it is, and reckoned with as %i s", async (interval, seconds) => {
    boot = { status: "Accepted", interval };
    const id = `INTERVAL-${interval}`;
    const station = await booted(id);
    const heardAt = await clock.forward(0);
    const { askedAt } = await alarmsUntilProbe(id, station);
    expect(askedAt - heardAt).toBeGreaterThan((2 * seconds + 5) * SECOND);
    expect(askedAt - heardAt).toBeLessThan((2 * seconds + 60) * SECOND);
  });

  test.each<[string, number, string, number]>([
    ["above it", 300, "Accepted", 60],
    ["below it", 30, "Accepted", 30],
    ["that is the station's choice", 0, "Accepted", 60],
    ["of a boot that is Pending", 300, "Pending", 300],
    ["of a boot that is Rejected", 300, "Rejected", 300],
  ])("has the registration's ceiling: one %s", async (name, interval, status, told) => {
    const id = `CEILING-${name.replaceAll(/\W/g, "-")}`;
    boot = { status, interval };
    const station = await kerbside.station(id, {}, { heartbeatIntervalSeconds: 60 });
    expect((await station.call("BootNotification", BOOT_16))[2]).toMatchObject({ status, interval: told });
    expect(await view(id)).toMatchObject({ heartbeatIntervalSeconds: 60, boot: { intervalSeconds: told } });
    await until("the event", () => eventsFor(id).some(({ type }) => type === "ocpp.call"));
    expect(eventsFor(id).find(({ type }) => type === "ocpp.call").data.answer.interval).toBe(told);
  });
});
