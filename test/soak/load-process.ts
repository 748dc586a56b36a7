/**
 * The process that connects, as its parent sees it. Must not know what a round is made of.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { NotUsable } from "../../src/simulator/fleet/broker.ts";
import type { ChurnSpec } from "./arm.ts";
import type { Round } from "./churn.ts";
import { NODE } from "./edge-arm.ts";
import type { LoadAnswer, LoadOrder } from "./load.ts";

const STOP_WITHIN_MS = 5_000;

export class LoadProcess {
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, (answer: LoadAnswer) => void>();
  #number = 0;

  constructor() {
    this.#child = fork(join(import.meta.dirname, "load.ts"), [], { execPath: NODE, execArgv: [] });
    this.#child.on("message", ({ number, answer }: { number: number; answer: LoadAnswer }) => {
      this.#asked.get(number)?.(answer);
    });
    this.#child.once("exit", () => {
      for (const settle of this.#asked.values()) settle({ type: "failed", reason: "The load process ended" });
    });
    process.once("exit", () => this.#child.kill("SIGKILL"));
  }

  async open(spec: ChurnSpec): Promise<void> {
    await this.#ask({ type: "open", spec });
  }

  /** `null`: called off before it was over. */
  async round(arm: string, connections: number, over: AbortSignal): Promise<Round | null> {
    if (over.aborted) return null;
    const callOff = () => void this.#ask({ type: "stop" });
    over.addEventListener("abort", callOff, { once: true });
    try {
      const done = await Promise.race([this.#ask({ type: "round", arm, connections }), late(over)]);
      return done?.type === "done" ? { connections: done.connections, failures: done.failures } : null;
    } finally {
      over.removeEventListener("abort", callOff);
    }
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }

  async #ask(order: LoadOrder): Promise<LoadAnswer> {
    const number = this.#number++;
    const { promise, resolve } = Promise.withResolvers<LoadAnswer>();
    this.#asked.set(number, resolve);
    if (this.#child.connected) this.#child.send({ number, order });
    else resolve({ type: "failed", reason: "The load process ended" });
    const answer = await promise;
    this.#asked.delete(number);
    if (answer.type === "failed") throw new NotUsable(answer.reason);
    return answer;
  }
}

/** Resolves when a round that was called off has had its time. */
function late(over: AbortSignal): Promise<null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  over.addEventListener("abort", () => setTimeout(resolve, STOP_WITHIN_MS, null).unref(), { once: true });
  return promise;
}
