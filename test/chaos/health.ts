/**
 * Asks for /healthz again and again from a thread of its own, so that a busy run does not pass for a slow edge.
 * Must not know when the edge is down.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { HealthSample } from "./ledger.ts";

export class HealthWatch {
  readonly #worker: Worker;

  constructor(url: string) {
    this.#worker = new Worker(new URL("health-thread.ts", import.meta.url), { workerData: url });
    this.#worker.on("error", (error) => process.stderr.write(`the watch over /healthz ended: ${String(error)}\n`));
  }

  /** What was seen since it began; it watches no more. */
  async stop(): Promise<HealthSample[]> {
    this.#worker.postMessage("stop");
    const [samples] = (await once(this.#worker, "message")) as [HealthSample[]];
    await this.#worker.terminate();
    return samples;
  }
}
