/**
 * Where the arms may keep their state, and how many stations fit. Must not know what is measured.
 */
import { mkdirSync, statfsSync } from "node:fs";
import os from "node:os";
import { descriptorLimit, stationsPerWorkerd } from "../../src/local/shard-count.ts";
import type { Place } from "./arm.ts";

/** Linux's own number of tmpfs. */
const TMPFS = 0x01021994;
/** The first folder of each kind; what has none is said and left out. */
export function places(folder: string, note: (text: string) => void): Place[] {
  mkdirSync(folder, { recursive: true });
  const found: Place[] = [];
  for (const storage of ["tmpfs", "disk"] as const) {
    const dir = ["/dev/shm", folder, os.tmpdir()].find((each) => storageOf(each) === storage);
    if (dir === undefined) note(`Left out: no folder on ${storage} was found.`);
    else found.push({ storage, dir });
  }
  return found;
}

function storageOf(dir: string): "tmpfs" | "disk" | null {
  try {
    return statfsSync(dir).type === TMPFS ? "tmpfs" : "disk";
  } catch {
    return null;
  }
}

/** Of the front, for all that is no station. */
const DESCRIPTORS_OF_PROCESS = 500;

/** As many stations as were asked for, or as many as the processes can hold. */
export function descriptorsFor(what: string, wanted: number, workers: number, note: (text: string) => void): number {
  const limit = descriptorLimit() ?? Number.POSITIVE_INFINITY;
  const inWorkerd = stationsPerWorkerd(limit) * workers;
  // The front holds both ends of each station; while one of five arms is measured, the others' stations stay.
  const count = Math.min(wanted, inWorkerd, Math.floor((limit - DESCRIPTORS_OF_PROCESS) / 2));
  if (count < wanted) {
    note(`${what}: ${count} in place of ${wanted}, for ${limit} file descriptors a process and ${workers} workerd.`);
  }
  return count;
}
