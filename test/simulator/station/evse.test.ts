import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Payload } from "../../../src/ocpp/message.ts";
import { PROTOCOLS, type Protocol } from "../../../src/ocpp/protocol.ts";
import { validate } from "../../../src/ocpp/schemas/validate.ts";
import { Evse } from "../../../src/simulator/station/evse.ts";
import { Random } from "../../../src/simulator/station/random.ts";
import type { StationMessage } from "../../../src/simulator/station/station-messages.ts";
import { messagesOf } from "../../../src/simulator/station/version-messages.ts";
import { GroupStatistics } from "../../../src/simulator/fleet/statistics.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An EVSE whose CSMS answers at once; `told` has all it said, each checked against the schema of its version. */
function evseOf(protocol: Protocol, answers: Record<string, Payload> = {}, seed = 1) {
  const told: StationMessage[] = [];
  const statistics = new GroupStatistics({ profile: "none", protocol });
  const evse = new Evse({
    ...{ messages: messagesOf(protocol), random: new Random(seed), statistics },
    ...{ sessionMs: 600_000, meterIntervalMs: 60_000 },
    isOnline: () => true,
    tell: async (message) => {
      expect([message.action, validate(protocol, message.action, "request", message.payload)]).toEqual([
        message.action,
        [],
      ]);
      told.push(message);
      return answers[message.action] ?? (message.action === "StartTransaction" ? { transactionId: 42 } : {});
    },
  });
  return { evse, told, statistics };
}

async function charge(evse: Evse, ms = 1_000_000): Promise<void> {
  const session = evse.begin({ idToken: "TAG", remoteStartId: null });
  await vi.advanceTimersByTimeAsync(ms);
  await session;
}

// biome-ignore lint/suspicious/noExplicitAny: payloads of any message
const of = (told: StationMessage[], action: string): any[] =>
  told.filter((message) => message.action === action).map(({ payload }) => payload);

/** The energy register in each reading. */
// biome-ignore lint/suspicious/noExplicitAny: payloads of any message
const registers = (meterValues: any[]): number[] =>
  meterValues.flatMap(({ sampledValue }) =>
    sampledValue
      // biome-ignore lint/suspicious/noExplicitAny: payloads of any message
      .filter(({ measurand }: any) => measurand === "Energy.Active.Import.Register")
      // biome-ignore lint/suspicious/noExplicitAny: payloads of any message
      .map(({ value }: any) => Number(value)),
  );

const isRising = (numbers: number[]) =>
  numbers.every((number, index) => index === 0 || number >= Number(numbers[index - 1]));

test("OCPP 1.6: from Preparing to Available, with meter values between meterStart and meterStop", async () => {
  const { evse, told, statistics } = evseOf("ocpp1.6");
  await charge(evse);
  expect(told.map(({ action }) => action).filter((action, index, all) => action !== all[index - 1])).toEqual([
    ...["StatusNotification", "Authorize", "StartTransaction", "StatusNotification", "MeterValues"],
    ...["StopTransaction", "StatusNotification"],
  ]);
  expect(of(told, "StatusNotification").map(({ status }) => status)).toEqual([
    ...["Preparing", "Charging", "Finishing", "Available"],
  ]);
  const [start] = of(told, "StartTransaction");
  const [stop] = of(told, "StopTransaction");
  expect(stop).toMatchObject({ transactionId: 42, reason: "EVDisconnected" });
  expect(of(told, "MeterValues").every(({ transactionId }) => transactionId === 42)).toBe(true);
  const values = registers(of(told, "MeterValues").flatMap(({ meterValue }) => meterValue));
  expect(values.length).toBeGreaterThan(4);
  const all = [start.meterStart, ...values, stop.meterStop];
  expect(isRising(all)).toBe(true);
  expect(new Set(all).size).toBeGreaterThan(4);
  expect(registers(stop.transactionData)).toEqual([stop.meterStop]);
  expect(statistics).toMatchObject({ sessions: 1, energyWh: stop.meterStop - start.meterStart });
  expect(statistics.meterValues).toBe(values.length);
});

test.each(["ocpp2.0.1", "ocpp2.1"] as const)(
  "%s: Started, Updated and Ended with seqNo without a gap",
  async (protocol) => {
    const { evse, told, statistics } = evseOf(protocol);
    await charge(evse);
    const events = of(told, "TransactionEvent");
    expect(events.map(({ seqNo }) => seqNo)).toEqual(events.map((_, index) => index));
    expect(events.map(({ eventType }) => eventType)).toEqual([
      "Started",
      ...Array(events.length - 2).fill("Updated"),
      "Ended",
    ]);
    expect(new Set(events.map(({ transactionInfo }) => transactionInfo.transactionId)).size).toBe(1);
    expect(events[0]).toMatchObject({ triggerReason: "Authorized", idToken: { idToken: "TAG" } });
    expect(events.at(-1).transactionInfo).toMatchObject({ stoppedReason: "EVDisconnected" });
    const values = registers(events.flatMap(({ meterValue }) => meterValue));
    expect(isRising(values)).toBe(true);
    expect(statistics.energyWh).toBe(Number(values.at(-1)) - Number(values[0]));
    expect(of(told, "StatusNotification").map(({ connectorStatus }) => connectorStatus)).toEqual([
      "Occupied",
      "Available",
    ]);
  },
);

