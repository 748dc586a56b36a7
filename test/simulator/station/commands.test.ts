import { describe, expect, test } from "vitest";
import { csmsActions } from "../../../src/ocpp/actions.ts";
import { PROTOCOLS, type Protocol } from "../../../src/ocpp/protocol.ts";
import { validate } from "../../../src/ocpp/schemas/validate.ts";
import type { StationView } from "../../../src/simulator/station/command.ts";
import { answerCommand } from "../../../src/simulator/station/command-answers.ts";
import { seeded, validPayload } from "../../support/ocpp-samples.ts";

const IDLE: StationView = {
  model: "Simulator",
  vendor: "Kerbside",
  serialNumber: "SIM-00001",
  heartbeatSeconds: 300,
  meterIntervalSeconds: 15,
  status: "Available",
  isOperative: true,
  transactionId: null,
};
const charging = (transactionId: string | number): StationView => ({ ...IDLE, status: "Charging", transactionId });

const ask = (protocol: Protocol, action: string, payload = {}, view = IDLE) =>
  answerCommand(protocol, { type: "call", messageId: "1", action, payload }, view);

test("Every command of every version, with whatever legal payload, gets a legal answer or NotSupported", () => {
  const rng = seeded(5);
  let answered = 0;
  for (const protocol of PROTOCOLS) {
    for (const action of csmsActions(protocol)) {
      for (const view of [IDLE, charging(7), charging("tx")]) {
        const payload = validPayload(protocol, action, "request", rng);
        expect(validate(protocol, action, "request", payload)).toEqual([]);
        const answer = ask(protocol, action, payload, view);
        if ("fault" in answer) expect(answer.fault).toBe("not-supported");
        else {
          expect([protocol, action, validate(protocol, action, "response", answer.payload)]).toEqual([
            protocol,
            action,
            [],
          ]);
          answered++;
        }
      }
    }
  }
  expect(answered).toBeGreaterThan(100);
});

test("What the version has no command for is not implemented", () => {
  expect(ask("ocpp1.6", "GetVariables")).toMatchObject({ fault: "not-implemented" });
  expect(ask("ocpp2.1", "Heartbeat")).toMatchObject({ fault: "not-implemented" });
});

describe("OCPP 1.6", () => {
  const protocol = "ocpp1.6";

  test("A remote start is accepted by a free station alone, a remote stop for its transaction alone", () => {
    const start = (view: StationView) => ask(protocol, "RemoteStartTransaction", { idTag: "A" }, view);
    expect(start(IDLE)).toEqual({
      payload: { status: "Accepted" },
      deeds: [{ kind: "startTransaction", idToken: "A", remoteStartId: null }],
    });
    for (const view of [charging(7), { ...IDLE, isOperative: false }, { ...IDLE, status: "Unavailable" as const }]) {
      expect(start(view)).toMatchObject({ payload: { status: "Rejected" }, deeds: [] });
    }
    const stop = (transactionId: number) => ask(protocol, "RemoteStopTransaction", { transactionId }, charging(7));
    expect(stop(7)).toMatchObject({ payload: { status: "Accepted" }, deeds: [{ kind: "stopTransaction" }] });
    expect(stop(8)).toMatchObject({ payload: { status: "Rejected" }, deeds: [] });
  });

  test("GetConfiguration names what it knows and what it does not", () => {
    expect(ask(protocol, "GetConfiguration", { key: ["HeartbeatInterval", "Nonsense"] })).toMatchObject({
      payload: {
        configurationKey: [{ key: "HeartbeatInterval", readonly: false, value: "300" }],
        unknownKey: ["Nonsense"],
      },
    });
    const { payload } = ask(protocol, "GetConfiguration") as { payload: { configurationKey: unknown[] } };
    expect(payload.configurationKey.length).toBeGreaterThan(5);
  });

  test.each([
    ["HeartbeatInterval", "60", "Accepted", 1],
    ["HeartbeatInterval", "soon", "Rejected", 0],
    ["NumberOfConnectors", "2", "Rejected", 0],
    ["constructor", "1", "NotSupported", 0],
  ])("ChangeConfiguration %s = %s is %s", (key, value, status, deeds) => {
    const answer = ask(protocol, "ChangeConfiguration", { key, value });
    expect(answer).toMatchObject({ payload: { status } });
    expect("payload" in answer && answer.deeds?.length).toBe(deeds);
  });

  test("Availability during a transaction is scheduled", () => {
    const change = (view: StationView) =>
      ask(protocol, "ChangeAvailability", { connectorId: 0, type: "Inoperative" }, view);
    expect(change(IDLE)).toMatchObject({ payload: { status: "Accepted" } });
    expect(change(charging(7))).toMatchObject({ payload: { status: "Scheduled" } });
  });

  test("A trigger is done or NotImplemented", () => {
    const trigger = (requestedMessage: string) => ask(protocol, "TriggerMessage", { requestedMessage });
    expect(trigger("BootNotification")).toMatchObject({ deeds: [{ kind: "trigger", action: "BootNotification" }] });
    expect(trigger("DiagnosticsStatusNotification")).toMatchObject({ payload: { status: "NotImplemented" } });
  });
});

