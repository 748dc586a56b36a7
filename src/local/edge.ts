/**
 * The local edge: the Worker in one or more workerd processes, their state on disk, and three fronts before them.
 * Must not know what the Worker does, nor who started it.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Miniflare, V4WorkerOptions } from "miniflare";
import { ensureApiKey } from "./api-key.ts";
import { bundleWorker } from "./bundle.ts";
import { askFirst, withFirst } from "./first-workerd.ts";
import type { Upstream } from "./upstream.ts";
import { type Front, type FrontOptions, startFront } from "./front.ts";
import { LOOK_AFTER_MS } from "./look-around.ts";
import { PendingConnections } from "./pending-connections.ts";
import { openPki, type Pki } from "./pki/pki.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import { endStaleRuntimes } from "./runtime-process.ts";
import {
  descriptorAdvice,
  descriptorLimit,
  folderOf,
  rememberShards,
  shardsOf,
  stationsPerWorkerd,
} from "./shard-count.ts";
import { shardOf, stationOf } from "./shards.ts";
import { folderFault, probeFolder } from "./state/folder-fault.ts";
import { checkFormat, rememberFormat } from "./state/folder-format.ts";
import { FolderHealth } from "./state/folder-health.ts";
import { closeToOthers, keepNewFilesPrivate } from "./state/private-state.ts";
import { removeEmptyStationFiles, setAside, stationFile } from "./state/station-files.ts";
import { type FolderLock, lockFolder } from "./state/folder-lock.ts";
import { atMostOnceIn, UpgradeGate } from "./upgrade-gate.ts";
import { limiterOptions, queueSettings, type RateLimits, readWorkerConfig, workerVars } from "./worker-settings.ts";

export interface EdgeOptions extends RateLimits {
  dir: string;
  /** 0, the default, takes any free port. */
  port?: number;
  tlsPort?: number;
  mtlsPort?: number;
  /** Variables for the Worker, over those in wrangler.toml. */
  env?: Record<string, string>;
  /** Another Worker module than src/worker.ts, for tests. */
  entry?: string;
  serviceBindings?: NonNullable<V4WorkerOptions["serviceBindings"]>;
  /** False keeps the Worker's state in a temporary folder, which goes with the edge. */
  persist?: boolean;
  /** Takes each line the Worker logs, and what the edge itself has to say. */
  log?: (line: string, level: string) => void;
  /** True leaves SIGINT, SIGTERM and SIGHUP to the caller; miniflare would end the process at once, with its own code. */
  ownSignals?: boolean;
  /** ms from a start to the first look at a station that did not come back. */
  lookAfterMs?: number;
  /** How many workerd processes share the stations; the folder's own number if it has one, otherwise by default one. */
  workerds?: number | undefined;
  /** Files that may be open, where it is not to be asked of the system. */
  descriptorLimit?: number;
  /** For a new folder, where `workerds` is not given. */
  workerdsInNewFolder?: number;
}

export interface Edge {
  port: number;
  tlsPort: number;
  mtlsPort: number;
  httpUrl: string;
  tlsUrl: string;
  mtlsUrl: string;
  apiKey: string;
  pki: Pki;
  /** The first workerd's. */
  miniflare: Miniflare;
  /** The first workerd's; undefined where there is no /proc. */
  workerdPid(): number | undefined;
  workerdPids(): number[];
  evict(stationId: string, options?: { webSockets?: "hibernate" | "close" }): Promise<void>;
  stop(): Promise<void>;
}

/** Of the descriptors of this process, those that connections may have before they are a station's. */
const PENDING_SHARE = 0.25;
/** Where there is no /proc to ask. */
const DESCRIPTORS_UNKNOWN = 4_096;
const STATION_CLASS = "ChargingStation";
/** A fleet that finds no room comes back every few seconds. */
const FULL_LOG_MS = 60_000;

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  keepNewFilesPrivate();
  const dir = openFolder(options.dir);
  const lock = await lockFolder(dir);
  try {
    return await startLocked(dir, lock, options);
  } catch (error) {
    lock.release();
    // A workerd that cannot write says little of it.
    const fault = folderFault(dir, error) ?? probeFolder(dir);
    throw fault === null ? error : new Error(fault, { cause: error });
  }
}

