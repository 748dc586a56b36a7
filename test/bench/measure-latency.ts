/**
 * Latency of a command, from the HTTP request to the station and back, one at a time: to stations that are awake, and to
 * stations that each have to be woken for it. Must not know how an arm finds a station.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Arm } from "./arm.ts";
import { type Bench, BOOT, forEach, interleave, names, UNTIL_HIBERNATION_MS } from "./bench.ts";
import type { Series } from "./comparison.ts";
import type { BenchStation } from "./station.ts";

export async function measureLatency(bench: Bench): Promise<Series[]> {
  const { warmRounds, warmCommands, hibernatedRounds, hibernatedStations } = bench.sizes;
  const ids = names("LATENCY", hibernatedStations);
  const warmId = ids[0] ?? "";
  const stations: BenchStation[] = [];
  for (const arm of bench.arms) {
    await forEach(ids, async (id) => {
      await arm.register(id);
      const station = await arm.connect(id);
      await station.call("BootNotification", BOOT);
      stations.push(station);
    });
    await commands(arm, Array<string>(50).fill(warmId));
  }
  const warm = await interleave(bench, bench.arms, warmRounds, async (arm) => {
    await arm.quiet();
    const ms = await commands(arm, Array<string>(warmCommands).fill(warmId));
    return { "warm-p50": ms, "warm-p99": ms };
  });
  let asleepFor = -1;
  const hibernated = await interleave(bench, bench.arms, hibernatedRounds, async (arm, round) => {
    // Once a round: all arms fall asleep together.
    if (asleepFor !== round) await delay(UNTIL_HIBERNATION_MS);
    asleepFor = round;
    // The first request after a while finds other things cold than the object.
    await arm.command(warmId);
    const ms = await commands(arm, ids.slice(1));
    return { "hibernated-p50": ms, "hibernated-p99": ms };
  });
  for (const station of stations) station.drop();
  return [...warm, ...hibernated];
}

async function commands(arm: Arm, ids: readonly string[]): Promise<number[]> {
  const waits: number[] = [];
  for (const id of ids) {
    const from = performance.now();
    if (await arm.command(id)) waits.push(performance.now() - from);
  }
  return waits;
}
