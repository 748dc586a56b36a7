/**
 * Answers that need no CSMS: the edge's own, and those with which a station works alone. Must not know
 * whether a CSMS exists, nor how an answer travels.
 */
import type { Payload } from "./message.ts";
import type { Protocol } from "./protocol.ts";

/** The edge's answer to an action whose response carries no decision. `now` in ms since the epoch. */
export function edgeAnswer(action: string, now: number): Payload {
  return action === "Heartbeat" ? { currentTime: new Date(now).toISOString() } : {};
}

export interface StandaloneSettings {
  authorization: "Accepted" | "Invalid";
  heartbeatIntervalSeconds: number;
  now: number;
  /** Unique for the station: the number of the event that keeps the StartTransaction. */
  transactionId: number;
}

/** The answer without a CSMS; `null` where only a real one can say (the station gets NotSupported). */
export function standaloneAnswer(
  protocol: Protocol,
  action: string,
  payload: Payload,
  settings: StandaloneSettings,
): Payload | null {
  const { authorization, heartbeatIntervalSeconds, now, transactionId } = settings;
  switch (action) {
    case "BootNotification":
      return bootAnswer("Accepted", heartbeatIntervalSeconds, now);
    case "Authorize":
      return protocol === "ocpp1.6"
        ? { idTagInfo: { status: authorization } }
        : { idTokenInfo: { status: authorization } };
    case "StartTransaction":
      return { transactionId, idTagInfo: { status: authorization } };
    case "StopTransaction":
      return payload.idTag === undefined ? {} : { idTagInfo: { status: authorization } };
    case "TransactionEvent":
      return { idTokenInfo: { status: authorization } };
    case "DataTransfer":
      return { status: "UnknownVendorId" };
    case "SignCertificate":
    case "NotifyEVChargingNeeds":
    case "OpenPeriodicEventStream":
    case "PullDynamicScheduleUpdate":
      return { status: "Rejected" };
    case "NotifyEVChargingSchedule":
      return { status: "Accepted" };
    case "NotifySettlement":
      return {};
    case "GetCertificateStatus":
      return { status: "Failed" };
    case "Get15118EVCertificate":
      return { status: "Failed", exiResponse: "" };
    default:
      return null;
  }
}

/** [1.6 §4.2, 2.x B01-B03] `intervalSeconds`: between heartbeats when Accepted, until the next try otherwise. */
export function bootAnswer(status: "Accepted" | "Pending" | "Rejected", intervalSeconds: number, now: number): Payload {
  return { currentTime: new Date(now).toISOString(), interval: intervalSeconds, status };
}
