/**
 * The command line of the comparison, as options. Must not act on it.
 */
import { parseArgs } from "node:util";
import { SHARDS_MAX } from "../../src/local/runtime/shard-count.ts";
import { listOf, wholeNumber } from "../../src/programs/option-values.ts";
import { KINDS, type Kind } from "./arm.ts";
import type { Sizes } from "./bench.ts";
import { workerdsFor } from "./descriptors.ts";
import { FULL_SIZES, QUICK_SIZES, SIZES } from "./sizes.ts";

export const PARTS = ["cpu", "rows", "latency", "upgrades", "storm", "memory"] as const;
export type Part = (typeof PARTS)[number];

export interface PeersOptions {
  only: Part[];
  kinds: Kind[];
  sizes: Sizes;
  /** Of Kerbside and of each floor. */
  workerds: number;
  seed: number;
  json: string | undefined;
}

const STATIONS_MAX = 100_000;
const SEED_MAX = 999_999_999;

export function peersOptions(args: readonly string[]): PeersOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", default: PARTS.join() },
      arms: { type: "string", default: KINDS.join() },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      stations: { type: "string" },
      workers: { type: "string" },
      seed: { type: "string", default: "1" },
    },
  });
  const sizes = { ...(values.quick ? QUICK_SIZES : values.full ? FULL_SIZES : SIZES) };
  if (values.stations !== undefined) {
    sizes.stormStations = sizes.memoryStations = wholeNumber("stations", values.stations, 1, STATIONS_MAX);
  }
  const enough = values.full ? workerdsFor(Math.max(sizes.stormStations, sizes.memoryStations)) : 1;
  return {
    only: listOf("only", values.only, PARTS),
    kinds: listOf("arms", values.arms, KINDS),
    sizes,
    workerds: values.workers === undefined ? enough : wholeNumber("workers", values.workers, 1, SHARDS_MAX),
    seed: wholeNumber("seed", values.seed, 0, SEED_MAX),
    json: values.json,
  };
}
