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

type Said = "here" | "ask" | HeapUse;

/** The program's threads have this loaded too, and no parent: each tells the first one that it is here, and what it holds when asked. */
const threads = new BroadcastChannel("heap");
threads.unref();
/** ms that they have for it; one that has ended says nothing. */
const WITHIN_MS = 1_000;
let others = 0;
let heard: (use: HeapUse) => void = () => {};

threads.onmessage = ({ data }: { data: Said }) => {
  if (data === "here") others++;
  else if (data !== "ask") heard(data);
  else if (!isMainThread) void own().then((use) => threads.postMessage(use));
};
if (!isMainThread) threads.postMessage("here");
else if (process.send !== undefined) {
  process.on("message", (message) => {
    if (message === "heap") void answer();
  });
  // Whoever measured is gone: nothing that it started shall stay.
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // The program shall end when it would without this.
  process.channel?.unref();
}

async function own(): Promise<HeapUse> {
  globalThis.gc?.();
  // What the first collection let go of is finalised, and collected by the second.
  await turn();
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { heapUsed, external, arrayBuffers };
}

/** Of all threads. */
async function answer(): Promise<void> {
  const theirs = await ofOthers();
  const uses = [await own(), ...theirs];
  const sum = (name: keyof HeapUse) => uses.reduce((total, use) => total + use[name], 0);
  process.send?.({ heapUsed: sum("heapUsed"), external: sum("external"), arrayBuffers: sum("arrayBuffers") });
}

async function ofOthers(): Promise<HeapUse[]> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const uses: HeapUse[] = [];
  heard = (use) => {
    if (uses.push(use) >= others) resolve();
  };
  const late = setTimeout(resolve, others === 0 ? 0 : WITHIN_MS);
  threads.postMessage("ask" satisfies Said);
  await promise;
  clearTimeout(late);
  return uses;
}
