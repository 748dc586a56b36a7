/**
 * The local edge as a process, as `npm start` runs it. Must not know what a test expects of it.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const SCRIPT = join(import.meta.dirname, "../../src/local/main.ts");

export class LocalEdge {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: string[] = [];
  errors = "";
  readonly #ready: Promise<boolean>;
  readonly #closed: Promise<unknown[]>;

  constructor(dir: string, env: Record<string, string> = {}, prefix: string[] = []) {
    const ports = { KERBSIDE_PORT: "0", KERBSIDE_TLS_PORT: "0", KERBSIDE_MTLS_PORT: "0" };
    const [program = "", ...args] = [...prefix, process.execPath, SCRIPT];
    this.child = spawn(program, args, { env: { ...process.env, ...ports, KERBSIDE_DIR: dir, ...env } });
    this.child.stderr.on("data", (chunk) => {
      this.errors += chunk;
    });
    this.#closed = once(this.child, "close");
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#ready = promise;
    createInterface(this.child.stdout).on("line", (line) => {
      this.lines.push(line);
      if (line === "ready") resolve(true);
    });
    void this.#closed.then(() => resolve(false));
  }

  /** False: it ended before. */
  ready(): Promise<boolean> {
    return this.#ready;
  }

  /** The exit code; `null`: it was killed. */
  async ended(): Promise<number | null> {
    return (await this.#closed)[0] as number | null;
  }

  get httpUrl(): string {
    return /(http:\/\/localhost:\d+)/.exec(this.lines.join("\n"))?.[1] ?? "";
  }

  async api(apiKey: string, method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> {
    const response = await fetch(`${this.httpUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.text() };
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }
}
