// Shows that payloads made to hurt (deep, huge, poisoned) are judged in bounded time and depth, strictly and leniently.
// It must not know how the checks are built.

import { describe, expect, it } from "vitest";
import { checkLenient, MAX_FAULTS, validate } from "../../../src/ocpp/schemas/validate.ts";
import { mutate } from "../../support/ocpp-mutations.ts";
import { everyMessage, seeded, validPayload } from "../../support/ocpp-samples.ts";

/** What is quadratic takes minutes, and the test runner ends it. */

function judge(action: string, payload: unknown) {
  const strict = validate("ocpp2.0.1", action, "request", payload);
  const all = validate("ocpp2.0.1", action, "request", payload, MAX_FAULTS);
  const lenient = checkLenient("ocpp2.0.1", action, "request", payload);
  expect(all.length).toBeLessThanOrEqual(MAX_FAULTS);
  expect(lenient.faults.length).toBeLessThanOrEqual(MAX_FAULTS);
  expect(lenient.deviations.length).toBeLessThanOrEqual(MAX_FAULTS);
  for (const { path } of [...all, ...lenient.deviations]) expect(path.length).toBeLessThan(500);
  return { strict, all, lenient };
}

describe("a hostile payload", () => {
  it("nested 100,000 levels deep is judged without descending", () => {
    const levels = 100_000;
    const arrays: unknown = JSON.parse("[".repeat(levels) + "]".repeat(levels));
    const objects: unknown = JSON.parse(`${'{"customData":'.repeat(levels)}{}${"}".repeat(levels)}`);
    expect(judge("Heartbeat", arrays).strict).toMatchObject([{ path: "", keyword: "type" }]);
    expect(judge("Heartbeat", objects).strict).toMatchObject([{ path: "/customData/vendorId", keyword: "required" }]);
    expect(judge("DataTransfer", { vendorId: "v", data: arrays }).strict).toEqual([]);
    expect(judge("MeterValues", { evseId: 1, meterValue: arrays }).strict).toMatchObject([{ path: "/meterValue/0" }]);
    expect(judge("MeterValues", { evseId: 1, meterValue: objects }).lenient.faults.length).toBeGreaterThan(0);
  });

  it("with a huge list is judged once through, or up to the first fault", () => {
    const timestamp = "2026-11-23T12:00:00Z";
    const sampledValue = Array.from({ length: 200_000 }, () => ({ value: 1, context: "Invented" }));
    const { strict, lenient } = judge("MeterValues", { evseId: 1, meterValue: [{ timestamp, sampledValue }] });
    expect(strict).toHaveLength(1);
    expect(lenient).toMatchObject({ faults: [], deviations: { length: MAX_FAULTS } });
  });

  it("with 200,000 unknown properties, or one with a name of a million characters, is refused", () => {
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`p${i}`, i]));
    expect(judge("Heartbeat", wide).strict).toMatchObject([{ path: "/p0", keyword: "additionalProperties" }]);
    judge("Heartbeat", { ["~/".repeat(500_000)]: 1 });
  });

  it("with texts of a megabyte is refused before the test's own deadline", () => {
    const long = "🔌".repeat(500_000);
    expect(judge("Authorize", { idToken: { idToken: long, type: "Local" } }).strict).toMatchObject([
      { keyword: "maxLength" },
    ]);
    for (const timestamp of ["t".repeat(1e6), `2026-11-23T12:00:00.${"0".repeat(1e6)}x`, "9".repeat(1e6)]) {
      const payload = { timestamp, connectorStatus: "Available", evseId: 1, connectorId: 1 };
      expect(judge("StatusNotification", payload).strict).toMatchObject([{ keyword: "format" }]);
    }
    for (const location of [
      `a:${"/a".repeat(5e5)} `,
      `http://${"a:".repeat(5e5)} `,
      `http://[${"1:".repeat(5e5)}`,
      `a:${"%".repeat(1e6)}`,
    ]) {
      expect(validate("ocpp1.6", "GetDiagnostics", "request", { location })).toMatchObject([{ keyword: "format" }]);
    }
  });

  it("with the names of an object's own machinery is refused for them, and inherits nothing", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "__defineGetter__"]) {
      const payload: unknown = JSON.parse(`{"${name}":{"idToken":{"idToken":"x","type":"Local"}}}`);
      expect(validate("ocpp2.1", "Authorize", "request", payload)).toMatchObject([{ path: "/idToken" }]);
      expect(validate("ocpp2.1", "Heartbeat", "request", payload)).toMatchObject([{ path: `/${name}` }]);
      const inside: unknown = JSON.parse(`{"status":"${name}"}`);
      expect(validate("ocpp1.6", "Reset", "response", inside)).toMatchObject([{ keyword: "enum" }]);
    }
  });

  it("is not read beyond its first fault when a station sent it", () => {
    const meterValue: unknown[] = [{}, {}];
    Object.defineProperty(meterValue, 1, { get: () => expect.unreachable("read on") });
    expect(validate("ocpp1.6", "MeterValues", "request", { connectorId: 1, meterValue })).toHaveLength(1);
  });

  it("with numbers that JSON cannot carry on is refused", () => {
    const values: unknown = JSON.parse('{"startPeriod":0,"limit":1e999}');
    const chargingSchedule = { chargingRateUnit: "A", chargingSchedulePeriod: [values] };
    const answer = validate("ocpp1.6", "GetCompositeSchedule", "response", { status: "Accepted", chargingSchedule });
    expect(answer).toMatchObject([{ path: "/chargingSchedule/chargingSchedulePeriod/0/limit", keyword: "type" }]);
    const payload: unknown = JSON.parse('{"evseId":1e999,"meterValue":[]}');
    expect(validate("ocpp2.1", "MeterValues", "request", payload)).toMatchObject([
      { path: "/evseId", keyword: "type" },
    ]);
  });

  it("of any other kind ends in a verdict: 20,000 mutations, none throws, none is changed", () => {
    const rng = seeded(5);
    for (let i = 0; i < 20_000; i++) {
      const { protocol, action, direction } = everyMessage[i % everyMessage.length] as (typeof everyMessage)[number];
      const payload = mutate(validPayload(protocol, action, direction, rng), rng);
      const before = JSON.stringify(payload);
      const strict = validate(protocol, action, direction, payload);
      const { faults, deviations } = checkLenient(protocol, action, direction, payload);
      expect(strict.length === 0).toBe(faults.length + deviations.length === 0);
      expect(JSON.stringify(payload)).toBe(before);
    }
  });
});
