/**
 * A storm: all stations of an arm lose the line at once while their objects hibernate, and all come back at once.
 * Must not know how an arm lets them in.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Arm } from "./arm.ts";
import { type Bench, forEach, interleave, names, UNTIL_HIBERNATION_MS } from "./bench.ts";
import type { Series } from "./comparison.ts";
import type { BenchStation } from "./station.ts";

const WITHIN_MS = 60_000;
const RETRY_MS = 100;

export async function measureStorm(bench: Bench): Promise<Series[]> {
  const { stormRounds, stormStations } = bench.sizes;
  // A row a CALL is not what a storm is about.
  const arms = bench.arms.filter(({ kind, storage }) => storage !== "disk" && kind !== "floor-row");
  const ids = names("STORM", stormStations);
  const stations = new Map<Arm, BenchStation[]>();
  for (const arm of arms) {
    const list: BenchStation[] = [];
    stations.set(arm, list);
    await forEach(ids, async (id) => {
      await arm.register(id);
      list.push(await arm.connect(id));
    });
  }
  let asleepFor = -1;
  const series = await interleave(bench, arms, stormRounds, async (arm, round) => {
    if (asleepFor !== round) await delay(UNTIL_HIBERNATION_MS);
    asleepFor = round;
    await arm.quiet();
    for (const station of stations.get(arm) ?? []) station.drop();
    const from = performance.now();
    const waits: number[] = [];
    const list: BenchStation[] = [];
    stations.set(arm, list);
    const comeBack = async (id: string) => {
      list.push(await answered(arm, id, from + WITHIN_MS));
      waits.push(performance.now() - from);
    };
    await Promise.all(ids.map(comeBack));
    await arm.quiet();
    return { "storm-p50": waits, "storm-p99": waits, "storm-all": [Math.max(...waits)] };
  });
  for (const list of stations.values()) for (const station of list) station.drop();
  return series;
}

/** In, and answered: a socket that is open and served by nobody is no connection. */
async function answered(arm: Arm, id: string, deadline: number): Promise<BenchStation> {
  for (;;) {
    try {
      const station = await arm.connect(id);
      await station.call("Heartbeat", {});
      return station;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(RETRY_MS);
    }
  }
}
