/**
 * Rows written and read a message, by SQLite's own count, which leaves out alarms. Must not know what the rows are for.
 */
import type { Arm } from "./arm.ts";
import { type Bench, BOOT } from "./bench.ts";

export interface Rows {
  arm: string;
  message: string;
  written: number;
  read: number;
}

const TIMES = 10;
const at = "2026-01-01T00:00:00Z";
const MESSAGES: [string, object][] = [
  ["Heartbeat", {}],
  ["StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Available" }],
  ["MeterValues", { connectorId: 1, meterValue: [{ timestamp: at, sampledValue: [{ value: "1" }] }] }],
  ["StartTransaction", { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp: at }],
];

export async function measureRows(bench: Bench): Promise<Rows[]> {
  const rows: Rows[] = [];
  for (const arm of bench.arms.filter(({ kind, storage }) => storage === "tmpfs" && kind !== "floor")) {
    const id = "ROWS";
    await arm.register(id);
    const station = await arm.connect(id);
    await station.call("BootNotification", BOOT);
    const idle = await spent(arm, id, async () => {});
    const add = async (message: string, work: (count: number) => Promise<unknown>) => {
      const { written, read } = await spent(arm, id, async () => {
        for (let count = 0; count < TIMES; count++) await work(count);
      });
      rows.push({ arm: arm.name, message, written: written / TIMES, read: (read - idle.read) / TIMES });
    };
    for (const [action, payload] of MESSAGES) {
      // Distinct, or a repeated transaction message would be known again.
      const distinct = (count: number) => (action === "StartTransaction" ? { ...payload, meterStart: count } : payload);
      await add(action, (count) => station.call(action, distinct(count)));
    }
    await add("a command and its answer", async () => {
      if (!(await arm.command(id))) throw new Error(`${arm.name}: a command was lost, and its rows are not known`);
    });
    station.drop();
  }
  return rows;
}

async function spent(arm: Arm, id: string, work: () => Promise<unknown>) {
  await arm.quiet();
  const before = await arm.rows(id);
  await work();
  await arm.quiet();
  const after = await arm.rows(id);
  return { written: after.written - before.written, read: after.read - before.read };
}
