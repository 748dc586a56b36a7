/**
 * A program for Node that is killed as crashes do and started again. Must not know which. Ends only what it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const NODE = join(REPOSITORY, "node_modules/.bin/node");
const READY_WITHIN_MS = 60_000;
const COMPLAINTS_KEPT = 20;

export class Child {
  /** Of a start; the first is 1. */
  readonly #args: (start: number) => string[];
  /** Whether a line of its stdout says that it is ready. */
  readonly #isReady: (line: string) => boolean;
  #child: ChildProcess | null = null;
  starts = 0;
  /** Ends that nobody asked for, and starts that came to nothing, with what it said last. */
  readonly faults: string[] = [];

  constructor(args: (start: number) => string[], isReady: (line: string) => boolean) {
    this.#args = args;
    this.#isReady = isReady;
    process.once("exit", () => this.#child?.kill("SIGKILL"));
  }

  /** `false`: it was killed before it was ready. */
  async start(): Promise<boolean> {
    const child = spawn(NODE, this.#args(++this.starts), { cwd: REPOSITORY, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    const complaints: string[] = [];
    createInterface(child.stderr as NodeJS.ReadableStream).on("line", (line) => {
      complaints.push(line);
      if (complaints.length > COMPLAINTS_KEPT) complaints.shift();
    });
    child.stdin?.on("error", () => {});
    const { promise, resolve } = Promise.withResolvers<boolean>();
    child.once("exit", (code, signal) => {
      if (this.#child === child) this.faults.push(`it ended with ${code ?? signal}: ${complaints.join("\n")}`);
      resolve(false);
    });
    createInterface(child.stdout as NodeJS.ReadableStream).on("line", (line) => this.#isReady(line) && resolve(true));
    const timer = setTimeout(() => {
      this.faults.push(`it was not ready within ${READY_WITHIN_MS} ms: ${complaints.join("\n")}`);
      resolve(false);
    }, READY_WITHIN_MS);
    const isReady = await promise;
    clearTimeout(timer);
    return isReady;
  }

  say(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  /** By SIGKILL; resolves once it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
}
