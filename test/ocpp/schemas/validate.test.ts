// Shows that every message of the three versions has valid and invalid payloads told apart, with the right code and path.
// It must not look into the checks: only payloads go in and faults come out.

import { describe, expect, it } from "vitest";
import { PROTOCOLS } from "../../../src/ocpp/protocol.ts";
import { actionsOf, faultCode, hasAction, MAX_FAULTS, validate } from "../../../src/ocpp/schemas/validate.ts";
import { everyMessage, invalidPayloads, seeded, validPayload } from "../../support/ocpp-samples.ts";

describe.each(PROTOCOLS)("the messages of %s", (protocol) => {
  const messages = everyMessage.filter((it) => it.protocol === protocol);

  it("are all known, and no others", () => {
    expect(actionsOf(protocol).sort()).toEqual([...new Set(messages.map((it) => it.action))].sort());
    for (const { action, direction } of messages) expect(hasAction(protocol, action, direction)).toBe(true);
  });

  it("accept a payload with all and with some of their properties", () => {
    const rng = seeded(1);
    for (const { action, direction } of messages) {
      for (const extent of ["full", "some", "some"] as const) {
        const payload = validPayload(protocol, action, direction, rng, extent);
        expect(validate(protocol, action, direction, payload), `${action} ${JSON.stringify(payload)}`).toEqual([]);
      }
    }
  });

  it("refuse at least three broken payloads each, with the code and the path of the fault", () => {
    const rng = seeded(2);
    for (const { action, direction } of messages) {
      const cases = invalidPayloads(protocol, action, direction, rng);
      expect(cases.length, `${action} ${direction}`).toBeGreaterThanOrEqual(3);
      for (const { payload, keyword, path, code } of cases) {
        const faults = validate(protocol, action, direction, payload);
        const seen = faults.map((fault) => ({ ...fault, code: faultCode(protocol, fault) }));
        expect(seen, `${action} ${direction}`).toEqual([{ keyword, path, code, message: expect.any(String) }]);
      }
    }
  });

  it("are never changed by being checked", () => {
    const rng = seeded(3);
    for (const { action, direction } of messages) {
      for (const { payload } of invalidPayloads(protocol, action, direction, rng)) {
        const before = JSON.stringify(payload);
        validate(protocol, action, direction, payload, MAX_FAULTS);
        expect(JSON.stringify(payload)).toBe(before);
      }
    }
  });
});

describe("validate", () => {
  it("counts the actions of the catalogue: 39, 64 and 91", () => {
    expect(PROTOCOLS.map((it) => actionsOf(it).length)).toEqual([91, 64, 39]);
  });

  it("answers an action outside of the version with NotImplemented", () => {
    for (const action of ["TransactionEvent", "constructor", "__proto__", "", "heartbeat"]) {
      const [fault] = validate("ocpp1.6", action, "request", {});
      expect(hasAction("ocpp1.6", action)).toBe(false);
      expect(fault && faultCode("ocpp1.6", fault)).toBe("NotImplemented");
    }
  });

  it("knows no answer to NotifyPeriodicEventStream", () => {
    expect(hasAction("ocpp2.1", "NotifyPeriodicEventStream")).toBe(true);
    expect(hasAction("ocpp2.1", "NotifyPeriodicEventStream", "response")).toBe(false);
  });

  it("takes null for no payload", () => {
    expect(validate("ocpp1.6", "Heartbeat", "request", null)).toEqual([]);
    expect(validate("ocpp1.6", "Authorize", "request", null)).toMatchObject([{ path: "/idTag", keyword: "required" }]);
  });

  it("names one fault to a station and all of them, up to a bound, to an API caller", () => {
    const payload = { connectorId: "1", status: "Gone", errorCode: 5, extra: true };
    expect(validate("ocpp1.6", "StatusNotification", "request", payload)).toHaveLength(1);
    expect(validate("ocpp1.6", "StatusNotification", "request", payload, MAX_FAULTS)).toEqual([
      { path: "/extra", keyword: "additionalProperties", message: "is not a property of this message" },
      { path: "/connectorId", keyword: "type", message: "must be an integer" },
      { path: "/errorCode", keyword: "type", message: "must be a string" },
      { path: "/status", keyword: "enum", message: "must be one of the values OCPP lists" },
    ]);
    const many = { connectorId: 1, meterValue: Array.from({ length: 500 }, () => ({})) };
    expect(validate("ocpp1.6", "MeterValues", "request", many, MAX_FAULTS)).toHaveLength(MAX_FAULTS);
  });

  it("counts characters, not UTF-16 units", () => {
    expect(validate("ocpp1.6", "Authorize", "request", { idTag: "🔌".repeat(20) })).toEqual([]);
    expect(validate("ocpp1.6", "Authorize", "request", { idTag: "🔌".repeat(21) })).toHaveLength(1);
  });

  it("takes 21.4 for a multiple of 0.1, and both Celcius and Celsius for a unit", () => {
    const period = { startPeriod: 0, limit: 21.4 };
    const chargingSchedule = { chargingRateUnit: "A", chargingSchedulePeriod: [period] };
    const answer = { status: "Accepted", chargingSchedule };
    expect(validate("ocpp1.6", "GetCompositeSchedule", "response", answer)).toEqual([]);
    period.limit = 21.45;
    expect(validate("ocpp1.6", "GetCompositeSchedule", "response", answer)).toMatchObject([{ keyword: "multipleOf" }]);
    for (const unit of ["Celcius", "Celsius"]) {
      const meterValue = [{ timestamp: "2026-11-23T12:00:00+03", sampledValue: [{ value: "1", unit }] }];
      expect(validate("ocpp1.6", "MeterValues", "request", { connectorId: 1, meterValue })).toEqual([]);
    }
  });
});
