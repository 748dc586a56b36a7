/**
 * The fronts as the edge has them: in a thread of their own, of which it knows the ports. Must not know connections.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FromFrontThread, FrontThreadData, ToFrontThread } from "./front-thread-words.ts";

export interface FrontListeners {
  log: (line: string, level: string) => void;
  /** A station was refused, since its workerd has no room; at most once a minute. */
  full: () => void;
  /** Called once: the folder was removed, and every connection has ended. */
  lost: (reason: string) => void;
}

export interface ThreadedFronts {
  ports: readonly [http: number, tls: number, mtls: number];
  /** A workerd has a port, or another one. */
  reachable(shard: number, port: number): void;
  /** All workerd processes have theirs. */
  running(): Promise<void>;
  /** @param wasWhole the edge has run */
  close(wasWhole: boolean): Promise<void>;
}

/** ms to end all connections, after which they are gone with the thread. */
const CLOSE_WITHIN_MS = 5_000;

/** @throws where a port cannot be listened on */
export async function startThreadedFronts(
  options: Omit<FrontThreadData, "upstreams">,
  { log, full, lost }: FrontListeners,
): Promise<ThreadedFronts> {
  const upstreams = new SharedArrayBuffer(options.folders.length * Int32Array.BYTES_PER_ELEMENT);
  const ports = new Int32Array(upstreams);
  const workerData: FrontThreadData = { ...options, upstreams };
  const thread = new Worker(new URL("./front-thread.ts", import.meta.url), { workerData });
  const tell = (words: ToFrontThread) => thread.postMessage(words);
  const started = Promise.withResolvers<ThreadedFronts["ports"]>();
  const watching = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const hear = (words: FromFrontThread) => {
    switch (words.kind) {
      case "listening":
        return started.resolve(words.ports);
      case "failed":
        return started.reject(words.error);
      case "log":
        return log(words.line, words.level);
      case "full":
        return full();
      case "lost":
        return lost(words.reason);
      case "watching":
        return watching.resolve();
      case "closed":
        return closed.resolve();
    }
  };
  thread.on("message", hear);
  thread.once("error", started.reject);
  try {
    const listening = await started.promise;
    // An edge without its fronts serves nobody: it ends as any process does whose code failed.
    thread.on("error", (error) => {
      throw error;
    });
    return {
      ports: listening,
      reachable: (shard, port) => void Atomics.store(ports, shard, port),
      running: () => {
        tell({ kind: "running" });
        return watching.promise;
      },
      close: async (wasWhole) => {
        tell({ kind: "close", wasWhole });
        const late = setTimeout(closed.resolve, CLOSE_WITHIN_MS);
        await Promise.race([closed.promise, once(thread, "exit")]);
        clearTimeout(late);
        await thread.terminate();
      },
    };
  } catch (error) {
    await thread.terminate();
    throw error;
  }
}
