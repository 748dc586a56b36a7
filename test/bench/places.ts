/**
 * Where the arms may keep their state. Must not know what is measured.
 */
import { mkdirSync, statfsSync } from "node:fs";
import os from "node:os";
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
