/**
 * What processes use of the machine, out of /proc; where there is none, nothing is known. Must not know what they do.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** USER_HZ, in which Linux tells it whatever the kernel's own is. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 1_000;

export interface ProcessFacts {
  pid: number;
  parent: number;
  name: string;
  /** Of one core, since it began. */
  cpuSeconds: number;
}

/** The process and all it started. */
export function descendantsOf(pid: number): ProcessFacts[] {
  const all = processes();
  const found = all.filter((process) => process.pid === pid);
  for (const { pid: parent } of found) found.push(...all.filter((process) => process.parent === parent));
  return found;
}

/** Of the process and all it started the share of one core in each second. */
export async function sampleLoad(pid: number, seconds: number): Promise<{ name: string; shares: number[] }[]> {
  const shares = new Map<number, { name: string; shares: number[] }>();
  let [before, at] = [descendantsOf(pid), performance.now()];
  for (let second = 0; second < seconds; second++) {
    await delay(SAMPLE_MS);
    const [after, now] = [descendantsOf(pid), performance.now()];
    for (const { pid: each, name, cpuSeconds } of after) {
      const earlier = before.find((process) => process.pid === each);
      if (earlier === undefined) continue;
      const known = shares.get(each) ?? { name: `${name} ${each}`, shares: [] };
      known.shares.push(((cpuSeconds - earlier.cpuSeconds) * 1_000) / (now - at));
      shares.set(each, known);
    }
    [before, at] = [after, now];
  }
  return [...shares.values()];
}

function processes(): ProcessFacts[] {
  return numbers().flatMap((pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name may itself hold spaces and brackets.
      const end = text.lastIndexOf(")");
      const fields = text.slice(end + 2).split(" ");
      const ticks = Number(fields[11]) + Number(fields[12]);
      const name = text.slice(text.indexOf("(") + 1, end);
      return [{ pid, parent: Number(fields[1]), name, cpuSeconds: ticks / TICKS_PER_SECOND }];
    } catch {
      return [];
    }
  });
}

function numbers(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}
