/**
 * Upgrades a second, and their CPU: stations that are known and whose objects are not in memory. Must not know how an
 * arm lets a station in.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Bench, forEach, interleave, names, UNTIL_HIBERNATION_MS } from "./bench.ts";
import type { Series } from "./comparison.ts";
import type { BenchStation } from "./station.ts";

export async function measureUpgrades(bench: Bench): Promise<Series[]> {
  const { upgradeRounds, upgradesPerRound } = bench.sizes;
  // Other stations in each round: those of the last one are awake.
  const idsOf = (round: number) => names(`UP-${round}`, upgradesPerRound);
  for (const arm of bench.arms) {
    for (let round = 0; round < upgradeRounds; round++) await forEach(idsOf(round), (id) => arm.register(id));
  }
  await delay(UNTIL_HIBERNATION_MS);
  return interleave(bench, bench.arms, upgradeRounds, async (arm, round) => {
    const stations: BenchStation[] = [];
    await arm.quiet();
    const before = arm.cpuMs().server;
    const from = performance.now();
    await forEach(idsOf(round), async (id) => stations.push(await arm.connect(id)));
    const ms = performance.now() - from;
    // Work that an arm puts off until the station is in is the upgrade's all the same.
    await arm.quiet();
    const cpuMs = arm.cpuMs().server - before;
    for (const station of stations) station.drop();
    await arm.quiet();
    return { upgrades: [(1000 * stations.length) / ms], "upgrade-cpu": [(1000 * cpuMs) / stations.length] };
  });
}
