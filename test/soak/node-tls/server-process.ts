/**
 * The server under measurement as a process of a given Node: starts it, asks it for its memory, ends it. Must not know
 * who connects to it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Arm } from "./arguments.ts";
import type { Identities } from "./identities.ts";

/** KB, after forced collections. */
export interface Memory {
  rssKb: number;
  /** Linux only. */
  pssKb?: number;
  heapKb: number;
  externalKb: number;
}

export interface TlsServer {
  port: number;
  /** As the binary calls itself. */
  node: string;
  measure(): Promise<Memory>;
  end(): Promise<void>;
}

/** Under a profiler a server takes many times as long. */
const ANSWER_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;

/** @param before a command that runs another, such as a profiler */
export async function startServer(
  binary: string,
  arm: Omit<Arm, "node">,
  { server }: Pick<Identities, "server">,
  before: readonly string[] = [],
): Promise<TlsServer> {
  const options = { ...server, mtls: arm.mtls, version: `TLSv${arm.tls}`, ask: arm.ask };
  const script = join(import.meta.dirname, "server.mjs");
  const [command, ...args] = [...before, binary, "--expose-gc", script, JSON.stringify(options)];
  const child = spawn(command as string, args, { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (bytes) => (complaints = (complaints + bytes).slice(-2_000)));
  const next = answersOf(child, () => complaints);
  try {
    const { port, node } = (await next()) as { port: number; node: string };
    return {
      ...{ port, node },
      measure: () => {
        child.stdin.write("measure\n");
        return next() as Promise<Memory>;
      },
      end: () => end(child),
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Each call gives the next line of JSON; what a profiler prints in between is passed over. */
function answersOf(child: ChildProcess, complaints: () => string): () => Promise<unknown> {
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  const come: unknown[] = [];
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const answer: unknown = JSON.parse(line);
    const first = waiting.shift();
    if (first === undefined) come.push(answer);
    else first.resolve(answer);
  });
  child.once("error", fail);
  child.once("close", (code) => fail(new Error(`The TLS server ended with ${code}: ${complaints()}`)));
  return async () => {
    if (come.length > 0) return come.shift();
    if (failure !== undefined) throw failure;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        timer = setTimeout(() => fail(new Error("The TLS server does not answer")), ANSWER_TIMEOUT_MS);
      });
    } finally {
      clearTimeout(timer);
    }
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
  const closed = once(child, "close");
  child.stdin?.end("end\n");
  await closed;
  clearTimeout(timer);
}
