/**
 * What a station's acknowledged calls say of it: its boot and its connectors. A projection of the message log;
 * must not know how the log is kept.
 */
import { changedInterval } from "./heartbeat-interval.ts";
import type { Payload } from "./message.ts";
import type { Protocol } from "./protocol.ts";
import type { Answer } from "./session.ts";
import type { RegistrationStatus } from "./state-rules.ts";

export interface Boot {
  status: RegistrationStatus;
  at: string;
  /** [1.6 §4.2, 2.x B01] Between heartbeats if Accepted, as a command may have changed it since; else until the next try. */
  intervalSeconds?: number;
  vendor?: string;
  model?: string;
  serialNumber?: string;
  firmwareVersion?: string;
  reason?: string;
}

export interface ConnectorStatus {
  /** 0 in OCPP 1.6: the station as a whole. [1.6 §4.9] */
  connectorId: number;
  /** OCPP 2.x only. */
  evseId?: number;
  status: string;
  errorCode?: string;
  timestamp?: string;
}

export interface StationStatus {
  boot: Boot | null;
  connectors: ConnectorStatus[];
  /** Of the last accepted boot: whose the connectors are. Absent before one, and in what older releases kept. */
  hardware?: Hardware;
}

type Hardware = Pick<Boot, "vendor" | "model" | "serialNumber">;

export const EMPTY_STATUS: StationStatus = { boot: null, connectors: [] };

/** The CALLs that `observe` looks at. */
export const OBSERVED_ACTIONS = ["BootNotification", "StatusNotification"] as const;

/** Characters that are remembered of what a station says of itself: a timestamp may have any number of decimals, and lenient checking lets more pass. */
const TEXT_MAX_LENGTH = 255;

/** More connectors than any station has: what a station invents beyond them is not remembered. */
export const CONNECTORS_MAX = 128;

/** The status after one more acknowledged CALL. `at` in ms since the epoch. Returns the same object if nothing changed. */
export function observe(
  status: StationStatus,
  protocol: Protocol,
  action: string,
  payload: Payload,
  answer: Answer,
  at: number,
): StationStatus {
  if (!("payload" in answer)) return status;
  if (action === "BootNotification") return booted(status, bootOf(protocol, payload, answer.payload, at));
  if (action !== "StatusNotification") return status;
  const connector = connectorOf(protocol, payload);
  if (connector === null) return status;
  const others = observeVersion(status, protocol).connectors.filter(
    ({ connectorId, evseId }) => connectorId !== connector.connectorId || evseId !== connector.evseId,
  );
  if (others.length >= CONNECTORS_MAX) return status;
  const connectors = [...others, connector].sort(
    (a, b) => (a.evseId ?? 0) - (b.evseId ?? 0) || a.connectorId - b.connectorId,
  );
  return { ...status, connectors };
}

/** The status of a station that speaks this version: OCPP 1.6 and 2.x number connectors each in its own way. */
export function observeVersion(status: StationStatus, protocol: Protocol): StationStatus {
  const connectors = status.connectors.filter(({ evseId }) => (evseId === undefined) === (protocol === "ocpp1.6"));
  return connectors.length === status.connectors.length ? status : { ...status, connectors };
}

/** The status after a command that the station answered: a new interval is the one to reckon with. */
export function observeCommand(
  status: StationStatus,
  action: string,
  payload: Payload,
  answer: Payload,
): StationStatus {
  const { boot } = status;
  const intervalSeconds = changedInterval(action, payload, answer);
  // Until it is accepted the interval is that of its next try.
  if (intervalSeconds === null || boot?.status !== "Accepted") return status;
  return intervalSeconds === boot.intervalSeconds ? status : { ...status, boot: { ...boot, intervalSeconds } };
}

/** Another box has its own connectors. One that is not accepted may be anybody's. */
function booted(status: StationStatus, boot: Boot): StationStatus {
  if (boot.status !== "Accepted") return { ...status, hardware: hardwareOf(status), boot };
  const known = hardwareOf(status);
  const hardware = { ...known, ...pick(boot) };
  const isOther = Object.entries(known).some(([name, value]) => hardware[name as keyof Hardware] !== value);
  return { boot, connectors: isOther ? [] : status.connectors, hardware };
}

function bootOf(protocol: Protocol, payload: Payload, answer: Payload, at: number): Boot {
  const station = protocol === "ocpp1.6" ? payload : ((payload.chargingStation ?? {}) as Payload);
  const fields = {
    vendor: protocol === "ocpp1.6" ? station.chargePointVendor : station.vendorName,
    model: protocol === "ocpp1.6" ? station.chargePointModel : station.model,
    serialNumber: station.chargePointSerialNumber ?? station.serialNumber,
    firmwareVersion: station.firmwareVersion,
    reason: payload.reason,
  };
  const known = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, short(value)]] : [],
  );
  return {
    status: answer.status as RegistrationStatus,
    at: new Date(at).toISOString(),
    ...(typeof answer.interval === "number" && { intervalSeconds: answer.interval }),
    ...(Object.fromEntries(known) as Partial<Boot>),
  };
}

function connectorOf(protocol: Protocol, payload: Payload): ConnectorStatus | null {
  const { connectorId, evseId, status, connectorStatus, errorCode, timestamp } = payload;
  const name = protocol === "ocpp1.6" ? status : connectorStatus;
  if (typeof connectorId !== "number" || typeof name !== "string") return null;
  return {
    connectorId,
    ...(typeof evseId === "number" && { evseId }),
    status: short(name),
    ...(typeof errorCode === "string" && { errorCode: short(errorCode) }),
    ...(typeof timestamp === "string" && { timestamp: short(timestamp) }),
  };
}

const short = (text: string): string => (text.length > TEXT_MAX_LENGTH ? text.slice(0, TEXT_MAX_LENGTH) : text);

const hardwareOf = ({ boot, hardware }: StationStatus): Hardware =>
  hardware ?? (boot?.status === "Accepted" ? pick(boot) : {});

/** What it did not say is not named: a boot without its serial number is none of another box. */
const pick = ({ vendor, model, serialNumber }: Hardware): Hardware => ({
  ...(vendor !== undefined && { vendor }),
  ...(model !== undefined && { model }),
  ...(serialNumber !== undefined && { serialNumber }),
});
