/**
 * What a command of the CSMS comes to: an answer at once, and what the station then does. Must not know any version.
 */
import type { FaultKind } from "../../ocpp/error-codes.ts";
import type { Payload } from "../../ocpp/message.ts";
import type { EvseStatus } from "./station-messages.ts";

/** What the answers depend on. */
export interface StationView {
  model: string;
  vendor: string;
  serialNumber: string;
  heartbeatSeconds: number;
  meterIntervalSeconds: number;
  status: EvseStatus;
  isOperative: boolean;
  /** `null`: no transaction is under way. */
  transactionId: string | number | null;
}

export type Deed =
  | { kind: "reset"; whenIdle: boolean }
  | {
      kind: "trigger";
      action: "BootNotification" | "Heartbeat" | "StatusNotification" | "MeterValues" | "TransactionEvent";
    }
  | { kind: "availability"; isOperative: boolean }
  | { kind: "startTransaction"; idToken: string; remoteStartId: number | null }
  | { kind: "stopTransaction" }
  | { kind: "configure"; setting: "heartbeatSeconds" | "meterIntervalSeconds"; value: number };

export type CommandAnswer = { payload: Payload; deeds?: Deed[] } | { fault: FaultKind; description: string };

export const answerWith = (payload: Payload, ...deeds: Deed[]): CommandAnswer => ({ payload, deeds });
