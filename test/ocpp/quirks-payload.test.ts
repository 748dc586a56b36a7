import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Protocol } from "../../src/ocpp/protocol.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_2X, type TestStation } from "../support/test-station.ts";

// 7 to 14 of "What stations do wrong" in the OCPP facts.

let kerbside: Kerbside;
let receiver: HttpPeer;
const stations = new Map<string, TestStation>();
const keyOf = (protocol: Protocol, validation: string) => `${validation}-${protocol}`;
beforeAll(async () => {
  kerbside = await startKerbside();
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
  for (const protocol of ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] as const) {
    for (const validation of ["strict", "lenient"]) {
      const id = keyOf(protocol, validation);
      stations.set(id, await kerbside.station(id, { protocols: [protocol] }, { validation }));
    }
  }
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
});

const AT = "2026-11-23T12:00:00Z";
const meter16 = (meterValue: unknown) => ({ connectorId: 1, meterValue });
const sampled16 = (sampledValue: unknown) => meter16([{ timestamp: AT, sampledValue }]);
const meter2x = (sampledValue: unknown) => ({ evseId: 1, meterValue: [{ timestamp: AT, sampledValue }] });
const status16 = (more: unknown) => ({
  connectorId: 1,
  errorCode: "NoError",
  status: "Available",
  ...(more as object),
});
const boot16 = (more: unknown) => ({ chargePointVendor: "V", chargePointModel: "M", ...(more as object) });
const boot2x = (more: unknown) => ({
  ...BOOT_2X,
  chargingStation: { ...BOOT_2X.chargingStation, ...(more as object) },
});

const stop16 = { transactionId: 3, meterStop: 20, timestamp: AT };
const zonelessMeter = { evseId: 1, meterValue: [{ timestamp: "2026-11-23 12:00:00", sampledValue: [{ value: 1 }] }] };
const stopped2x = {
  ...{ eventType: "Ended", timestamp: AT, triggerReason: "EVDeparted", seqNo: 9 },
  transactionInfo: { transactionId: "t", stoppedReason: "CableGone" },
};

