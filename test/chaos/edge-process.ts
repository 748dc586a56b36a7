/**
 * The local edge as processes of its own, that can be killed as crashes do: the front and workerd at once, the front
 * alone, or workerd alone. Must not know what runs on it. Ends only what it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import net from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { type ReadAnswer, readAnswerOf } from "./read-answers.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const NODE = join(REPOSITORY, "node_modules/.bin/node");
const MAIN = join(REPOSITORY, "src/local/main.ts");
/** An edge that a whole fleet waits for is slow to say that it is ready. */
const READY_WITHIN_MS = 60_000;
const MESSAGES_KEPT = 20;
/** A second starter on the folder has as long to say that it may not. */
const REFUSED_WITHIN_MS = 60_000;
const CLOCK_HOOK = join(import.meta.dirname, "shifted-clock.mjs");

/** `front`: workerd stays behind until the next start ends it. `workerd`: miniflare starts another by itself. */
export type Victim = "both" | "front" | "workerd";

/** What became of a second starter on the folder. */
export type RivalEnd = "refused" | "let in" | "neither";

export interface EdgeProcessOptions {
  /** Where the offset of its clock is; without, its clock is right. */
  clockFile?: string;
  /** Where all that it says is kept, each line behind the right clock's time. */
  logFile?: string;
}

export interface Ports {
  http: number;
  tls: number;
  mtls: number;
}

export class EdgeProcess {
  readonly dir: string;
  readonly ports: Ports;
  readonly #env: Record<string, string>;
  readonly #node: readonly string[];
  readonly #logFile: string | undefined;
  #child: ChildProcess | null = null;
  #starts = 0;
  #isReady = false;
  /** The group of a front that was killed alone, until the next start has ended the workerd it left. */
  #orphans: number | null = null;
  /** What the edge said last on stderr. */
  readonly #complaints: string[] = [];
  /** What its log says of answers with Retry-After. */
  readonly readAnswers: ReadAnswer[] = [];
  /** Starts that nobody killed and that did not come up, with what they said. */
  readonly failedStarts: string[] = [];

  private constructor(
    dir: string,
    ports: Ports,
    env: Record<string, string>,
    node: readonly string[],
    logFile: string | undefined,
  ) {
    this.#logFile = logFile;
    this.dir = dir;
    this.ports = ports;
    this.#env = env;
    this.#node = node;
  }

  static async create(
    dir: string,
    env: Record<string, string>,
    { clockFile, logFile }: EdgeProcessOptions = {},
  ): Promise<EdgeProcess> {
    const [http, tls, mtls] = (await freePorts(3)) as [number, number, number];
    const clock = clockFile === undefined ? [] : ["--import", CLOCK_HOOK];
    const all = clockFile === undefined ? env : { ...env, CHAOS_CLOCK_FILE: clockFile };
    const edge = new EdgeProcess(dir, { http, tls, mtls }, all, clock, logFile);
    process.once("exit", () => edge.#abandon());
    return edge;
  }

  get starts(): number {
    return this.#starts;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Of the front; `null`: there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get url(): string {
    return `http://localhost:${this.ports.http}`;
  }

  get apiKey(): string {
    return readFileSync(join(this.dir, "api-key"), "utf8").trim();
  }

  /** Starts it in a group of its own. `true`: it is ready. `false`: it was killed before. */
  start({ mayBeRefused = false } = {}): Promise<boolean> {
    this.#starts++;
    this.#isReady = false;
    const child = this.#spawn(this.ports);
    this.#child = child;
    this.#listen(child.stderr as NodeJS.ReadableStream);
    return this.#ready(child).then((isReady) => {
      const wasKilled = this.#child !== child;
      if (isReady && !wasKilled) this.#orphans = null;
      if (!wasKilled) this.#isReady = isReady;
      if (!isReady && !wasKilled && !mayBeRefused) this.failedStarts.push(this.#complaints.splice(0).join("\n"));
      return isReady;
    });
  }

