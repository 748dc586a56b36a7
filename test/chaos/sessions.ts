/**
 * What a charging session says, from plug to plug: the messages of OCPP 1.6 and 2.0.1 in their order.
 * Must not know sockets or retries.
 */
import type { Payload } from "./ledger.ts";
import type { Random } from "./random.ts";
import type { Counters } from "./temper.ts";

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
  // No two are the same, so that each can be looked for.
  payload: () => ({ connectorId: 1, errorCode: "NoError", status, info: crypto.randomUUID() }),
});
const status201 = (connectorStatus: string): Intent => ({
  action: "StatusNotification",
  keep: false,
  payload: () => ({ timestamp: new Date().toISOString(), connectorStatus, evseId: 1, connectorId: 1 }),
});

/** All messages of one session. */
export function sessionOf(version: Version, counters: Counters, random: Random): Intent[] {
  counters.sessionBegins();
  return version === "ocpp1.6" ? session16(counters, random) : session201(counters, random);
}

function session16(counters: Counters, random: Random): Intent[] {
  const idTag = counters.idTag();
  let transactionId = -1;
  const energy = () => ({ value: String(counters.meter++), measurand: "Energy.Active.Import.Register", unit: "Wh" });
  const values = (): Intent => ({
    action: "MeterValues",
    keep: true,
    payload: () => ({
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: counters.time(), sampledValue: [energy()] }],
    }),
  });
  return [
    status16("Preparing"),
    { action: "Authorize", keep: false, payload: () => ({ idTag }) },
    {
      action: "StartTransaction",
      keep: true,
      payload: () => ({ connectorId: 1, idTag, meterStart: counters.meter++, timestamp: counters.time() }),
      answered: (answer) => {
        transactionId = answer.transactionId as number;
      },
    },
    status16("Charging"),
    ...Array.from({ length: random.integer(1, 4) }, values),
    {
      action: "StopTransaction",
      keep: true,
      payload: () => ({
        transactionId,
        idTag,
        meterStop: counters.meter++,
        timestamp: counters.time(),
        reason: "EVDisconnected",
      }),
    },
    status16("Available"),
  ];
}

function session201(counters: Counters, random: Random): Intent[] {
  const transactionId = counters.transactionId();
  const idToken = { idToken: `TOKEN${random.integer(1, 9_999)}`, type: "ISO14443" };
  const updates = random.integer(1, 4);
  const event = (
    index: number,
    eventType: string,
    triggerReason: string,
    chargingState: string,
    more = {},
  ): Intent => ({
    action: "TransactionEvent",
    keep: true,
    payload: () => ({
      eventType,
      timestamp: counters.time(),
      triggerReason,
      seqNo: counters.seqNo(index),
      transactionInfo: { transactionId, chargingState },
      evse: { id: 1, connectorId: 1 },
      meterValue: [{ timestamp: counters.time(), sampledValue: [{ value: counters.meter++ }] }],
      ...more,
    }),
  });
  return [
    status201("Occupied"),
    event(0, "Started", "Authorized", "EVConnected", { idToken }),
    ...Array.from({ length: updates }, (_, index) => event(index + 1, "Updated", "MeterValuePeriodic", "Charging")),
    event(updates + 1, "Ended", "EVDeparted", "Idle", random.chance(0.5) ? { idToken } : {}),
    status201("Available"),
  ];
}

/** One value of a station that never stops telling them. */
export const floodOf = (counters: Counters): Intent => ({
  action: "MeterValues",
  keep: true,
  payload: () => ({
    connectorId: 1,
    meterValue: [{ timestamp: counters.time(), sampledValue: [{ value: String(counters.meter++) }] }],
  }),
});

/** What a hasty station says right behind its boot. */
export const statusOf = (version: Version): Payload =>
  (version === "ocpp1.6" ? status16("Available") : status201("Available")).payload();

export const bootOf = (version: Version, serialNumber: string): Payload =>
  version === "ocpp1.6"
    ? { chargePointVendor: "Kerbside", chargePointModel: "Chaos", chargePointSerialNumber: serialNumber }
    : { reason: "PowerUp", chargingStation: { vendorName: "Kerbside", model: "Chaos", serialNumber } };
