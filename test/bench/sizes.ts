/**
 * How much is measured: within ten minutes, as a smoke run of one, or with the largest fleets. Must not know how.
 */
import type { Sizes } from "./bench.ts";

export const SIZES: Sizes = {
  cpuStations: 200,
  cpuRounds: 9,
  callsPerStation: 12,
  upgradeRounds: 7,
  upgradesPerRound: 100,
  warmRounds: 10,
  warmCommands: 60,
  hibernatedRounds: 4,
  hibernatedStations: 126,
  stormRounds: 2,
  stormStations: 800,
  memoryRounds: 2,
  memoryStations: 1_000,
};

export const QUICK_SIZES: Sizes = {
  cpuStations: 50,
  cpuRounds: 3,
  callsPerStation: 8,
  upgradeRounds: 3,
  upgradesPerRound: 30,
  warmRounds: 3,
  warmCommands: 20,
  hibernatedRounds: 1,
  hibernatedStations: 31,
  stormRounds: 1,
  stormStations: 100,
  memoryRounds: 1,
  memoryStations: 100,
};

export const FULL_SIZES: Sizes = { ...SIZES, stormStations: 5_000, memoryStations: 5_000 };

/** For a test that every arm starts and answers: its figures mean nothing. */
export const TINY_SIZES: Sizes = {
  ...QUICK_SIZES,
  cpuStations: 2,
  cpuRounds: 1,
  callsPerStation: 2,
};
