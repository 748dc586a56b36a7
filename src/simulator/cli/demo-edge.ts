/**
 * The demo's local edge, a process of its own. Must not know what connects to it. Ends only what it started.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY } from "../../local/state/local-folder.ts";

const MAIN = join(REPOSITORY, "src/local/main.ts");
/** With what the stations have before it, below the 5 s in which all of it ends. */
const STOP_WITHIN_MS = 3_000;
/** Its addresses are in the last of them. */
const LINES_UNTIL_READY = 200;

export interface DemoEdge {
  /** Aborted once it is gone, whoever ended it. */
  gone: AbortSignal;
  httpUrl: string;
  tlsUrl: string;
  mtlsUrl: string;
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
  const said: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    if (line === "ready") resolve(true);
    else if (said.length < LINES_UNTIL_READY) said.push(line);
  });
  if (!(await Promise.race([promise, exited.then(() => false)]))) {
    throw new Error(complaint.trim() || "The local edge ended before it was ready");
  }
  const urls = said.flatMap((line) => /(?:http|wss):\/\/localhost:\d+$/.exec(line)?.[0] ?? []);
  const [httpUrl = "", tlsUrl = "", mtlsUrl = ""] = urls.map((url) => url.replace("wss", "https"));
  return { gone: gone.signal, httpUrl, tlsUrl, mtlsUrl, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await exited;
  clearTimeout(late);
}
