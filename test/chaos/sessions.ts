/**
 * What a charging session says, from plug to plug: the messages of OCPP 1.6 and 2.0.1 in their order.
 * Must not know sockets or retries.
 */
import type { Payload } from "./ledger.ts";
import type { Random } from "./random.ts";

export type Version = "ocpp1.6" | "ocpp2.0.1";

/** `keep`: [1.6 §3.7, 2.x E13] sent until it is acknowledged. */
export interface Intent {
  action: string;
  keep: boolean;
  /** Made when it is first sent: a StopTransaction needs the answer to its StartTransaction. */
  payload(): Payload;
  answered?(answer: Payload): void;
}

const status16 = (status: string): Intent => ({
  action: "StatusNotification",
  keep: false,
  payload: () => ({ connectorId: 1, errorCode: "NoError", status }),
});
const now = () => new Date().toISOString();

/** All messages of one session; `meter` counts on over all sessions of a station, and so tells them apart. */
export function sessionOf(version: Version, meter: { value: number }, random: Random): Intent[] {
  return version === "ocpp1.6" ? session16(meter, random) : session201(meter, random);
}

function session16(meter: { value: number }, random: Random): Intent[] {
  const idTag = `TAG${random.integer(1, 9_999)}`;
  let transactionId = -1;
  const energy = () => ({ value: String(meter.value++), measurand: "Energy.Active.Import.Register", unit: "Wh" });
  const values = (): Intent => ({
    action: "MeterValues",
    keep: true,
    payload: () => ({ connectorId: 1, transactionId, meterValue: [{ timestamp: now(), sampledValue: [energy()] }] }),
  });
  return [
    status16("Preparing"),
    { action: "Authorize", keep: false, payload: () => ({ idTag }) },
    {
      action: "StartTransaction",
      keep: true,
      payload: () => ({ connectorId: 1, idTag, meterStart: meter.value++, timestamp: now() }),
      answered: (answer) => {
        transactionId = answer.transactionId as number;
      },
    },
    status16("Charging"),
    ...Array.from({ length: random.integer(1, 4) }, values),
    {
      action: "StopTransaction",
      keep: true,
      payload: () => ({ transactionId, idTag, meterStop: meter.value++, timestamp: now(), reason: "EVDisconnected" }),
    },
    status16("Available"),
  ];
}

function session201(meter: { value: number }, random: Random): Intent[] {
  const transactionId = `${meter.value}-${random.integer(0, 0xffffff).toString(16)}`;
  const idToken = { idToken: `TOKEN${random.integer(1, 9_999)}`, type: "ISO14443" };
  const updates = random.integer(1, 4);
  const event = (
    seqNo: number,
    eventType: string,
    triggerReason: string,
    chargingState: string,
    more = {},
  ): Intent => ({
    action: "TransactionEvent",
    keep: true,
    payload: () => ({
      eventType,
      timestamp: now(),
      triggerReason,
      seqNo,
      transactionInfo: { transactionId, chargingState },
      evse: { id: 1, connectorId: 1 },
      meterValue: [{ timestamp: now(), sampledValue: [{ value: meter.value++ }] }],
      ...more,
    }),
  });
  const status = (connectorStatus: string): Intent => ({
    action: "StatusNotification",
    keep: false,
    payload: () => ({ timestamp: now(), connectorStatus, evseId: 1, connectorId: 1 }),
  });
  return [
    status("Occupied"),
    event(0, "Started", "Authorized", "EVConnected", { idToken }),
    ...Array.from({ length: updates }, (_, index) => event(index + 1, "Updated", "MeterValuePeriodic", "Charging")),
    event(updates + 1, "Ended", "EVDeparted", "Idle", random.chance(0.5) ? { idToken } : {}),
    status("Available"),
  ];
}

export const bootOf = (version: Version): Payload =>
  version === "ocpp1.6"
    ? { chargePointVendor: "Kerbside", chargePointModel: "Chaos" }
    : { reason: "PowerUp", chargingStation: { vendorName: "Kerbside", model: "Chaos" } };