type Case = [name: string, Protocol, action: string, payload: unknown, code: string, path: string, kind: string];
const TYPE = "TypeConstraintViolation";
const PROPERTY = "PropertyConstraintViolation";
const OCCURRENCE = "OccurrenceConstraintViolation";
const CASES: Case[] = [
  [
    "7: a number where a string is required",
    ...(["ocpp1.6", "MeterValues", sampled16([{ value: 21.4 }]), TYPE] as const),
    ...(["/meterValue/0/sampledValue/0/value", "number-as-text"] as const),
  ],
  [
    "8: meterValue an object, not an array",
    ...(["ocpp1.6", "MeterValues", meter16({ timestamp: AT, sampledValue: [{ value: "1" }] }), TYPE] as const),
    ...(["/meterValue", "single-item"] as const),
  ],
  [
    "9: an empty sampledValue",
    ...(["ocpp2.0.1", "MeterValues", meter2x([]), OCCURRENCE, "/meterValue/0/sampledValue", "empty-array"] as const),
  ],
  [
    "11: an over-long serial number",
    ...(["ocpp1.6", "BootNotification", boot16({ chargePointSerialNumber: "7".repeat(50) }), PROPERTY] as const),
    ...(["/chargePointSerialNumber", "over-long"] as const),
  ],
  [
    "11: an over-long serial number",
    ...(["ocpp2.0.1", "BootNotification", boot2x({ serialNumber: "7".repeat(50) }), PROPERTY] as const),
    ...(["/chargingStation/serialNumber", "over-long"] as const),
  ],
  [
    "12: an invented measurand, Request.Energy",
    ...(["ocpp1.6", "MeterValues", sampled16([{ value: "1", measurand: "Request.Energy" }]), PROPERTY] as const),
    ...(["/meterValue/0/sampledValue/0/measurand", "unknown-enum"] as const),
  ],
  [
    "12: an invented unit, Hz",
    ...(["ocpp1.6", "MeterValues", sampled16([{ value: "50", unit: "Hz" }]), PROPERTY] as const),
    ...(["/meterValue/0/sampledValue/0/unit", "unknown-enum"] as const),
  ],
  [
    "12: an invented measurand, Request.Energy",
    ...(["ocpp2.1", "MeterValues", meter2x([{ value: 1, measurand: "Request.Energy" }]), PROPERTY] as const),
    ...(["/meterValue/0/sampledValue/0/measurand", "unknown-enum"] as const),
  ],
  [
    "13: the string null for a timestamp",
    ...([
      "ocpp1.6",
      "StatusNotification",
      status16({ timestamp: "null" }),
      PROPERTY,
      "/timestamp",
      "empty-text",
    ] as const),
  ],
  [
    "13: an empty timestamp",
    ...(["ocpp1.6", "StatusNotification", status16({ timestamp: "" }), PROPERTY, "/timestamp", "empty-text"] as const),
  ],
  [
    "14: null fields",
    ...(["ocpp1.6", "StatusNotification", status16({ info: null }), TYPE, "/info", "null-property"] as const),
  ],
  [
    "14: null fields",
    ...(["ocpp2.1", "BootNotification", boot2x({ modem: null }), TYPE] as const),
    ...(["/chargingStation/modem", "null-property"] as const),
  ],
  [
    "a timestamp without a zone (Growatt)",
    ...(["ocpp1.6", "StatusNotification", status16({ timestamp: "2026-11-23T12:00:00.5" }), PROPERTY] as const),
    ...(["/timestamp", "zoneless-time"] as const),
  ],
  [
    "a sample's timestamp without a zone",
    ...(["ocpp2.0.1", "MeterValues", zonelessMeter, PROPERTY, "/meterValue/0/timestamp", "zoneless-time"] as const),
  ],
  [
    "DataTransfer's data as JSON",
    ...(["ocpp1.6", "DataTransfer", { vendorId: "v", data: { a: [1] } }, TYPE, "/data", "data-not-text"] as const),
  ],
  [
    "StartTransaction without a timestamp",
    ...(["ocpp1.6", "StartTransaction", { connectorId: 1, idTag: "A", meterStart: 0 }] as const),
    ...(["OccurenceConstraintViolation", "/timestamp", "missing-time"] as const),
  ],
  [
    "StopTransaction without a timestamp",
    ...(["ocpp1.6", "StopTransaction", { transactionId: 2, meterStop: 10 }] as const),
    ...(["OccurenceConstraintViolation", "/timestamp", "missing-time"] as const),
  ],
  [
    "a decimal meterStart",
    ...(["ocpp1.6", "StartTransaction", { connectorId: 1, idTag: "A", meterStart: 0.5, timestamp: AT }] as const),
    ...([TYPE, "/meterStart", "decimal-meter"] as const),
  ],
  [
    "a decimal meterStop",
    ...(["ocpp1.6", "StopTransaction", { transactionId: 1, meterStop: 10.25, timestamp: AT }] as const),
    ...([TYPE, "/meterStop", "decimal-meter"] as const),
  ],
  [
    "errorCode Error",
    ...(["ocpp1.6", "StatusNotification", status16({ errorCode: "Error" }), PROPERTY] as const),
    ...(["/errorCode", "unknown-reason"] as const),
  ],
  [
    "status Occupied, of OCPP 1.5",
    ...(["ocpp1.6", "StatusNotification", status16({ status: "Occupied" }), PROPERTY] as const),
    ...(["/status", "old-status"] as const),
  ],
  [
    "a reason in free text",
    ...(["ocpp1.6", "StopTransaction", { ...stop16, reason: "stopped by app" }, PROPERTY] as const),
    ...(["/reason", "unknown-reason"] as const),
  ],
  [
    "a boot reason in free text",
    ...(["ocpp2.0.1", "BootNotification", { ...BOOT_2X, reason: "Brownout" }, PROPERTY] as const),
    ...(["/reason", "unknown-reason"] as const),
  ],
  [
    "an invented stoppedReason",
    ...(["ocpp2.1", "TransactionEvent", stopped2x, PROPERTY] as const),
    ...(["/transactionInfo/stoppedReason", "unknown-reason"] as const),
  ],
  [
    "extra properties [1.6 errata 3.2]",
    ...(["ocpp1.6", "StatusNotification", status16({ colour: "red" }), "FormationViolation", "/colour"] as const),
    "unknown-property",
  ],
];

