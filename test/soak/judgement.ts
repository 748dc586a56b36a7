/**
 * The verdict on one process of one arm, from what it holds in private and from what its heap accounts for. Must not know
 * how a report looks.
 */
import type { SoakOptions } from "./arguments.ts";
import type { ArmRun, ProcessSample } from "./run.ts";
import { type Judgement, verdictOf, WARM_UP_SHARE } from "./slope.ts";

export interface ProcessJudgement extends Judgement {
  /** Of the heap and what hangs on it, garbage collected; `null`: the process cannot be asked. `slope` is that of private memory. */
  heap: Judgement | null;
}

/** More than these connections failed: what grew may be of the failing. */
const FAILURES_MAX_SHARE = 0.01;

type Limits = Pick<SoakOptions, "limitKbPerThousand" | "warmUpConnections">;

export function judge(
  { connections, failures }: Pick<ArmRun, "connections" | "failures">,
  samples: readonly ProcessSample[],
  { limitKbPerThousand, warmUpConnections }: Limits,
): ProcessJudgement {
  const warmUp = warmUpOf(samples, warmUpConnections);
  const of = (measure: (sample: ProcessSample) => number) =>
    verdictOf(
      samples.map((sample) => ({ x: sample.connections, y: measure(sample) })),
      limitKbPerThousand,
      warmUp,
    );
  const memory = of(({ privateDirtyKb }) => privateDirtyKb);
  const isAsked = samples.length > 0 && samples.every(({ heapUsedKb }) => heapUsedKb !== null);
  const heap = isAsked ? of(({ heapUsedKb, externalKb }) => (heapUsedKb ?? 0) + (externalKb ?? 0)) : null;
  const judgement: ProcessJudgement = { ...both(memory, heap), slope: memory.slope, heap };
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  if (failed <= connections * FAILURES_MAX_SHARE) return judgement;
  return { ...judgement, verdict: "undecided", text: `undecided: ${failed} failures` };
}

/**
 * What is leaked byte by byte first fills holes that the start left between allocations, so private memory shows it late;
 * the heap's own account shows it at once, and knows nothing of what native code leaks.
 */
function both(memory: Judgement, heap: Judgement | null): Pick<Judgement, "verdict" | "text"> {
  if (heap === null && memory.verdict === "growing") return { ...memory, text: `${memory.text}, garbage included` };
  if (heap === null) return memory;
  if (memory.verdict === "growing") {
    return heap.verdict === "flat" ? { ...memory, text: `${memory.text}, outside of the heap` } : memory;
  }
  if (heap.verdict === "growing") return { ...heap, text: `${heap.text}, in the heap or held by it` };
  return memory.verdict === "flat" ? heap : memory;
}

/** Half of a short run is not enough: a process that just started grows with whatever it is given to do. */
function warmUpOf(samples: readonly ProcessSample[], connections: number): number {
  const warm = samples.findIndex((sample) => sample.connections >= connections);
  return warm === -1 ? 1 : Math.max(WARM_UP_SHARE, warm / samples.length);
}