  /** Another starter on the same folder, with ports of its own: it must be refused, and is ended if it was not. */
  async startRival(): Promise<RivalEnd> {
    const rival = this.#spawn({ http: 0, tls: 0, mtls: 0 });
    rival.stderr?.resume();
    const exited = new Promise<RivalEnd>((resolve) => rival.once("exit", () => resolve("refused")));
    const ready = this.#ready(rival).then((isReady): RivalEnd | Promise<RivalEnd> => (isReady ? "let in" : exited));
    const timer = Promise.withResolvers<RivalEnd>();
    const late = setTimeout(timer.resolve, REFUSED_WITHIN_MS, "neither");
    const end = await Promise.race([ready, exited, timer.promise]);
    clearTimeout(late);
    if (end !== "refused" && rival.pid !== undefined && rival.exitCode === null) {
      signal(-rival.pid);
      await exited;
    }
    return end;
  }

  #spawn({ http, tls, mtls }: Ports): ChildProcess {
    return spawn(NODE, [...this.#node, MAIN], {
      cwd: REPOSITORY,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        ...this.#env,
        KERBSIDE_DIR: this.dir,
        KERBSIDE_PORT: String(http),
        KERBSIDE_TLS_PORT: String(tls),
        KERBSIDE_MTLS_PORT: String(mtls),
      },
    });
  }

  /** By SIGKILL; resolves once what was killed is gone. `false`: there is no such process, or not yet. */
  async kill(victim: Victim): Promise<boolean> {
    const child = this.#child;
    if (child?.pid === undefined) return false;
    if (victim === "workerd") {
      // Without its workerd a start fails, and rightly so.
      const pid = this.#isReady ? this.#workerdPid(child.pid) : null;
      if (pid !== null) signal(pid);
      return pid !== null;
    }
    this.#child = null;
    const exited = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
    // The group is its own, so its number names nobody else as long as this front lives.
    if (exited !== null) signal(victim === "both" ? -child.pid : child.pid);
    await exited;
    if (victim === "front") this.#orphans = child.pid;
    return exited !== null;
  }

  /** Ends what is left, also a workerd that outlived its front. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    }
    this.#child = null;
    if (this.#orphans !== null) signal(-this.#orphans);
    this.#orphans = null;
  }

  /** The process ends in the middle: nothing that it started shall outlive it. */
  #abandon(): void {
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) signal(-child.pid);
    if (this.#orphans !== null) signal(-this.#orphans);
  }

  #workerdPid(front: number): number | null {
    try {
      const { workerd, edge } = JSON.parse(readFileSync(join(this.dir, "workerd.pid"), "utf8"));
      return edge.pid === front ? workerd.pid : null;
    } catch {
      return null;
    }
  }

  async #ready(child: ChildProcess): Promise<boolean> {
    const lines = createInterface(child.stdout as NodeJS.ReadableStream);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), READY_WITHIN_MS);
    lines.on("line", (line) => {
      if (line === "ready") resolve(true);
      this.#keep(line);
      const answer = readAnswerOf(line, Date.now());
      if (answer !== null) this.readAnswers.push(answer);
    });
    lines.on("close", () => resolve(false));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #keep(line: string): void {
    if (this.#logFile !== undefined) appendFileSync(this.#logFile, `${new Date().toISOString()} ${line}\n`);
  }

  #listen(stderr: NodeJS.ReadableStream): void {
    createInterface(stderr).on("line", (line) => {
      this.#keep(line);
      this.#complaints.push(line);
      if (this.#complaints.length > MESSAGES_KEPT) this.#complaints.shift();
    });
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It was dead already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Below the range that the system gives to outgoing connections, so that none of those takes them between two starts. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let port = 20_000 + (process.pid % 9_000); found.length < count; port++) {
    if (await isFree(port)) found.push(port);
  }
  return found;
}

async function isFree(port: number): Promise<boolean> {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = net.createServer();
    const outcome = await new Promise<string>((done) => {
      server.once("error", ({ code = "" }: NodeJS.ErrnoException) => done(code));
      server.listen({ port, host }, () => server.close(() => done("")));
    });
    if (outcome === "EADDRINUSE") return false;
  }
  return true;
}
