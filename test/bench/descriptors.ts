/**
 * What fits into the file descriptors of the processes: stations of an arm, and arms of this process. Must not know what is
 * measured.
 */
import { descriptorLimit, enoughShards, stationsPerWorkerd } from "../../src/local/runtime/shard-count.ts";

/** Of a front and of this process, for all that is no station. */
const OWN_DESCRIPTORS = 500;
/** A hash shares the stations among the workerds, not evenly; and some are there to warm up. */
const UNEVEN = 1.1;

type Limit = number | null;

/** Both ends of a station are in the front. */
const inFront = (limit: Limit): number =>
  limit === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((limit - OWN_DESCRIPTORS) / 2));

/** Enough for so many stations, or for as many of them as a front can hold. */
export function workerdsFor(stations: number, limit: Limit = descriptorLimit()): number {
  return enoughShards(limit, UNEVEN * Math.min(stations, inFront(limit)));
}

/** As many stations as were asked for, or as many as a front and its workerds can hold. */
export function stationsThatFit(wanted: number, workerds: number, limit: Limit = descriptorLimit()): number {
  const inWorkerds = Math.max(1, Math.floor((workerds * stationsPerWorkerd(limit)) / UNEVEN));
  return Math.min(wanted, inWorkerds, inFront(limit));
}

/** In their order, those whose stations this process can hold at once: Kerbside and its floors come first, and stay together. */
export function groupsThatFit<T>(arms: readonly T[], stations: number, limit: Limit = descriptorLimit()): T[][] {
  const room = limit === null ? Number.POSITIVE_INFINITY : limit - OWN_DESCRIPTORS;
  const size = Math.max(1, Math.min(arms.length, Math.floor(room / stations)));
  return Array.from({ length: Math.ceil(arms.length / size) }, (_, group) =>
    arms.slice(group * size, (group + 1) * size),
  );
}
