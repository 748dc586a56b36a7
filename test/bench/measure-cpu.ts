/**
 * CPU a CALL and CALLs a second: stations that each wait for their answer, a fixed number of CALLs a block.
 * Must not know how an arm serves them.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Arm } from "./arm.ts";
import { type Bench, BOOT, forEach, interleave, names } from "./bench.ts";
import type { Series } from "./comparison.ts";
import type { MeasureName } from "./measures.ts";
import type { BenchStation } from "./station.ts";

const STATUS = { connectorId: 1, errorCode: "NoError", status: "Available" };
/** What is done behind an answer belongs to it. */
const AFTERWARDS_MS = 30;
/** Commits to a real disk come one after the other: as many CALLs there would take the run's whole time. */
const LESS_ON_DISK = 4;

export async function measureCpu(bench: Bench): Promise<Series[]> {
  const { cpuStations, cpuRounds, callsPerStation } = bench.sizes;
  const stations = new Map<Arm, BenchStation[]>();
  for (const arm of bench.arms) stations.set(arm, await connected(arm, names("CPU", cpuStations)));

  const calls = (action: string, payload: object, measure: "heartbeat" | "status") => async (arm: Arm) => {
    const list = stations.get(arm) ?? [];
    const each = Math.max(1, Math.floor(callsPerStation / (arm.storage === "disk" ? LESS_ON_DISK : 1)));
    await arm.quiet();
    const before = arm.cpuMs();
    const from = performance.now();
    await Promise.all(
      list.map(async (station) => {
        for (let count = 0; count < each; count++) await station.call(action, payload);
      }),
    );
    const ms = performance.now() - from;
    await delay(AFTERWARDS_MS);
    const after = arm.cpuMs();
    const count = list.length * each;
    const us = (value: number) => [(1000 * value) / count];
    return {
      [`${measure}-cpu`]: us(after.server - before.server),
      [`${measure}-cpu-front`]: us(after.withFront - before.withFront),
      [`${measure}-rate`]: [(1000 * count) / ms],
    } as Partial<Record<MeasureName, number[]>>;
  };
  // A Heartbeat touches no storage, wherever that lies.
  const heartbeat = bench.arms.filter(({ storage }) => storage !== "disk");
  const series = [
    ...(await interleave(bench, heartbeat, cpuRounds, calls("Heartbeat", {}, "heartbeat"))),
    ...(await interleave(bench, bench.arms, cpuRounds, calls("StatusNotification", STATUS, "status"))),
  ];
  for (const list of stations.values()) for (const station of list) station.drop();
  return series;
}

async function connected(arm: Arm, ids: string[]): Promise<BenchStation[]> {
  const stations: BenchStation[] = [];
  await forEach(ids, async (id) => {
    await arm.register(id);
    const station = await arm.connect(id);
    await station.call("BootNotification", BOOT);
    // The first of its kind compiles what it needs.
    await station.call("Heartbeat", {});
    await station.call("StatusNotification", STATUS);
    stations.push(station);
  });
  return stations;
}
