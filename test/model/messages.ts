/**
 * What the model's station says: one legal CALL of each kind in its version, no two of them alike. Must not know what is
 * answered.
 */
import type { Model, StoppedClock } from "./model.ts";

export type Kind = "boot" | "heartbeat" | "status" | "meter" | "authorize" | "start" | "update" | "stop";

export interface Message {
  action: string;
  payload: Record<string, unknown>;
}

const FIRST_MS = Math.floor(Date.now() / 1_000) * 1_000;

/** What a station whose clock stands says each time: never set, wrong by years, or by five days. */
export const STOPPED_CLOCKS: readonly StoppedClock[] = [
  { at: "1970-01-01T00:00:00Z", isUsable: false },
  { at: "2020-01-01T00:00:00Z", isUsable: false },
  { at: "2099-12-31T23:59:59Z", isUsable: false },
  { at: new Date(FIRST_MS - 5 * 86_400_000).toISOString(), isUsable: true },
];

/** @param number different for each message; so is the time that goes into it */
export function messageOf(model: Model, kind: Kind, number: number, clockless: boolean): Message {
  const timestamp = clockless ? model.stoppedClock.at : new Date(FIRST_MS + number * 1_000).toISOString();
  return model.is16
    ? message16(model, kind, number, timestamp, clockless)
    : message2x(model, kind, number, timestamp, clockless);
}

function message16(model: Model, kind: Kind, number: number, timestamp: string, clockless: boolean): Message {
  switch (kind) {
    case "boot":
      return { action: "BootNotification", payload: { chargePointVendor: "Kerbside", chargePointModel: "Model" } };
    case "heartbeat":
      return { action: "Heartbeat", payload: {} };
    case "status":
      return {
        action: "StatusNotification",
        payload: { connectorId: 1, errorCode: "NoError", status: "Available", timestamp },
      };
    case "meter":
    case "update": {
      const meterValue = [{ timestamp, sampledValue: [{ value: String(number) }] }];
      return { action: "MeterValues", payload: { connectorId: 1, meterValue } };
    }
    case "authorize":
      return { action: "Authorize", payload: { idTag: "TAG" } };
    case "start":
      return { action: "StartTransaction", payload: { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp } };
    case "stop": {
      const transactionId = Number(model.open?.transactionId ?? 0);
      return { action: "StopTransaction", payload: { meterStop: clockless ? 100 : number, timestamp, transactionId } };
    }
  }
}

function message2x(model: Model, kind: Kind, number: number, timestamp: string, clockless: boolean): Message {
  switch (kind) {
    case "boot":
      return {
        action: "BootNotification",
        payload: { reason: "PowerUp", chargingStation: { vendorName: "Kerbside", model: "Model" } },
      };
    case "heartbeat":
      return { action: "Heartbeat", payload: {} };
    case "status":
      return {
        action: "StatusNotification",
        payload: { timestamp, connectorStatus: "Available", evseId: 1, connectorId: 1 },
      };
    case "meter":
      return {
        action: "MeterValues",
        payload: { evseId: 1, meterValue: [{ timestamp, sampledValue: [{ value: number }] }] },
      };
    case "authorize":
      return { action: "Authorize", payload: { idToken: { idToken: "TAG", type: "ISO14443" } } };
    case "start":
    case "update":
    case "stop": {
      // A counter that starts again with each transaction, as does its id: [issue] stations do both.
      const seqNo = kind === "start" ? 0 : (model.open?.seqNo ?? 0) + 1;
      return {
        action: "TransactionEvent",
        payload: {
          eventType: kind === "start" ? "Started" : kind === "stop" ? "Ended" : "Updated",
          timestamp,
          triggerReason: kind === "start" ? "Authorized" : "MeterValuePeriodic",
          seqNo,
          transactionInfo: { transactionId: "T" },
          evse: { id: clockless ? 1 : 1 + (number % 2) },
          ...(kind === "start" && { idToken: { idToken: "TAG", type: "ISO14443" } }),
        },
      };
    }
  }
}

/** The same content, said in another order. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, reordered(inner)] as const);
  return Object.fromEntries(entries.reverse());
}
