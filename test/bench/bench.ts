/**
 * What the measurements of the comparison share: the started arms, the sizes of the run, and rounds in which every arm
 * has its turn. Must not know any one measurement.
 */
import type { Arm, Kind, Place } from "./arm.ts";
import type { Series } from "./comparison.ts";
import type { MeasureName } from "./measures.ts";
import type { Random } from "../chaos/random.ts";

/** The platform lets an object hibernate after 10 s. */
export const UNTIL_HIBERNATION_MS = 12_000;
export const BOOT = { chargePointVendor: "Kerbside", chargePointModel: "Bench" };
/** Requests and upgrades that are under way at once, where nothing else is said. */
const AT_ONCE = 32;

export interface Sizes {
  cpuStations: number;
  cpuRounds: number;
  callsPerStation: number;
  upgradeRounds: number;
  upgradesPerRound: number;
  warmRounds: number;
  warmCommands: number;
  hibernatedRounds: number;
  hibernatedStations: number;
  stormRounds: number;
  stormStations: number;
  memoryRounds: number;
  memoryStations: number;
}

export interface Bench {
  /** Started, and shared by all measurements that leave no trace in them. */
  arms: readonly Arm[];
  sizes: Sizes;
  random: Random;
  /** A fresh arm, for what can be measured only once in a process's life. */
  make(kind: Kind, storage: Place["storage"]): Arm | null;
  note(text: string): void;
}

export type Block = Partial<Record<MeasureName, number[]>>;

/** Every arm in every round, each round in another order. */
export async function interleave(
  bench: Bench,
  arms: readonly Arm[],
  rounds: number,
  block: (arm: Arm, round: number) => Promise<Block>,
): Promise<Series[]> {
  const series = new Map<string, Series>();
  for (let round = 0; round < rounds; round++) {
    for (const arm of shuffled(arms, bench.random)) {
      for (const [name, samples] of Object.entries(await block(arm, round))) {
        const measure = name as MeasureName;
        const key = `${name} ${arm.name}`;
        const known = series.get(key) ?? { measure, kind: arm.kind, storage: arm.storage, blocks: [] };
        known.blocks.push(samples);
        series.set(key, known);
      }
    }
  }
  return [...series.values()];
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) order.push(...rest.splice(random.integer(0, rest.length - 1), 1));
  return order;
}

export async function forEach<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  atOnce = AT_ONCE,
): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

export const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
