/**
 * The messages of an OCPP 1.6 Charge Point. Must not know the other versions, nor when a message is sent.
 */
import type { Payload } from "../../ocpp/message.ts";
import type { OcppRequest } from "../../ocpp/schemas/types.ts";
import type { Reading } from "./charging-session.ts";
import type { ReadingContext, StationMessage, StationMessages, StopReason } from "./station-messages.ts";

type Requests = "Authorize" | "BootNotification" | "MeterValues" | "StartTransaction" | "StatusNotification";
const say = <A extends Requests | "StopTransaction">(
  action: A,
  payload: OcppRequest<"ocpp1.6", A>,
): StationMessage => ({
  action,
  payload: payload as Payload,
});
const connectorId = 1;
const timeOf = (at: number) => new Date(at).toISOString();
/** [1.6 §7.38] A reset has two names there; a simulated station's is soft. */
const reasonOf = (reason: StopReason) => (reason === "Reset" ? "SoftReset" : reason);

function meterValueOf({ at, energyWh, powerW, currentA, socPercent }: Reading, context: ReadingContext) {
  const samples = [
    { value: String(energyWh), measurand: "Energy.Active.Import.Register", unit: "Wh" },
    { value: String(powerW), measurand: "Power.Active.Import", unit: "W" },
    { value: String(currentA), measurand: "Current.Import", unit: "A", phase: "L1" },
    { value: String(socPercent), measurand: "SoC", unit: "Percent", location: "EV" },
  ] as const;
  return { timestamp: timeOf(at), sampledValue: samples.map((sample) => ({ ...sample, context })) };
}

export const messages16: StationMessages = {
  boot: ({ vendor, model, serialNumber, firmwareVersion }) =>
    say("BootNotification", {
      chargePointVendor: vendor,
      chargePointModel: model,
      chargePointSerialNumber: serialNumber,
      firmwareVersion,
    }),
  status: (status, at) =>
    say("StatusNotification", { connectorId, errorCode: "NoError", status, timestamp: timeOf(at) }),
  makesTransactionIds: false,
  authorize: (idTag) => say("Authorize", { idTag }),
  isAccepted: ({ idTagInfo }) => {
    const { status = "Accepted" } = (idTagInfo ?? {}) as { status?: string };
    return status === "Accepted";
  },
  started: ({ idToken }, { at, energyWh }) =>
    say("StartTransaction", { connectorId, idTag: idToken, meterStart: energyWh, timestamp: timeOf(at) }),
  transactionIdOf: ({ transactionId }) => (typeof transactionId === "number" ? transactionId : null),
  // [1.6 §4.9] The StatusNotification says it.
  phaseChanged: () => null,
  sampled: ({ transactionId }, _phase, reading, { isTriggered }) =>
    say("MeterValues", {
      connectorId,
      ...(typeof transactionId === "number" && { transactionId }),
      meterValue: [meterValueOf(reading, isTriggered ? "Trigger" : "Sample.Periodic")],
    }),
  ended: ({ transactionId, idToken }, reason, reading) =>
    say("StopTransaction", {
      // [1.6 errata] What was started offline and never got an id ends under -1.
      transactionId: typeof transactionId === "number" ? transactionId : -1,
      idTag: idToken,
      meterStop: reading.energyWh,
      timestamp: timeOf(reading.at),
      reason: reasonOf(reason),
      transactionData: [meterValueOf(reading, "Transaction.End")],
    }),
  meterValues: (reading) => say("MeterValues", { connectorId, meterValue: [meterValueOf(reading, "Trigger")] }),
};
