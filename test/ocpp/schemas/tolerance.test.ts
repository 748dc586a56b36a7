// Shows which deviations lenient checks let pass, that each is named, and that decisions, identifiers and required facts stay strict.
// It must not know how a deviation is recognised.

import { describe, expect, it } from "vitest";
import { PROTOCOLS, type Protocol } from "../../../src/ocpp/protocol.ts";
import { DEVIATIONS, type DeviationKind } from "../../../src/ocpp/schemas/tolerance.ts";
import { checkLenient, MAX_FAULTS, validate } from "../../../src/ocpp/schemas/validate.ts";
import { everyMessage, invalidPayloads, seeded, validPayload } from "../../support/ocpp-samples.ts";

const timestamp = "2026-11-23T12:00:00Z";
const boot16 = { chargePointVendor: "Vendor", chargePointModel: "Model" };
const boot2x = { reason: "PowerUp", chargingStation: { vendorName: "Vendor", model: "Model" } };
const status16 = { connectorId: 1, errorCode: "NoError", status: "Available" };
const start = { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp };
const meter = (sample: unknown) => ({ connectorId: 1, meterValue: [{ timestamp, sampledValue: [sample] }] });
const sample = "/meterValue/0/sampledValue";

interface Case {
  readonly title: string;
  readonly protocol: Protocol;
  readonly action: string;
  readonly payload: unknown;
  readonly kind?: DeviationKind;
  readonly path: string;
}

function on(
  protocol: Protocol,
  action: string,
  title: string,
  payload: unknown,
  path: string,
  kind?: DeviationKind,
): Case {
  return { title, protocol, action, payload, path, ...(kind && { kind }) };
}

const passing: Case[] = [
  on(
    "ocpp1.6",
    "StatusNotification",
    "a timestamp without a zone",
    { ...status16, timestamp: "2026-11-23T12:00:00" },
    "/timestamp",
    "zoneless-time",
  ),
  on("ocpp1.6", "StartTransaction", "no timestamp", { ...start, timestamp: undefined }, "/timestamp", "missing-time"),
  on("ocpp1.6", "StartTransaction", "a decimal", { ...start, meterStart: 0.5 }, "/meterStart", "decimal-meter"),
  on("ocpp1.6", "DataTransfer", "JSON for data", { vendorId: "v", data: [] }, "/data", "data-not-text"),
  on("ocpp1.6", "StatusNotification", "a code", { ...status16, errorCode: "E7" }, "/errorCode", "unknown-reason"),
  on("ocpp1.6", "StatusNotification", "Occupied", { ...status16, status: "Occupied" }, "/status", "old-status"),
  on(
    "ocpp1.6",
    "MeterValues",
    "a number for a sampled value",
    meter({ value: 230.1 }),
    `${sample}/0/value`,
    "number-as-text",
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    "one meter value outside a list",
    { connectorId: 1, meterValue: { timestamp, sampledValue: [] } },
    "/meterValue",
    "single-item",
  ),
  on(
    "ocpp2.0.1",
    "MeterValues",
    "empty samples",
    { evseId: 1, meterValue: [{ timestamp, sampledValue: [] }] },
    sample,
    "empty-array",
  ),
  on(
    "ocpp1.6",
    "GetInstalledCertificateIds",
    "an empty optional list",
    { status: "NotFound", certificateHashData: [] },
    "/certificateHashData",
    "empty-array",
  ),
  on(
    "ocpp1.6",
    "BootNotification",
    "a long serial number",
    { ...boot16, chargePointSerialNumber: "7".repeat(40) },
    "/chargePointSerialNumber",
    "over-long",
  ),
  on(
    "ocpp2.1",
    "BootNotification",
    "a long model",
    { ...boot2x, chargingStation: { vendorName: "V", model: "M".repeat(30) } },
    "/chargingStation/model",
    "over-long",
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    "an invented measurand",
    meter({ value: "1", measurand: "Request.Energy" }),
    `${sample}/0/measurand`,
    "unknown-enum",
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    "an invented unit",
    meter({ value: "50", unit: "Hz" }),
    `${sample}/0/unit`,
    "unknown-enum",
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    "an invented format",
    meter({ value: "50", format: "Cooked" }),
    `${sample}/0/format`,
    "unknown-enum",
  ),
  on(
    "ocpp2.0.1",
    "MeterValues",
    "an invented context",
    { evseId: 1, meterValue: [{ timestamp, sampledValue: [{ value: 1, context: "Now" }] }] },
    `${sample}/0/context`,
    "unknown-enum",
  ),
  on(
    "ocpp1.6",
    "StatusNotification",
    "an empty optional timestamp",
    { ...status16, timestamp: "" },
    "/timestamp",
    "empty-text",
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    'the text "null" for a phase',
    meter({ value: "1", phase: "null" }),
    `${sample}/0/phase`,
    "empty-text",
  ),
  on(
    "ocpp1.6",
    "StatusNotification",
    "null in an optional property",
    { ...status16, info: null },
    "/info",
    "null-property",
  ),
  on(
    "ocpp2.1",
    "StatusNotification",
    "an extra property",
    { timestamp, connectorStatus: "Available", evseId: 1, connectorId: 1, "a/b": [{}] },
    "/a~1b",
    "unknown-property",
  ),
];

