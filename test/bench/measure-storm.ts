/**
 * A storm: all stations of an arm lose the line at once while their objects hibernate, and all come back at once.
 * Must not know how an arm lets them in.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Arm } from "./arm.ts";
import { type Bench, forEach, gather, inGroups, names, shuffled, UNTIL_HIBERNATION_MS } from "./bench.ts";
import type { Series } from "./comparison.ts";
import type { BenchStation } from "./station.ts";

const WITHIN_MS = 60_000;
const RETRY_MS = 100;

export async function measureStorm(bench: Bench): Promise<Series[]> {
  const { stormRounds, stormStations } = bench.sizes;
  // A row a CALL is not what a storm is about.
  const arms = bench.arms.filter(({ kind, storage }) => storage !== "disk" && kind !== "floor-row");
  const ids = names("STORM", stormStations);
  const groups = inGroups(bench, "storm", arms, stormStations);
  for (const arm of arms) await forEach(ids, (id) => arm.register(id));
  const series: Series[] = [];
  for (let round = 0; round < stormRounds; round++) {
    for (const group of shuffled(groups, bench.random)) {
      const stations = new Map<Arm, BenchStation[]>();
      for (const arm of group) {
        const list: BenchStation[] = [];
        stations.set(arm, list);
        await forEach(ids, async (id) => list.push(await arm.connect(id)));
      }
      await delay(UNTIL_HIBERNATION_MS);
      for (const arm of shuffled(group, bench.random)) {
        const { waits, back } = await storm(arm, ids, stations.get(arm) ?? []);
        stations.set(arm, back);
        gather(series, arm, { "storm-p50": waits, "storm-p99": waits, "storm-all": [Math.max(...waits)] });
      }
      for (const list of stations.values()) for (const station of list) station.drop();
      for (const arm of group) await arm.quiet();
    }
  }
  return series;
}

async function storm(arm: Arm, ids: readonly string[], stations: readonly BenchStation[]) {
  await arm.quiet();
  for (const station of stations) station.drop();
  const from = performance.now();
  const waits: number[] = [];
  const back: BenchStation[] = [];
  const comeBack = async (id: string) => {
    back.push(await answered(arm, id, from + WITHIN_MS));
    waits.push(performance.now() - from);
  };
  await Promise.all(ids.map(comeBack));
  await arm.quiet();
  return { waits, back };
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
