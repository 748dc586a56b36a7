import { describe, expect, test } from "vitest";
import {
  EMPTY_STATUS,
  observe,
  observeCommand,
  observeVersion,
  type StationStatus,
} from "../../src/ocpp/station-status.ts";

const AT = Date.parse("2026-11-28T00:00:00Z");
const boot = (status: StationStatus, serial: string, answer: string): StationStatus => {
  const payload = { chargePointVendor: "V", chargePointModel: "M", chargePointSerialNumber: serial };
  return observe(status, "ocpp1.6", "BootNotification", payload, { payload: { status: answer, interval: 300 } }, AT);
};
const connector = (status: StationStatus): StationStatus => {
  const payload = { connectorId: 1, status: "Available", errorCode: "NoError" };
  return observe(status, "ocpp1.6", "StatusNotification", payload, { payload: {} }, AT);
};

describe("The connectors of a box", () => {
  const first = connector(boot(EMPTY_STATUS, "S1", "Accepted"));

  test("go once another one is accepted, though it was Pending before", () => {
    const pending = boot(first, "S2", "Pending");
    expect(pending.connectors).toHaveLength(1);
    const accepted = boot(pending, "S2", "Accepted");
    expect(accepted).toMatchObject({ connectors: [], boot: { serialNumber: "S2" } });
    expect(boot(connector(accepted), "S2", "Accepted").connectors).toHaveLength(1);
  });

  test("stay while another one is Rejected, and the first comes back", () => {
    const rejected = boot(first, "S2", "Rejected");
    expect(boot(rejected, "S1", "Accepted").connectors).toHaveLength(1);
  });

  test("are told apart also in what an older release kept", () => {
    const { hardware: _, ...kept } = first;
    expect(boot(kept, "S1", "Accepted").connectors).toHaveLength(1);
    expect(boot(kept, "S2", "Accepted").connectors).toHaveLength(0);
  });

  test("that an older release kept of two versions are those of the version that is spoken", () => {
    const mixed: StationStatus = {
      ...first,
      connectors: [...first.connectors, { evseId: 1, connectorId: 1, status: "Available" }],
    };
    expect(observeVersion(mixed, "ocpp1.6").connectors).toMatchObject([{ connectorId: 1, errorCode: "NoError" }]);
    expect(observeVersion(mixed, "ocpp2.1").connectors).toMatchObject([{ evseId: 1 }]);
    expect(observeVersion(first, "ocpp1.6")).toBe(first);
  });
});

test("A changed interval is that of an accepted station alone, and the same one changes nothing", () => {
  const change = (value: string) =>
    ["ChangeConfiguration", { key: "HeartbeatInterval", value }, { status: "Accepted" }] as const;
  const accepted = boot(EMPTY_STATUS, "S1", "Accepted");
  expect(observeCommand(accepted, ...change("900")).boot?.intervalSeconds).toBe(900);
  expect(observeCommand(accepted, ...change("300"))).toBe(accepted);
  const pending = boot(EMPTY_STATUS, "S1", "Pending");
  expect(observeCommand(pending, ...change("900"))).toBe(pending);
  expect(observeCommand(EMPTY_STATUS, ...change("900"))).toBe(EMPTY_STATUS);
});