describe("a payload that deviates", () => {
  test.each(CASES)(
    "%s (%s): strict refuses it, and the station goes on",
    async (_, protocol, action, payload, code, path) => {
      const station = stations.get(keyOf(protocol, "strict")) as TestStation;
      const [type, , given, description] = await station.call(action, payload);
      expect([type, given]).toEqual([4, code]);
      expect(description.startsWith(`${path}: `), description).toBe(true);
      expect((await station.call("Heartbeat"))[0]).toBe(3);
    },
  );

  test.each(CASES)(
    "%s (%s): lenient passes it unchanged, and its event says so",
    async (_, protocol, action, payload, _code, path, kind) => {
      const id = keyOf(protocol, "lenient");
      const messageId = `lenient-${CASES.findIndex(([, , , it]) => it === payload)}`;
      const answer = await (stations.get(id) as TestStation).call(action, payload, messageId);
      expect(answer[0], JSON.stringify(answer)).toBe(3);
      const event = await until("the event", () =>
        eventsOf(receiver).find(({ subject, data }) => subject === id && data.messageId === messageId),
      );
      expect(event.data.payload).toEqual(payload);
      expect(event.data.deviations).toEqual([{ path, kind, message: expect.any(String) }]);
    },
  );
});

describe.each(["strict", "lenient"])("what OCPP itself allows passes without a deviation when %s", (validation) => {
  test.each<[string, Protocol, string, unknown]>([
    ["9: an empty sampledValue in 1.6, whose schema has no minItems", "ocpp1.6", "MeterValues", sampled16([])],
    ["10: the offset +03", "ocpp1.6", "StatusNotification", status16({ timestamp: "2026-11-23T12:00:00+03" })],
    ["10: the offset +0300", "ocpp1.6", "StatusNotification", status16({ timestamp: "2026-11-23T12:00:00+0300" })],
    [
      "13: empty info and vendorErrorCode",
      "ocpp1.6",
      "StatusNotification",
      status16({ info: "", vendorErrorCode: "" }),
    ],
    ['13: empty iccid, "null" for imsi', "ocpp1.6", "BootNotification", boot16({ iccid: "", imsi: "null" })],
    ["13: empty iccid and imsi", "ocpp2.0.1", "BootNotification", boot2x({ modem: { iccid: "", imsi: "" } })],
    ["Celcius", "ocpp1.6", "MeterValues", sampled16([{ value: "21.4", unit: "Celcius" }])],
    ["Celsius", "ocpp1.6", "MeterValues", sampled16([{ value: "21.4", unit: "Celsius" }])],
  ])("%s", async (name, protocol, action, payload) => {
    const id = keyOf(protocol, validation);
    const messageId = name.slice(0, 36);
    expect((await (stations.get(id) as TestStation).call(action, payload, messageId))[0]).toBe(3);
    const event = await until("the event", () =>
      eventsOf(receiver).find(({ subject, data }) => subject === id && data.messageId === messageId),
    );
    expect(event.data.payload).toEqual(payload);
    expect(event.data).not.toHaveProperty("deviations");
  });
});

test("a CALLRESULT that deviates settles its command as `error` when strict, and passes with its deviations when lenient", async () => {
  const answer = { status: "Accepted", colour: "red" };
  for (const validation of ["strict", "lenient"]) {
    const id = keyOf("ocpp1.6", validation);
    const station = stations.get(id) as TestStation;
    const pending = kerbside.command(id, "ClearCache", {});
    const [, messageId] = await station.next();
    station.send([3, messageId, answer]);
    const { body } = await pending;
    if (validation === "strict") {
      expect(body).toMatchObject({
        state: "error",
        error: { code: "FormationViolation", details: { received: answer } },
      });
    } else {
      expect(body).toMatchObject({ state: "result", payload: answer });
      expect(body.deviations).toEqual([{ path: "/colour", kind: "unknown-property", message: expect.any(String) }]);
    }
  }
});

test("what is wrong in the meaning is refused when lenient too", async () => {
  const station = stations.get(keyOf("ocpp1.6", "lenient")) as TestStation;
  expect((await station.call("Authorize", { idTag: 7 }))[2]).toBe(TYPE);
  expect((await station.call("StatusNotification", status16({ status: "Odd" })))[2]).toBe(PROPERTY);
  expect((await station.call("MeterValues", sampled16("none")))[2]).toBe(TYPE);
  expect((await station.call("Heartbeat"))[0]).toBe(3);
});
