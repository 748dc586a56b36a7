/**
 * What this process may take, and has taken: file descriptors and memory. Must not know what for. Needs /proc, and knows
 * nothing where there is none.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessUse {
  /** `null`: unknown. */
  fileDescriptors: number | null;
  rssMb: number;
}

export function fileDescriptorLimit(): number | null {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(read("/proc/self/limits")) ?? [];
  return soft === undefined ? null : Number(soft);
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

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
