/**
 * What a station can say of itself and of a charging session, whatever its version. Must not know the versions, nor when it is said.
 */
import type { Payload } from "../../ocpp/message.ts";
import type { ChargingPhase, Reading } from "./charging-session.ts";

export interface StationMessage {
  action: string;
  payload: Payload;
}

export type BootReason = "PowerUp" | "RemoteReset" | "Triggered";
export type StopReason = "EVDisconnected" | "Local" | "Remote" | "Reset" | "DeAuthorized";
export type EvseStatus = ChargingPhase | "Available" | "Unavailable";
export type ReadingContext = "Transaction.Begin" | "Sample.Periodic" | "Transaction.End" | "Trigger";

export interface Identification {
  vendor: string;
  model: string;
  serialNumber: string;
  firmwareVersion: string;
}

export interface Transaction {
  /** 2.x: the station's own; 1.6: what the CSMS gave, `null` until it has. */
  transactionId: string | number | null;
  idToken: string;
  remoteStartId: number | null;
  /** [2.x E01.FR.07] Rises by one with each TransactionEvent made. */
  seqNo: number;
}

export interface Sampling {
  /** [2.x E04.FR.02] Made while there was no connection. */
  offline: boolean;
  /** By TriggerMessage, not by the clock. */
  isTriggered: boolean;
}

/** `null`: the version has no such message. */
export interface StationMessages {
  boot(identification: Identification, reason: BootReason): StationMessage;
  /** [2.x] `Occupied` stands for all that 1.6 tells apart. */
  status(status: EvseStatus, at: number): StationMessage;
  authorize(idToken: string): StationMessage;
  /** 2.x: the station does; 1.6: the CSMS. */
  makesTransactionIds: boolean;
  /** `isAccepted` reads the answer to authorize, started and ended; without a status in it nobody objected. */
  isAccepted(answer: Payload): boolean;
  started(transaction: Transaction, reading: Reading, offline: boolean): StationMessage;
  /** 1.6 has it in the answer to StartTransaction. */
  transactionIdOf(answer: Payload): number | null;
  phaseChanged(
    transaction: Transaction,
    phase: ChargingPhase,
    reading: Reading,
    offline: boolean,
  ): StationMessage | null;
  sampled(transaction: Transaction, phase: ChargingPhase, reading: Reading, sampling: Sampling): StationMessage;
  ended(transaction: Transaction, reason: StopReason, reading: Reading, offline: boolean): StationMessage;
  /** Outside of a transaction, for who asked by TriggerMessage. */
  meterValues(reading: Reading): StationMessage;
}

/** Every simulated station has one. */
export const EVSE_ID = 1;
export const CONNECTOR_ID = 1;
