import { expect, test } from "vitest";
import { Transactions } from "../../src/console/tail/transactions.ts";
import { row } from "../../src/console/tail/row.ts";

const T = "2026-11-28T18:00:00Z";
let id = 0;
const said = (action: string, payload: unknown, answer: unknown = {}) =>
  row({
    ...{ id: ++id, at: T, direction: "in", kind: "call", action, messageId: `${id}`, state: "answered" },
    text: JSON.stringify(payload),
    answer: { at: T, text: JSON.stringify(answer), error: null },
  });
const energy = (value: string, unit = "Wh") => ({
  timestamp: T,
  sampledValue: [
    { value, unit, measurand: "Energy.Active.Import.Register" },
    { value: "7.2", unit: "kW", measurand: "Power.Active.Import" },
    { value: "1", measurand: "Power.Active.Import", phase: "L1" },
  ],
});
const start = (connectorId: number, transactionId: number, status = "Accepted") =>
  said(
    "StartTransaction",
    { connectorId, idTag: "•••", meterStart: 1_000, timestamp: T },
    { transactionId, idTagInfo: { status } },
  );

test("A 1.6 transaction runs from its accepted start to its stop, with what it took meanwhile", () => {
  const all = new Transactions();
  for (const each of [
    start(1, 7),
    start(2, 8, "Invalid"),
    said("MeterValues", { connectorId: 1, transactionId: 7, meterValue: [energy("3.5", "kWh")] }),
  ])
    all.see(each);
  expect(all.running()).toEqual([
    expect.objectContaining({ transactionId: "7", place: 1, since: T, energyWh: 2_500, powerW: 7_200 }),
  ]);
  all.see(said("StopTransaction", { transactionId: 7, meterStop: 4_000, timestamp: T }));
  expect(all.running()).toEqual([]);
});

test("One that began before what is known is told by its meter values, and one whose end was missed by the next on its connector", () => {
  const all = new Transactions();
  all.see(said("MeterValues", { connectorId: 1, transactionId: 3, meterValue: [energy("50")] }));
  expect(all.running()).toEqual([expect.objectContaining({ transactionId: "3", since: null, energyWh: 0 })]);
  all.see(start(1, 4));
  expect(all.running().map(({ transactionId }) => transactionId)).toEqual(["4"]);
});

test("A 2.x transaction is told by its events, with its EVSE and charging state", () => {
  const all = new Transactions();
  const event = (eventType: string, more: object) =>
    said("TransactionEvent", { eventType, timestamp: T, triggerReason: "Authorized", seqNo: 0, ...more });
  all.see(event("Started", { transactionInfo: { transactionId: "a" }, evse: { id: 2 } }));
  all.see(event("Updated", { transactionInfo: { transactionId: "a", chargingState: "Charging" } }));
  expect(all.running()).toEqual([
    expect.objectContaining({ transactionId: "a", place: 2, since: T, chargingState: "Charging" }),
  ]);
  all.see(event("Ended", { transactionInfo: { transactionId: "a" } }));
  expect(all.running()).toEqual([]);
});

test("What is refused, odd or endless is no transaction, and there are never more than a station may have", () => {
  const all = new Transactions();
  all.see({ ...start(1, 7), state: "refused" });
  for (const payload of [
    null,
    [],
    { transactionInfo: 3 },
    { transactionId: null, meterValue: [null, { sampledValue: [null] }] },
  ]) {
    all.see(said("TransactionEvent", payload));
    all.see(said("MeterValues", payload));
  }
  expect(all.running()).toEqual([]);
  for (let n = 0; n < 200; n++)
    all.see(said("TransactionEvent", { eventType: "Started", transactionInfo: { transactionId: `${n}` } }));
  expect(all.running()).toHaveLength(64);
  expect(all.running().at(-1)?.transactionId).toBe("199");
});