/** By its one name: two that lead to it would each have a lock of their own. @throws where it cannot be written */
function openFolder(given: string): string {
  const dir = resolve(given);
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new Error(folderFault(dir, error) ?? (error as Error).message, { cause: error });
  }
  const fault = probeFolder(dir);
  if (fault !== null) throw new Error(fault);
  return realpathSync(dir);
}

async function startLocked(dir: string, lock: FolderLock, options: EdgeOptions): Promise<Edge> {
  const log = options.log ?? logErrors;
  const notice = (line: string) => log(line, "warn");
  checkFormat(dir);
  await endStaleRuntimes(dir);
  const shards = shardsOf(dir, options.workerds, options.workerdsInNewFolder ?? 1, notice);
  const folders = Array.from({ length: shards }, (_, shard) => folderOf(dir, shard));
  rememberFormat(dir);
  for (const folder of folders) closeToOthers(join(folder, "state"));
  for (const folder of folders) removeEmptyStationFiles(folder);
  const pki = await openPki(join(dir, "pki"), new Date(), notice);
  const frontSecret = randomBytes(32).toString("hex");
  const runtimes: Runtime[] = [];
  const limit = options.descriptorLimit ?? descriptorLimit();
  const socketsMax = stationsPerWorkerd(limit);
  const advice = descriptorAdvice(limit, shards);
  if (advice !== null) notice(advice);
  const full = atMostOnceIn(FULL_LOG_MS, () =>
    log(
      `A station was refused with 503: a workerd may have ${socketsMax} sockets, since only ${limit} files may be open; ` +
        "raise the limit with `ulimit -n` before the start",
      "error",
    ),
  );
  const upstreams = folders.map(
    (_, shard): Upstream => ({ port: () => runtimes[shard]?.port(), gate: new UpgradeGate(socketsMax, full) }),
  );
  // Until then nothing in the folder depends on it, and a start that was ended can be followed by one with another number.
  const firstUse = () => {
    if (runtimes.length > 0) rememberShards(dir, shards);
    return runtimes.length > 0;
  };
  const health = new FolderHealth({
    dir,
    folders: () => (options.persist === false ? [] : folders.map((folder) => join(folder, "state"))),
    firstUse,
    lost: (reason) => {
      log(reason, "error");
      for (const front of fronts) front.drop();
      for (const runtime of runtimes) void runtime.stop();
    },
  });
  const barred = (isHealthCheck: boolean) => health.problem(isHealthCheck);
  const repaired = (method: string, path: string) => {
    const id = method === "DELETE" ? stationOf(path) : null;
    const file = id === null ? "" : stationFile(folders[shardOf(id, shards)] as string, id);
    if (id === null || !setAside(dir, file, new Date())) return false;
    log(
      `The database of ${id} could not be read; it is deregistered, and the file is in ${join(dir, "damaged")} now`,
      "error",
    );
    return true;
  };
  const fronts = await startFronts(options, pki, { secret: frontSecret, upstreams, barred, repaired });
  const stop = async () => {
    health.close();
    for (const each of fronts) each.close();
    for (const { gate } of upstreams) gate.close();
    await Promise.all(runtimes.map((runtime) => runtime.stop()));
  };
  try {
    const [front, tlsFront, mtlsFront] = fronts;
    const apiKey = ensureApiKey(dir, notice);
    const settings = await runtimeSettings(options, { frontSecret, apiKey, mtlsPort: mtlsFront.port });
    const first = (request: { text(): Promise<string> }) => askFirst(runtimes[0]?.port(), frontSecret, request);
    const outcomes = await Promise.allSettled(
      folders.map((folder, shard) => startRuntime({ ...withFirst(settings, shard, first), dir: folder })),
    );
    for (const outcome of outcomes) if (outcome.status === "fulfilled") runtimes.push(outcome.value);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    health.watch();
    const [one] = runtimes as [Runtime, ...Runtime[]];
    return {
      port: front.port,
      tlsPort: tlsFront.port,
      mtlsPort: mtlsFront.port,
      httpUrl: `http://localhost:${front.port}`,
      tlsUrl: `https://localhost:${tlsFront.port}`,
      mtlsUrl: `https://localhost:${mtlsFront.port}`,
      apiKey,
      pki,
      miniflare: one.miniflare,
      workerdPid: one.workerdPid,
      workerdPids: () => runtimes.flatMap((runtime) => runtime.workerdPid() ?? []),
      evict: (stationId, how) => (runtimes[shardOf(stationId, shards)] as Runtime).evict(stationId, how),
      stop: async () => {
        try {
          if (health.problem(true) === null) firstUse();
          await stop();
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startFronts(
  options: EdgeOptions,
  pki: Pki,
  shared: Pick<FrontOptions, "secret" | "upstreams" | "barred" | "repaired">,
) {
  const started: Front[] = [];
  const pending = new PendingConnections(Math.floor((descriptorLimit() ?? DESCRIPTORS_UNKNOWN) * PENDING_SHARE));
  const ownOrigins = new Set<string>();
  const start = async (port: number | undefined, tls: object) => {
    const front = await startFront({ port: port ?? 0, pending, ownOrigins, ...shared, ...tls });
    started.push(front);
    return front;
  };
  const serverCertificates = [pki.server.ecdsa, pki.server.rsa];
  const { rootPem, stationCaPem, revocations } = pki;
  const clientCertificates = { rootPem, intermediates: [stationCaPem], revocations };
  try {
    return [
      await start(options.port, {}),
      await start(options.tlsPort, { serverCertificates }),
      await start(options.mtlsPort, { serverCertificates, clientCertificates }),
    ] as const;
  } catch (error) {
    for (const front of started) front.close();
    throw error;
  }
}

interface RuntimeSecrets {
  frontSecret: string;
  apiKey: string;
  mtlsPort: number;
}

/** What all workerd processes have in common. */
async function runtimeSettings(options: EdgeOptions, secrets: RuntimeSecrets) {
  const config = readWorkerConfig();
  const contents = await bundleWorker(options.entry ?? config.main, config.textExtensions);
  // The gate's own take their place.
  const { ratelimits, queueProducers, queueConsumers, ...bindings } = config.options;
  const queues = queueSettings(config);
  const worker: V4WorkerOptions = {
    ...bindings,
    name: config.name,
    modules: [{ type: "ESModule", path: "worker.js", contents }],
    bindings: {
      ...workerVars(config, { ...secrets, env: options.env ?? {} }),
      RATE_LIMITS: limiterOptions(config, options),
      QUEUES: queues,
    },
    durableObjects: { ...bindings.durableObjects, LOCAL_QUEUES: { className: "QueueHost", useSQLite: true } },
    queueProducers: Object.fromEntries(Object.entries(queueProducers ?? {}).filter(([name]) => !(name in queues))),
    serviceBindings: { ...bindings.serviceBindings, ...options.serviceBindings },
  };
  return {
    worker,
    stationClass: STATION_CLASS,
    migrationsDir: config.migrationsDir,
    directorySecret: secrets.frontSecret,
    // The fronts pass no header of these names on.
    lookHeaders: (id: string) => ({
      "X-Kerbside-Front": secrets.frontSecret,
      "X-Kerbside-Look": encodeURIComponent(id),
    }),
    lookAfterMs: options.lookAfterMs ?? LOOK_AFTER_MS,
    persist: options.persist !== false,
    log: options.log ?? logErrors,
    ownSignals: options.ownSignals === true,
  };
}

function logErrors(line: string, level: string): void {
  if (level === "error") process.stderr.write(`${line}\n`);
}
