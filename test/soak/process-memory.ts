/**
 * What a process holds, as the kernel counts it. Must not know what the process is.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessMemory {
  rssKb: number;
  pssKb: number;
  /** Written by this process alone: what it would give back by ending. */
  privateDirtyKb: number;
  fileDescriptors: number;
}

/** `null`: there is no such process, or it is not ours to look at. */
export function memoryOf(pid: number): ProcessMemory | null {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? Number.NaN);
    return {
      rssKb: kb("Rss"),
      pssKb: kb("Pss"),
      privateDirtyKb: kb("Private_Dirty"),
      fileDescriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return null;
  }
}
