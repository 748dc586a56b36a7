/**
 * A local edge that is killed in its first start: afterwards it must start and serve as if nothing had been.
 * Must not know what the start does.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { temporaryFolder } from "../support/edge-client.ts";
import { kerbsideAt, outcomeOf } from "./api.ts";
import { EdgeProcess, type Victim } from "./edge-process.ts";
import { descendantsOf } from "./process-load.ts";
import type { Random } from "./random.ts";

/** ms from the start on, in which the kill finds its moment. */
const KILLED_WITHIN_MS = [50, 3_500] as const;
const ANSWER_MAX_MS = 10_000;

/** What went wrong, in words; `null`: nothing. */
export async function killFirstStart(random: Random): Promise<string | null> {
  const afterMs = random.between(...KILLED_WITHIN_MS);
  const victim: Victim = random.weighted({ both: 2, front: 1 });
  const workerds = random.integer(1, 2);
  const what = `killed (${victim}) ${Math.round(afterMs)} ms into the first start, ${workerds} workerd(s)`;
  const folder = temporaryFolder();
  const edge = await EdgeProcess.create(folder.dir, { KERBSIDE_WORKERDS: String(workerds) });
  try {
    void edge.start();
    await delay(afterMs);
    await edge.kill(victim);
    if (!(await edge.start())) return `${what}: it does not start again: ${edge.failedStarts.join("\n")}`;
    const fault = (await serves(edge)) ?? leftovers(edge, workerds);
    return fault === null ? null : `${what}: ${fault}`;
  } finally {
    await edge.stop();
    folder.remove();
  }
}

async function serves(edge: EdgeProcess): Promise<string | null> {
  const kerbside = kerbsideAt(edge.url, edge.apiKey, { retries: 0 });
  const registered = await outcomeOf(kerbside.station("FIRST").register({ securityProfile: 0 }));
  if (registered.kind !== "answer") return `a registration is ${JSON.stringify(registered)}`;
  const socket = new WebSocket(`ws://localhost:${edge.ports.http}/ocpp/FIRST`, ["ocpp1.6"]);
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const timer = setTimeout(resolve, ANSWER_MAX_MS, "a station's Heartbeat is not answered");
  socket.on("open", () => socket.send('[2,"1","Heartbeat",{}]'));
  socket.on("message", (frame) => resolve(String(frame).startsWith('[3,"1"') ? null : `a Heartbeat got ${frame}`));
  socket.on("error", (error) => resolve(`a station cannot connect: ${error.message}`));
  const fault = await promise;
  clearTimeout(timer);
  socket.terminate();
  return fault;
}

function leftovers(edge: EdgeProcess, workerds: number): string | null {
  const running = descendantsOf(edge.pid ?? 0).filter(({ name }) => name === "workerd").length;
  if (existsSync("/proc") && running !== workerds) return `${running} workerd(s) run`;
  const files = [edge.dir, join(edge.dir, "pki")].flatMap((dir) => (existsSync(dir) ? readdirSync(dir) : []));
  const left = files.filter((name) => /^pki\..*tmp|\.tmp$/.test(name));
  return left.length === 0 ? null : `it leaves ${left} behind`;
}
