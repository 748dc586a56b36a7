/**
 * The demo's local edge, a process of its own. Must not know what connects to it. Ends only what it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../../local/state/local-folder.ts";

const MAIN = join(REPOSITORY, "src/local/main.ts");
const STOP_WITHIN_MS = 6_000;

export interface DemoEdge {
  /** Aborted once it is gone, whoever ended it. */
  gone: AbortSignal;
  stop(): Promise<void>;
}

/** Resolves once it is ready; rejects with what it said if it is not to be. */
export async function startDemoEdge(env: NodeJS.ProcessEnv): Promise<DemoEdge> {
  // In a group of its own, or the terminal's SIGINT ends workerd under stations that are still in the middle of it. If the
  // demo is killed, the edge ends as it writes its next line to nobody.
  const child = spawn(process.execPath, [MAIN], { detached: true, env, stdio: ["ignore", "pipe", "pipe"] });
  const gone = new AbortController();
  const exited = once(child, "exit").then(() => gone.abort());
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  createInterface(child.stdout).on("line", (line) => line === "ready" && resolve(true));
  if (!(await Promise.race([promise, exited.then(() => false)]))) {
    throw new Error(complaint.trim() || "The local edge ended before it was ready");
  }
  return { gone: gone.signal, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await exited;
  clearTimeout(late);
}
