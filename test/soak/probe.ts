/**
 * Loaded into a Node process before its program (`node --import`): says what its heap holds when the parent asks, after a
 * full garbage collection, so that garbage is not taken for growth. Must not know the program.
 */
import { setImmediate as turn } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";

export interface HeapUse {
  /** Bytes. */
  heapUsed: number;
  external: number;
  arrayBuffers: number;
}

/** A thread of the program has this loaded too, and no parent. */
if (isMainThread && process.send !== undefined) {
  process.on("message", (message) => {
    if (message === "heap") void answer();
  });
  // Whoever measured is gone: nothing that it started shall stay.
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // The program shall end when it would without this.
  process.channel?.unref();
}

async function answer(): Promise<void> {
  globalThis.gc?.();
  // What the first collection let go of is finalised, and collected by the second.
  await turn();
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send?.({ heapUsed, external, arrayBuffers } satisfies HeapUse);
}