const certificate = { hashAlgorithm: "SHA256", issuerNameHash: "a", issuerKeyHash: "b", serialNumber: "7".repeat(41) };

const refused: Case[] = [
  on(
    "ocpp1.6",
    "StatusNotification",
    "a time that is none",
    { ...status16, timestamp: "2026-11-31T12:00:00" },
    "/timestamp",
  ),
  on("ocpp1.6", "StatusNotification", "a date alone", { ...status16, timestamp: "2026-11-23" }, "/timestamp"),
  on("ocpp1.6", "StatusNotification", "an invented status", { ...status16, status: "Odd" }, "/status"),
  on("ocpp1.6", "StatusNotification", "no errorCode", { connectorId: 1, status: "Available" }, "/errorCode"),
  on("ocpp1.6", "StartTransaction", "no meterStart", { ...start, meterStart: undefined }, "/meterStart"),
  on("ocpp1.6", "StartTransaction", "a text for meterStart", { ...start, meterStart: "1" }, "/meterStart"),
  on("ocpp1.6", "StartTransaction", "a decimal connectorId", { ...start, connectorId: 1.5 }, "/connectorId"),
  on("ocpp1.6", "DataTransfer", "a number for data", { vendorId: "v", data: 1 }, "/data"),
  on(
    "ocpp1.6",
    "BootNotification",
    "a number for a serial number, whose zeros count",
    { ...boot16, iccid: 8.9e19 },
    "/iccid",
  ),
  on(
    "ocpp1.6",
    "GetInstalledCertificateIds",
    "a long serial number of a certificate",
    { status: "Accepted", certificateHashData: [certificate] },
    "/certificateHashData/0/serialNumber",
  ),
  on("ocpp1.6", "Authorize", "a number for an idTag, whose zeros count", { idTag: 123 }, "/idTag"),
  on("ocpp1.6", "Authorize", "a long idTag", { idTag: "7".repeat(21) }, "/idTag"),
  on("ocpp1.6", "StatusNotification", "an invented status", { ...status16, status: "Resting" }, "/status"),
  on("ocpp1.6", "StatusNotification", "null in a required property", { ...status16, status: null }, "/status"),
  on(
    "ocpp1.6",
    "StatusNotification",
    "a status outside of its type",
    { ...status16, connectorId: "1" },
    "/connectorId",
  ),
  on("ocpp1.6", "BootNotification", "no model", { chargePointVendor: "V" }, "/chargePointModel"),
  on(
    "ocpp1.6",
    "BootNotification",
    "a serial number beyond the bound",
    { ...boot16, chargePointSerialNumber: "7".repeat(101) },
    "/chargePointSerialNumber",
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    "a measurand beyond the bound",
    meter({ value: "1", measurand: "E".repeat(65) }),
    `${sample}/0/measurand`,
  ),
  on(
    "ocpp1.6",
    "MeterValues",
    "a fault inside a single meter value",
    { connectorId: 1, meterValue: { timestamp } },
    "/meterValue/sampledValue",
  ),
  on(
    "ocpp2.0.1",
    "MeterValues",
    "a text for a number",
    { evseId: 1, meterValue: [{ timestamp, sampledValue: [{ value: "1" }] }] },
    `${sample}/0/value`,
  ),
  on(
    "ocpp2.0.1",
    "NotifyDisplayMessages",
    "an invented message format",
    { requestId: 1, messageInfo: [{ id: 1, priority: "AlwaysFront", message: { format: "RTF", content: "c" } }] },
    "/messageInfo/0/message/format",
  ),
  on(
    "ocpp2.0.1",
    "NotifyReport",
    "an empty payload list inside",
    {
      requestId: 1,
      generatedAt: timestamp,
      seqNo: 0,
      reportData: [{ component: { name: "c" }, variable: { name: "v" }, variableAttribute: [] }],
    },
    "/reportData/0/variableAttribute",
  ),
];

