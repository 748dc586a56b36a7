/**
 * A program of this house as a child process: started, ready once a line of JSON says so, ended by whoever started it. Must not know
 * what the program does.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { err, ok, type Result } from "../../result.ts";

const READY_WITHIN_MS = 60_000;
/** Longer than a bridge waits for what is open. */
const STOP_WITHIN_MS = 15_000;
/** Characters of what it complained of last. */
const COMPLAINT_MAX = 2_000;

export interface ProgramOptions {
  script: string;
  args: readonly string[];
  /** Of Node itself, as `--import`; with them the program can be asked over its channel. */
  nodeArgs?: readonly string[];
  env?: NodeJS.ProcessEnv;
}

export class ChildProgram {
  readonly child: ChildProcess;
  /** Aborted once it is gone, whoever ended it. */
  readonly gone: AbortSignal;
  /** The line by which it was ready. */
  readonly ready: Record<string, unknown>;
  readonly #exited: Promise<void>;
  readonly #complaint: () => string;

  private constructor(
    child: ChildProcess,
    ready: Record<string, unknown>,
    exited: Promise<void>,
    gone: AbortSignal,
    complaint: () => string,
  ) {
    this.child = child;
    this.ready = ready;
    this.gone = gone;
    this.#exited = exited;
    this.#complaint = complaint;
    // Killed or not: nobody else would end it.
    process.once("exit", this.#kill);
  }

  /** An error is what it said, or that it was not ready in time. */
  static async start({ script, args, nodeArgs, env }: ProgramOptions): Promise<Result<ChildProgram, string>> {
    // In a group of its own, or the terminal's SIGINT ends it under stations that are still in the middle of it.
    const child = spawn(process.execPath, [...(nodeArgs ?? []), script, ...args], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...(nodeArgs === undefined ? [] : ["ipc" as const])],
      env: env ?? process.env,
    });
    const gone = new AbortController();
    const exited = once(child, "exit").then(() => gone.abort());
    let complaint = "";
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      complaint = (complaint + text).slice(-COMPLAINT_MAX);
    });
    const { promise, resolve } = Promise.withResolvers<Record<string, unknown> | null>();
    // Read to its end: a pipe that nobody empties holds up who writes into it.
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      if (line.includes('"ready"')) resolve(JSON.parse(line));
    });
    const late = setTimeout(() => resolve(null), READY_WITHIN_MS);
    const ready = await Promise.race([promise, exited.then(() => null)]);
    clearTimeout(late);
    if (ready !== null) return ok(new ChildProgram(child, ready, exited, gone.signal, () => complaint.trim()));
    child.kill("SIGKILL");
    return err(complaint.trim() || `${script} was not ready within ${READY_WITHIN_MS / 1_000} s`);
  }

  /** What it said on its error output, the last of it, or how it ended. */
  get complaint(): string {
    const { exitCode, signalCode } = this.child;
    return this.#complaint() || (signalCode === null ? `exit code ${exitCode}` : `by ${signalCode}`);
  }

  async stop(): Promise<void> {
    this.child.kill("SIGTERM");
    const late = setTimeout(this.#kill, STOP_WITHIN_MS);
    await this.#exited;
    clearTimeout(late);
    process.off("exit", this.#kill);
  }

  readonly #kill = (): void => {
    if (!this.gone.aborted) this.child.kill("SIGKILL");
  };
}
