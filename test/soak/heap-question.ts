/**
 * What the heap of a Node process with the probe holds, as its parent asks. Must not know what the process does.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { HeapUse } from "./probe.ts";

const HEAP_WITHIN_MS = 10_000;

/** `null`: it does not say. */
export async function askHeap(child: ChildProcess): Promise<HeapUse | null> {
  if (!child.connected) return null;
  const signal = AbortSignal.timeout(HEAP_WITHIN_MS);
  const answer = once(child, "message", { signal }).catch(() => [null]);
  child.send("heap");
  return (await answer)[0] as HeapUse | null;
}
