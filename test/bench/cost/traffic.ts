/**
 * What a Charging Station does in a day: how often, and in which order. Must not know a broker, nor what anything costs.
 */
import { BOOT_16 } from "../../support/test-station.ts";

export interface Traffic {
  /** A day, of each station. */
  heartbeats: number;
  messages: number;
  reconnects: number;
  commands: number;
}

export const DAY_MS = 86_400_000;
export const DEFAULT_TRAFFIC: Traffic = { heartbeats: 288, messages: 54, reconnects: 2, commands: 0 };

/** `atMs` counts from the start of the day. */
export type Step =
  | { atMs: number; kind: "heartbeat" | "reconnect" | "command" }
  | { atMs: number; kind: "message"; action: string; payload: Payload };
/** What a transaction message holds differs each time: alike they would pass for repetitions. */
type Payload = (moment: { transactionId: number; timestamp: string }) => unknown;

type Message = Pick<Step & { kind: "message" }, "action" | "payload">;

/** Seconds of a day at which it reconnects, boots, charges: never at the same moment as a Heartbeat. */
const OFFSET_MS = 7_000;
const idTag = "04A2B3C4D5E680";

const statusIs = (status: string): Message => ({
  action: "StatusNotification",
  payload: ({ timestamp }) => ({ connectorId: 1, errorCode: "NoError", status, timestamp }),
});
const sample = (value: number, measurand: string, unit: string) => ({ value: String(value), measurand, unit });
const meterValues = (wh: number): Message => ({
  action: "MeterValues",
  payload: ({ transactionId, timestamp }) => ({
    connectorId: 1,
    transactionId,
    meterValue: [
      {
        timestamp,
        sampledValue: [
          sample(wh, "Energy.Active.Import.Register", "Wh"),
          sample(11_000, "Power.Active.Import", "W"),
          sample(16, "Current.Import", "A"),
          sample(54, "SoC", "Percent"),
        ],
      },
    ],
  }),
});

const BOOT: Message[] = [{ action: "BootNotification", payload: () => BOOT_16 }, statusIs("Available")];
const SESSION: Message[] = [
  statusIs("Preparing"),
  { action: "Authorize", payload: () => ({ idTag }) },
  { action: "StartTransaction", payload: ({ timestamp }) => ({ connectorId: 1, idTag, meterStart: 0, timestamp }) },
  statusIs("Charging"),
  ...[1, 2, 3, 4, 5, 6].map((quarter) => meterValues(quarter * 2_750)),
  {
    action: "StopTransaction",
    payload: ({ transactionId, timestamp }) => ({ transactionId, idTag, meterStop: 16_500, timestamp }),
  },
  statusIs("Finishing"),
  statusIs("Available"),
];

/** The messages of a day: it boots once, charges as often as there is room, and reads its meter for the rest. */
export function messagesOf(count: number): Message[] {
  const boots = BOOT.slice(0, count);
  const sessions = Math.floor((count - boots.length) / SESSION.length);
  const rest = count - boots.length - sessions * SESSION.length;
  return [
    ...boots,
    ...Array.from({ length: sessions }, () => SESSION).flat(),
    ...Array.from({ length: rest }, (_, index) => meterValues(index)),
  ];
}

/** All spread evenly over the day, so that each finds the object asleep: the dearest way to send them. */
export function stepsOf(traffic: Traffic): Step[] {
  const spread = (count: number, offsetMs: number) =>
    Array.from({ length: count }, (_, index) => Math.floor((index * DAY_MS) / count) + offsetMs);
  const messages = messagesOf(traffic.messages);
  const steps: Step[] = [
    ...spread(traffic.reconnects, 1_000).map((atMs): Step => ({ atMs, kind: "reconnect" })),
    ...spread(traffic.heartbeats, 60_000).map((atMs): Step => ({ atMs, kind: "heartbeat" })),
    ...spread(traffic.commands, 4 * OFFSET_MS).map((atMs): Step => ({ atMs, kind: "command" })),
    ...spread(traffic.messages, OFFSET_MS).map(
      (atMs, index): Step => ({ atMs, kind: "message", ...(messages[index] as Message) }),
    ),
  ];
  return steps.toSorted((a, b) => a.atMs - b.atMs);
}
