/**
 * A workerd that can be told to collect its garbage and to say what its heaps hold, by its inspector. Must not know what runs
 * in it.
 */
import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import type { HeapUse } from "./probe.ts";

const ANSWER_WITHIN_MS = 10_000;
/** The runtime that miniflare itself would start. */
const WORKERD: string = createRequire(createRequire(import.meta.url).resolve("miniflare"))("workerd").default;

/** The Worker, what miniflare puts before it, and the directory; its other Workers stand idle. */
const BUSY = /^(?:core|d1):/;

interface InspectedHeap {
  usedSize: number;
  embedderHeapUsedSize: number;
  backingStorageSize: number;
}

export class InspectedWorkerd {
  /** What to start in place of workerd: one of them, since the port is one. */
  readonly path: string;
  readonly #host: string;

  private constructor(path: string, host: string) {
    this.path = path;
    this.#host = host;
  }

  static async prepare(dir: string): Promise<InspectedWorkerd> {
    const host = `127.0.0.1:${await freePort()}`;
    const path = join(dir, "inspected-workerd");
    // `exec`: one process, whose name and number are workerd's own. By a Unix socket it would never become ready.
    const start = `exec '${WORKERD}' "$command" --inspector-addr=${host} "$@"`;
    writeFileSync(path, `#!/bin/sh\ncommand=$1\nshift\n${start}\n`);
    chmodSync(path, 0o755);
    return new InspectedWorkerd(path, host);
  }

  /** Of its Workers together, their garbage collected; `null`: it does not answer. */
  async heap(): Promise<HeapUse | null> {
    const sum: HeapUse = { heapUsed: 0, external: 0, arrayBuffers: 0 };
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    try {
      const listed = await fetch(`http://${this.#host}/json`, { signal });
      for (const { id } of (await listed.json()) as { id: string }[]) {
        // A binding to a function of Node's process has a fragment in its name, which no address takes, and holds nothing.
        if (!BUSY.test(id) || id.includes("#")) continue;
        const { usedSize, embedderHeapUsedSize, backingStorageSize } = await collected(
          `ws://${this.#host}/${id}`,
          signal,
        );
        sum.heapUsed += usedSize;
        sum.external += embedderHeapUsedSize + backingStorageSize;
        sum.arrayBuffers += backingStorageSize;
      }
      return sum;
    } catch {
      return null;
    }
  }
}

/** What one Worker holds. */
async function collected(url: string, signal: AbortSignal): Promise<InspectedHeap> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const answers = new Map<number, (answer: unknown) => void>();
  socket.on("message", (data: Buffer) => {
    // The snapshot itself, megabytes of it, which nobody wants.
    if (data.subarray(0, 9).toString() === '{"method"') return;
    const { id, result } = JSON.parse(String(data));
    answers.get(id)?.(result);
  });
  const ask = async (method: string): Promise<unknown> => {
    const id = answers.size;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    signal.addEventListener("abort", reject, { once: true });
    answers.set(id, resolve);
    socket.send(JSON.stringify({ id, method }));
    return promise;
  };
  try {
    await once(socket, "open", { signal });
    // HeapProfiler.collectGarbage waits in workerd for a turn that never comes; a snapshot begins with a full collection.
    for (const method of ["enable", "takeHeapSnapshot", "disable"]) await ask(`HeapProfiler.${method}`);
    return (await ask("Runtime.getHeapUsage")) as InspectedHeap;
  } finally {
    socket.terminate();
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