test.each(PROTOCOLS)("%s: the next session goes on where the register stopped", async (protocol) => {
  const { evse, told } = evseOf(protocol);
  await charge(evse);
  const between = told.length;
  await charge(evse);
  const read = (messages: StationMessage[]) =>
    messages.flatMap(({ payload }) => [
      ...(payload.meterStart === undefined ? [] : [Number(payload.meterStart)]),
      ...registers((payload.meterValue ?? payload.transactionData ?? []) as unknown[]),
    ]);
  expect(read(told.slice(between))[0]).toBe(read(told.slice(0, between)).at(-1));
  expect(isRising(read(told))).toBe(true);
});

test.each([
  ["ocpp1.6", "Authorize", { idTagInfo: { status: "Blocked" } }],
  ["ocpp2.1", "Authorize", { idTokenInfo: { status: "Blocked" } }],
] as const)("%s: who is not authorized does not charge", async (protocol, action, answer) => {
  const { evse, told, statistics } = evseOf(protocol, { [action]: answer });
  await charge(evse);
  expect(told.map(({ action: each }) => each)).toEqual(["StatusNotification", "Authorize", "StatusNotification"]);
  expect(statistics).toMatchObject({ sessions: 0, sessionsRefused: 1 });
});

test.each([
  ["ocpp1.6", "StartTransaction", { transactionId: 1, idTagInfo: { status: "Invalid" } }, "StopTransaction"],
  ["ocpp2.0.1", "TransactionEvent", { idTokenInfo: { status: "Invalid" } }, "TransactionEvent"],
] as const)("%s: a transaction that is not accepted ends at once, and is told to its end", async (...row) => {
  const [protocol, action, answer, last] = row;
  const { evse, told, statistics } = evseOf(protocol, { [action]: answer });
  await charge(evse);
  const end = of(told, last).at(-1);
  expect(end.reason ?? end.transactionInfo.stoppedReason).toBe("DeAuthorized");
  expect(statistics).toMatchObject({ sessions: 1, sessionsRefused: 1, energyWh: 0, meterValues: 0 });
});

test("A session ended from outside says why", async () => {
  const { evse, told } = evseOf("ocpp2.0.1");
  const session = evse.begin({ idToken: "TAG", remoteStartId: 99 });
  await vi.advanceTimersByTimeAsync(90_000);
  evse.sampleNow();
  const ended = evse.endSession("Remote");
  await vi.advanceTimersByTimeAsync(0);
  await Promise.all([session, ended]);
  const events = of(told, "TransactionEvent");
  expect(events[0]).toMatchObject({ triggerReason: "RemoteStart", transactionInfo: { remoteStartId: 99 } });
  expect(events.map(({ triggerReason }) => triggerReason)).toContain("Trigger");
  expect(events.at(-1)).toMatchObject({ triggerReason: "RemoteStop", transactionInfo: { stoppedReason: "Remote" } });
  expect(events.map(({ seqNo }) => seqNo)).toEqual(events.map((_, index) => index));
});

test("An EVSE that keeps charging does so until it retires, then no more", async () => {
  const { evse, told, statistics } = evseOf("ocpp1.6");
  void evse.keepCharging();
  await vi.advanceTimersByTimeAsync(6_000_000);
  expect(statistics.sessions).toBeGreaterThan(4);
  const retired = evse.retire();
  await vi.advanceTimersByTimeAsync(0);
  await retired;
  const said = told.length;
  expect(of(told, "StartTransaction").length).toBe(of(told, "StopTransaction").length);
  await vi.advanceTimersByTimeAsync(6_000_000);
  expect(told.length).toBe(said);
});

test("An inoperative EVSE becomes unavailable after its session, not in it", async () => {
  const { evse, told } = evseOf("ocpp1.6");
  const session = evse.begin({ idToken: "TAG", remoteStartId: null });
  await vi.advanceTimersByTimeAsync(60_000);
  evse.setOperative(false);
  await vi.advanceTimersByTimeAsync(1_000_000);
  await session;
  expect(of(told, "StatusNotification").at(-1).status).toBe("Unavailable");
  expect(evse.isFree).toBe(false);
  evse.setOperative(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(of(told, "StatusNotification").at(-1).status).toBe("Available");
});
