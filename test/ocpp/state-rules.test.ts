import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Protocol } from "../../src/ocpp/protocol.ts";
import { eventsOf, HttpPeer, type Received, type Reply, SECRET, type TestEvent, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X, STATUS_16, type TestStation } from "../support/test-station.ts";

let kerbside: Kerbside;
let receiver: HttpPeer;
let csms: HttpPeer;
beforeAll(async () => {
  csms = await HttpPeer.start();
  kerbside = await startKerbside({ CSMS_URL: csms.url });
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
  await csms?.stop();
});

let bootStatus = "Accepted";
const payloadFor = (action: string): unknown => {
  const currentTime = new Date().toISOString();
  if (action === "BootNotification") return { status: bootStatus, interval: 60, currentTime };
  return { idTagInfo: { status: "Accepted" } };
};
const answerAll = ({ body }: Received): Reply => ({ body: { payload: payloadFor(JSON.parse(body).action) } });
beforeEach(() => {
  bootStatus = "Accepted";
  csms.reply = answerAll;
});

const REPORT = { requestId: 1, generatedAt: "2026-11-23T12:00:00Z", seqNo: 0 };
const STATUS_2X = { timestamp: "2026-11-23T12:00:00Z", connectorStatus: "Available", evseId: 1, connectorId: 1 };
const calls = (id: string): TestEvent[] =>
  eventsOf(receiver).filter(({ subject, type }) => subject === id && type === "ocpp.call");

/** An object is evicted once its deliveries are done: workerd stalls both for 15 s otherwise. */
async function sleep(id: string): Promise<void> {
  await until("quiet", async () => (await kerbside.api("GET", `/v1/stations/${id}`)).body.queue.events === 0);
  await kerbside.edge.evict(id);
}

async function booted(id: string, protocol: Protocol, status: string): Promise<TestStation> {
  bootStatus = status;
  const station = await kerbside.station(id, { protocols: [protocol] });
  const boot = await station.call("BootNotification", protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X);
  expect(boot[2].status).toBe(status);
  return station;
}

async function expectTooEarly(station: TestStation, action: string, payload: unknown, status: string): Promise<void> {
  const [type, , code, description] = await station.call(action, payload);
  expect([type, code]).toEqual([4, "SecurityError"]);
  expect(description).toContain(status);
}

describe.each(["ocpp2.0.1", "ocpp2.1"] as const)("in %s a station whose boot is not accepted", (protocol) => {
  const short = protocol.replace(/\W/g, "");

  test.each(["Pending", "Rejected"])(
    "gets SecurityError for any other CALL while %s, also after sleep and reconnect",
    async (status) => {
      const id = `EARLY-${status}-${short}`;
      const station = await booted(id, protocol, status);
      await expectTooEarly(station, "Heartbeat", {}, status);
      await expectTooEarly(station, "StatusNotification", STATUS_2X, status);
      await sleep(id);
      await expectTooEarly(station, "NotifyReport", REPORT, status);
      station.kill();
      const again = await kerbside.station(id, { protocols: [protocol] });
      await expectTooEarly(again, "Heartbeat", {}, status);
      await sleep(id);
      await expectTooEarly(again, "StatusNotification", STATUS_2X, status);
      bootStatus = "Accepted";
      expect((await again.call("BootNotification", BOOT_2X))[2].status).toBe("Accepted");
      expect((await again.call("StatusNotification", STATUS_2X))[0]).toBe(3);
      const isCall = ({ data }: TestEvent) => data.action === "StatusNotification";
      await until("the event", () => calls(id).some(isCall));
      expect(calls(id).map(({ data }) => data.action)).toEqual([
        "BootNotification",
        "BootNotification",
        "StatusNotification",
      ]);
    },
  );

  test.each([
    ["TriggerMessage", { requestedMessage: "StatusNotification" }, "StatusNotification", STATUS_2X],
    ["TriggerMessage", { requestedMessage: "Heartbeat" }, "Heartbeat", {}],
    ["TriggerMessage", { requestedMessage: "SignV2GCertificate" }, "SignCertificate", { csr: "csr" }],
    ["GetBaseReport", { requestId: 1, reportBase: "FullInventory" }, "NotifyReport", REPORT],
    ["GetReport", { requestId: 1 }, "NotifyReport", REPORT],
  ])("is heard where %s %j asked for %s", async (command, payload, action, answer) => {
    csms.reply = (received) => {
      const { action } = JSON.parse(received.body);
      return action === "SignCertificate" ? { body: { payload: { status: "Accepted" } } } : answerAll(received);
    };
    const id = `ASKED-${command}-${action}-${short}`;
    const station = await booted(id, protocol, "Pending");
    await expectTooEarly(station, action, answer, "Pending");
    station.answerCalls(() => ({ status: "Accepted" }));
    expect((await kerbside.command(id, command, payload)).body.state).toBe("result");
    expect((await station.call(action, answer))[0]).toBe(3);
    await sleep(id);
    expect((await station.call(action, answer))[0]).toBe(3);
    await expectTooEarly(station, "FirmwareStatusNotification", { status: "Idle" }, "Pending");
    // [B03.FR.07] Rejected closes what Pending had opened.
    bootStatus = "Rejected";
    await station.call("BootNotification", BOOT_2X);
    await expectTooEarly(station, action, answer, "Rejected");
  });
});

test("a SEND before the boot is accepted is not kept", async () => {
  const station = await booted("EARLY-SEND", "ocpp2.1", "Pending");
  const stream = { id: 1, pending: 0, basetime: "2026-11-23T12:00:00Z", data: [{ t: 0, v: "1" }] };
  station.send([6, "early", "NotifyPeriodicEventStream", stream]);
  bootStatus = "Accepted";
  await station.call("BootNotification", BOOT_2X);
  station.send([6, "timely", "NotifyPeriodicEventStream", stream]);
  await until("the event", () => calls("EARLY-SEND").some(({ data }) => data.messageId === "timely"));
  expect(calls("EARLY-SEND").map(({ data }) => data.messageId)).not.toContain("early");
});

test.each(["Pending", "Rejected"])(
  "in 1.6 a station whose boot is %s is heard [1.6 errata 3.10 recommends otherwise]",
  async (status) => {
    const station = await booted(`EARLY-16-${status}`, "ocpp1.6", status);
    expect((await station.call("StatusNotification", STATUS_16))[0]).toBe(3);
    expect((await station.call("Authorize", { idTag: "A" }))[0]).toBe(3);
  },
);

test.each(["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const)(
  "in %s a station that never booted here is heard: reconnecting is not booting",
  async (protocol) => {
    const station = await kerbside.station(`NEVER-${protocol}`, { protocols: [protocol] });
    const status = protocol === "ocpp1.6" ? STATUS_16 : STATUS_2X;
    expect((await station.call("StatusNotification", status))[0]).toBe(3);
  },
);

test("an accepted station need not boot again after a reconnect, and is still accepted", async () => {
  const station = await booted("REBORN", "ocpp2.0.1", "Accepted");
  station.kill();
  const again = await kerbside.station("REBORN", { protocols: ["ocpp2.0.1"] });
  expect((await again.call("StatusNotification", STATUS_2X))[0]).toBe(3);
  expect((await kerbside.api("GET", "/v1/stations/REBORN")).body.boot.status).toBe("Accepted");
});
