/**
 * RSS a station: right after it connected and booted, and once its object hibernates. Must not know where an arm keeps it.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Arm, Use } from "./arm.ts";
import { type Bench, BOOT, forEach, gather, names, inGroups, shuffled, UNTIL_HIBERNATION_MS } from "./bench.ts";
import type { Series } from "./comparison.ts";
import type { BenchStation } from "./station.ts";

/** RSS is set by the peak of objects awake at once and does not come back: every arm meets the same pace. */
const STATIONS_PER_SECOND = 100;
const WARM_UP = 20;

/** Each round with fresh processes, since memory that was once taken stays. */
export async function measureMemory(bench: Bench): Promise<Series[]> {
  const series: Series[] = [];
  const { memoryRounds, memoryStations } = bench.sizes;
  const arms = bench.kinds.flatMap((kind) => bench.make(kind, "tmpfs") ?? []);
  const groups = inGroups(bench, "memory", arms, memoryStations);
  for (let round = 0; round < memoryRounds; round++) {
    for (const group of shuffled(groups, bench.random)) await measure(bench, group, series);
  }
  return series;
}

async function measure(bench: Bench, arms: readonly Arm[], series: Series[]): Promise<void> {
  const { memoryStations } = bench.sizes;
  const aStation = (now: number, then = 0) => [(now - then) / memoryStations];
  try {
    await Promise.all(arms.map((arm) => arm.start()));
    // What a registration leaves behind in the process is no part of a connection.
    for (const arm of arms) await forEach(allNames(memoryStations), (id) => arm.register(id));
    await Promise.all(arms.map((arm) => arm.restart()));
    const before = new Map<Arm, Use>();
    const stations: BenchStation[] = [];
    for (const arm of shuffled(arms, bench.random)) {
      stations.push(...(await connect(arm, names("WARM", WARM_UP))));
      await arm.quiet();
      before.set(arm, arm.rssKb());
      stations.push(...(await connect(arm, names("MEMORY", memoryStations))));
      await arm.quiet();
      gather(series, arm, { "rss-active": aStation(arm.rssKb().server, before.get(arm)?.server) });
    }
    await delay(UNTIL_HIBERNATION_MS);
    for (const arm of arms) {
      const [now, then] = [arm.rssKb(), before.get(arm)];
      gather(series, arm, {
        "rss-hibernated": aStation(now.server, then?.server),
        "rss-hibernated-front": aStation(now.withFront, then?.withFront),
      });
    }
    for (const station of stations) station.drop();
  } finally {
    for (const arm of arms) await arm.stop();
  }
}

const allNames = (count: number): string[] => [...names("WARM", WARM_UP), ...names("MEMORY", count)];

async function connect(arm: Arm, ids: readonly string[]): Promise<BenchStation[]> {
  const stations: BenchStation[] = [];
  const from = performance.now();
  const all: Promise<unknown>[] = [];
  for (const [index, id] of ids.entries()) {
    const at = from + (1000 * index) / STATIONS_PER_SECOND;
    if (at > performance.now()) await delay(at - performance.now());
    all.push(one(arm, id).then((station) => stations.push(station)));
  }
  await Promise.all(all);
  return stations;
}

async function one(arm: Arm, id: string): Promise<BenchStation> {
  const station = await arm.connect(id);
  await station.call("BootNotification", BOOT);
  return station;
}
