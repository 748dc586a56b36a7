/**
 * The thread that the fronts have to themselves: its heap is small, and a collection of garbage in it holds up no connection for long.
 * Must not know workerd, but for its port.
 */
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { RevocationList } from "../../pki/revocation-list.ts";
import { rememberShards } from "../../runtime/shard-count.ts";
import { shardOf, stationOf } from "../../runtime/shards.ts";
import { FolderHealth } from "../../state/folder-health.ts";
import { setAside, stationFile } from "../../state/station-files.ts";
import { unavailable } from "../front-problem.ts";
import { type Fronts, startFronts } from "../fronts.ts";
import { atMostOnceIn, UpgradeGate } from "../upgrade-gate.ts";
import type { FromFrontThread, FrontThreadData, ToFrontThread } from "./front-thread-words.ts";

/** A fleet that finds no room comes back every few seconds. */
const FULL_MS = 60_000;

const data = workerData as FrontThreadData;
const { dir, folders, pki } = data;
const ports = new Int32Array(data.upstreams);
const tell = (words: FromFrontThread) => parentPort?.postMessage(words);
const full = atMostOnceIn(FULL_MS, () => tell({ kind: "full" }));
let isRunning = false;
const upstreams = folders.map((_, shard) => ({
  // Until all run the fleet cannot be asked as a whole.
  port: () => (isRunning && Atomics.load(ports, shard)) || undefined,
  gate: new UpgradeGate(data.socketsMax, full),
}));
let fronts: Fronts | undefined;

const health = new FolderHealth({
  dir,
  folders: () => (data.isPersistent ? folders.map((folder) => join(folder, "state")) : []),
  // Until then nothing in the folder depends on it, and a start that was ended can be followed by one with another number.
  firstUse: () => {
    if (isRunning) rememberShards(dir, folders.length);
    return isRunning;
  },
  lost: (reason) => {
    fronts?.drop();
    tell({ kind: "lost", reason });
  },
});

function barred(isHealthCheck: boolean) {
  const fault = health.fault(isHealthCheck);
  return fault === null ? null : unavailable(fault);
}

function repaired(method: string, path: string): boolean {
  const id = method === "DELETE" ? stationOf(path) : null;
  const file = id === null ? "" : stationFile(folders[shardOf(id, folders.length)] as string, id);
  if (id === null || !setAside(dir, file, new Date())) return false;
  const line = `The database of ${id} could not be read; it is deregistered, and the file is in ${join(dir, "damaged")} now`;
  tell({ kind: "log", line, level: "error" });
  return true;
}

function hear(words: ToFrontThread): void {
  if (words.kind === "running") {
    isRunning = true;
    health.watch();
    tell({ kind: "watching" });
    return;
  }
  if (words.wasWhole && health.fault(true) === null) health.fault(false);
  health.close();
  fronts?.close();
  for (const { gate } of upstreams) gate.close();
  tell({ kind: "closed" });
}

parentPort?.on("message", hear);
try {
  const revocations = new RevocationList(pki.revoked.path, pki.revoked.issuerKeyId);
  const shared = { secret: data.secret, upstreams, barred, repaired };
  fronts = await startFronts(data.listen, data.descriptors, { ...pki, revocations }, shared);
  tell({ kind: "listening", ports: fronts.ports });
} catch (error) {
  tell({ kind: "failed", error });
}