function directionOf({ action }: Case): "request" | "response" {
  return action === "GetInstalledCertificateIds" ? "response" : "request";
}

describe("a lenient check", () => {
  it.each(passing)("lets pass $title ($protocol)", (it) => {
    const { protocol, action, payload, path, kind } = it;
    const before = JSON.stringify(payload);
    const { faults, deviations } = checkLenient(protocol, action, directionOf(it), payload);
    expect(faults).toEqual([]);
    expect(deviations).toEqual([{ path, kind, message: expect.any(String) }]);
    expect(JSON.stringify(payload)).toBe(before);
    expect(validate(protocol, action, directionOf(it), payload)).toHaveLength(1);
  });

  it.each(refused)("still refuses $title ($protocol)", (it) => {
    const { protocol, action, payload, path } = it;
    expect(checkLenient(protocol, action, directionOf(it), payload).faults).toMatchObject([{ path }]);
  });

  it("has a test for every deviation it lists", () => {
    // Of the frame, and of `forward`: shown where those are.
    const others = ["byte-order-mark", "trailing-nul", "forwarded"];
    expect(new Set([...passing.map((it) => it.kind), ...others])).toEqual(new Set(Object.keys(DEVIATIONS)));
  });

  it("needs no tolerance for a timestamp with the offset +03, or for empty free texts", () => {
    const payload = {
      ...status16,
      timestamp: "2026-11-23T12:00:00+03",
      info: "",
      vendorErrorCode: "null",
      vendorId: "",
    };
    expect(validate("ocpp1.6", "StatusNotification", "request", payload)).toEqual([]);
    expect(checkLenient("ocpp1.6", "StatusNotification", "request", payload)).toEqual({ faults: [], deviations: [] });
  });

  it("lists deviations beside faults, each up to the limit, and passes what is beyond it", () => {
    const both = { ...status16, info: null, vendorId: null, extra: 1, status: 1, errorCode: 2 };
    const { faults, deviations } = checkLenient("ocpp1.6", "StatusNotification", "request", both);
    expect(faults.map((it) => it.path)).toEqual(["/errorCode", "/status"]);
    expect(deviations.map((it) => it.path)).toEqual(["/extra", "/info", "/vendorId"]);
    const many = {
      ...meter({}),
      meterValue: Array.from({ length: 500 }, () => ({ timestamp, sampledValue: [], x: 1 })),
    };
    const seen = checkLenient("ocpp1.6", "MeterValues", "request", many);
    expect(seen.faults).toEqual([]);
    expect(seen.deviations).toHaveLength(MAX_FAULTS);
  });

  it("refuses nothing that a strict check takes, and takes nothing else without naming a deviation", () => {
    const rng = seeded(4);
    for (const protocol of PROTOCOLS) {
      for (const { action, direction } of everyMessage.filter((it) => it.protocol === protocol)) {
        const payload = validPayload(protocol, action, direction, rng);
        expect(checkLenient(protocol, action, direction, payload)).toEqual({ faults: [], deviations: [] });
        for (const { payload, path } of invalidPayloads(protocol, action, direction, rng)) {
          const { faults, deviations } = checkLenient(protocol, action, direction, payload);
          const paths = [...faults, ...deviations].map((it) => it.path);
          // One value outside a list is checked as its item, and may then be faulty itself.
          expect(paths.every((it) => it.startsWith(path)) && paths.length > 0, `${action} ${path} ${paths}`).toBe(true);
        }
      }
    }
  });
});
