/**
 * What this process has taken: file descriptors and memory. Must not know what for. Needs /proc, and knows
 * nothing where there is none.
 */
import { readdirSync } from "node:fs";

export interface ProcessUse {
  /** `null`: unknown. */
  fileDescriptors: number | null;
  rssMb: number;
}

export function processUse(): ProcessUse {
  return { fileDescriptors: openFiles(), rssMb: Math.round(process.memoryUsage.rss() / 1_048_576) };
}

function openFiles(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
