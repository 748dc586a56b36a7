/**
 * Samples to the figures that are shown of them, and the CPU time of processes. Must not know what was measured.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface Spread {
  median: number;
  /** The quartiles. */
  low: number;
  high: number;
}

export function spread(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const position = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(position)] ?? Number.NaN, sorted[Math.ceil(position)] ?? Number.NaN];
    return below + (above - below) * (position - Math.floor(position));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

export const show = ({ median, low, high }: Spread): string =>
  `${median.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;

/** ms on a CPU of all threads that a process has now: nanoseconds to the kernel, where utime and stime are ticks of 10 ms. */
export function cpuMs(pid: number): number {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(textOf(`/proc/${pid}/task/${task}/schedstat`).split(" ")[0] || 0);
  }
  return ns / 1e6;
}

/** ms on a CPU of a process over its whole life, ended threads included, in ticks of 10 ms. */
export function cpuTicksMs(pid: number): number {
  const fields = statOf(pid);
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

export interface Process {
  pid: number;
  name: string;
}

/** A process and all that it started, and they. */
export function processTree(root: number): Process[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (/^\d+$/.test(entry)) parents.set(Number(entry), Number(statOf(Number(entry))[1]));
  }
  const tree = [root];
  for (const pid of tree) tree.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return tree.map((pid) => ({ pid, name: textOf(`/proc/${pid}/comm`).trim() }));
}

/** The fields of /proc/<pid>/stat behind the name, which may itself hold spaces; none for a process that has ended. */
function statOf(pid: number): string[] {
  const text = textOf(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
