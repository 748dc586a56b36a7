/**
 * The messages of an OCPP 2.0.1 or 2.1 Charging Station, which are the same in both. Must not know OCPP 1.6, nor when a
 * message is sent.
 */
import type { Payload } from "../../ocpp/message.ts";
import type { OcppRequest } from "../../ocpp/schemas/types.ts";
import type { ChargingPhase, Reading } from "./charging-session.ts";
import type { ReadingContext, StationMessage, StationMessages, StopReason, Transaction } from "./station-messages.ts";

type Requests = "Authorize" | "BootNotification" | "MeterValues" | "StatusNotification" | "TransactionEvent";
type TransactionEvent = OcppRequest<"ocpp2.0.1", "TransactionEvent">;
const say = <A extends Requests>(action: A, payload: OcppRequest<"ocpp2.0.1", A>): StationMessage => ({
  action,
  payload: payload as Payload,
});
const evse = { id: 1, connectorId: 1 };
const timeOf = (at: number) => new Date(at).toISOString();
const idTokenOf = (idToken: string) => ({ idToken, type: "ISO14443" as const });

const CHARGING_STATE = {
  Preparing: "EVConnected",
  Charging: "Charging",
  SuspendedEV: "SuspendedEV",
  Finishing: "EVConnected",
} as const satisfies Record<ChargingPhase, string>;

/** [2.x E06, F03, B12] What ends a transaction: its reason, and what triggered the message. */
const ENDING = {
  EVDisconnected: ["EVDisconnected", "EVCommunicationLost"],
  Local: ["Local", "StopAuthorized"],
  Remote: ["Remote", "RemoteStop"],
  Reset: ["ImmediateReset", "ResetCommand"],
  DeAuthorized: ["DeAuthorized", "Deauthorized"],
} as const satisfies Record<StopReason, readonly [string, string]>;

function meterValueOf({ at, energyWh, powerW, currentA, socPercent }: Reading, context: ReadingContext) {
  const samples = [
    { value: energyWh, measurand: "Energy.Active.Import.Register", unitOfMeasure: { unit: "Wh" } },
    { value: powerW, measurand: "Power.Active.Import", unitOfMeasure: { unit: "W" } },
    { value: currentA, measurand: "Current.Import", phase: "L1", unitOfMeasure: { unit: "A" } },
    { value: socPercent, measurand: "SoC", location: "EV", unitOfMeasure: { unit: "Percent" } },
  ] as const;
  return { timestamp: timeOf(at), sampledValue: samples.map((sample) => ({ ...sample, context })) };
}

function event(
  { transactionId, remoteStartId, seqNo }: Transaction,
  [eventType, triggerReason, phase]: [TransactionEvent["eventType"], TransactionEvent["triggerReason"], ChargingPhase],
  [reading, context]: [Reading, ReadingContext],
  offline: boolean,
  {
    stoppedReason,
    ...more
  }: Partial<TransactionEvent> & Pick<TransactionEvent["transactionInfo"], "stoppedReason"> = {},
): StationMessage {
  return say("TransactionEvent", {
    eventType,
    timestamp: timeOf(reading.at),
    triggerReason,
    seqNo,
    // [2.x E04.FR.02]
    ...(offline && { offline }),
    transactionInfo: {
      transactionId: String(transactionId),
      chargingState: CHARGING_STATE[phase],
      ...(stoppedReason !== undefined && { stoppedReason }),
      ...(remoteStartId !== null && eventType === "Started" && { remoteStartId }),
    },
    evse,
    meterValue: [meterValueOf(reading, context)],
    ...more,
  });
}

export const messages2x: StationMessages = {
  boot: ({ vendor, model, serialNumber, firmwareVersion }, reason) =>
    say("BootNotification", { reason, chargingStation: { vendorName: vendor, model, serialNumber, firmwareVersion } }),
  status: (status, at) =>
    say("StatusNotification", {
      timestamp: timeOf(at),
      connectorStatus: status === "Available" || status === "Unavailable" ? status : "Occupied",
      evseId: evse.id,
      connectorId: evse.connectorId,
    }),
  makesTransactionIds: true,
  authorize: (idToken) => say("Authorize", { idToken: idTokenOf(idToken) }),
  isAccepted: ({ idTokenInfo }) => {
    const { status = "Accepted" } = (idTokenInfo ?? {}) as { status?: string };
    return status === "Accepted";
  },
  started: (transaction, reading, offline) => {
    const trigger = transaction.remoteStartId === null ? "Authorized" : "RemoteStart";
    return event(transaction, ["Started", trigger, "Preparing"], [reading, "Transaction.Begin"], offline, {
      idToken: idTokenOf(transaction.idToken),
    });
  },
  transactionIdOf: () => null,
  phaseChanged: (transaction, phase, reading, offline) =>
    event(transaction, ["Updated", "ChargingStateChanged", phase], [reading, "Sample.Periodic"], offline),
  sampled: (transaction, phase, reading, { offline, isTriggered }) => {
    const context = isTriggered ? "Trigger" : "Sample.Periodic";
    // [2.x F06.FR.07]
    const trigger = isTriggered ? "Trigger" : "MeterValuePeriodic";
    return event(transaction, ["Updated", trigger, phase], [reading, context], offline);
  },
  ended: (transaction, reason, reading, offline) => {
    const [stoppedReason, trigger] = ENDING[reason];
    return event(transaction, ["Ended", trigger, "Finishing"], [reading, "Transaction.End"], offline, {
      stoppedReason,
      // [2.x E07.FR.02] By the token that stopped it, where one did.
      ...(reason === "Local" && { idToken: idTokenOf(transaction.idToken) }),
    });
  },
  meterValues: (reading) => say("MeterValues", { evseId: evse.id, meterValue: [meterValueOf(reading, "Trigger")] }),
};