describe.each(["ocpp2.0.1", "ocpp2.1"] as const)("%s", (protocol) => {
  test("A reset on idle waits for the transaction, an immediate one does not", () => {
    const reset = (type: string, view: StationView) => ask(protocol, "Reset", { type }, view);
    expect(reset("OnIdle", charging("tx"))).toMatchObject({
      payload: { status: "Scheduled" },
      deeds: [{ kind: "reset", whenIdle: true }],
    });
    for (const [type, view] of [
      ["OnIdle", IDLE],
      ["Immediate", charging("tx")],
    ] as const) {
      expect(reset(type, view)).toMatchObject({
        payload: { status: "Accepted" },
        deeds: [{ kind: "reset", whenIdle: false }],
      });
    }
  });

  test("An accepted station refuses to be triggered to boot, and an idle one to tell of a transaction", () => {
    const trigger = (requestedMessage: string, view = IDLE) =>
      ask(protocol, "TriggerMessage", { requestedMessage }, view);
    expect(trigger("BootNotification")).toMatchObject({ payload: { status: "Rejected" } });
    expect(trigger("TransactionEvent")).toMatchObject({ payload: { status: "Rejected" } });
    expect(trigger("TransactionEvent", charging("tx"))).toMatchObject({ payload: { status: "Accepted" } });
    expect(trigger("FirmwareStatusNotification")).toMatchObject({ payload: { status: "NotImplemented" } });
  });

  test("GetVariables answers each in its turn", () => {
    const wanted = (component: string, variable: string, more = {}) => ({
      component: { name: component },
      variable: { name: variable },
      ...more,
    });
    const getVariableData = [
      wanted("ChargingStation", "Model"),
      wanted("Toaster", "Model"),
      wanted("ChargingStation", "Colour"),
      wanted("OCPPCommCtrlr", "HeartbeatInterval", { attributeType: "Target" }),
    ];
    const answer = ask(protocol, "GetVariables", { getVariableData });
    if (!("payload" in answer)) throw new Error("not answered");
    const results = answer.payload.getVariableResult as Record<string, unknown>[];
    expect(results.map(({ attributeStatus, attributeValue }) => [attributeStatus, attributeValue])).toEqual([
      ["Accepted", "Simulator"],
      ["UnknownComponent", undefined],
      ["UnknownVariable", undefined],
      ["NotSupportedAttributeType", undefined],
    ]);
  });

  test("SetVariables changes the heartbeat and nothing that may not be", () => {
    const set = (component: string, variable: string, attributeValue: string) =>
      ask(protocol, "SetVariables", {
        setVariableData: [{ component: { name: component }, variable: { name: variable }, attributeValue }],
      });
    expect(set("OCPPCommCtrlr", "HeartbeatInterval", "60")).toMatchObject({
      deeds: [{ kind: "configure", setting: "heartbeatSeconds", value: 60 }],
    });
    expect(set("ChargingStation", "Model", "Other")).toMatchObject({
      payload: { setVariableResult: [{ attributeStatus: "Rejected" }] },
      deeds: [],
    });
  });
});
