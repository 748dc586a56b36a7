/**
 * What the measurements of the comparison share: the started arms, the sizes of the run, and rounds in which every arm
 * has its turn. Must not know any one measurement.
 */
import type { Arm, Kind, Place } from "./arm.ts";
import type { Series } from "./comparison.ts";
import { groupsThatFit } from "./descriptors.ts";
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
  kinds: readonly Kind[];
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
  const series: Series[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const arm of shuffled(arms, bench.random)) gather(series, arm, await block(arm, round));
  }
  return series;
}

/** The samples of one arm in one round become the next block of its series. */
export function gather(all: Series[], { kind, storage }: Arm, block: Block): void {
  for (const [name, samples] of Object.entries(block)) {
    const measure = name as MeasureName;
    const known = all.find((each) => each.measure === measure && each.kind === kind && each.storage === storage);
    if (known === undefined) all.push({ measure, kind, storage, blocks: [samples] });
    else known.blocks.push(samples);
  }
}

/**
 * Arms that each shall hold so many stations, in groups that have their turn one after the other in each round, since this
 * process has descriptors for no more of them at once.
 */
export function inGroups({ note }: Bench, part: string, arms: readonly Arm[], stations: number): Arm[][] {
  const groups = groupsThatFit(arms, stations);
  const list = groups.map((group) => group.map(({ name }) => name).join(" + ")).join(", then ");
  if (groups.length > 1)
    note(`${part}: in each round one group after the other, for this process's descriptors: ${list}.`);
  return groups;
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
