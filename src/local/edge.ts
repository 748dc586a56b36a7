/**
 * The local edge: the Worker in one or more workerd processes, their state on disk, and three fronts before them.
 * Must not know what the Worker does, nor who started it.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Miniflare } from "miniflare";
import { ensureApiKey } from "./state/api-key.ts";
import { askFirst, withFirst } from "./runtime/first-workerd.ts";
import type { FrontPorts } from "./front/fronts.ts";
import type { FrontThreadData } from "./front/thread/front-thread-words.ts";
import { startThreadedFronts } from "./front/thread/threaded-fronts.ts";
import { signRequest } from "./pki/certificate-signer.ts";
import { openPki, type Pki } from "./pki/pki.ts";
import { askOther, withOthers } from "./runtime/other-workerds.ts";
import { type Runtime, startRuntime } from "./runtime/runtime.ts";
import { endStaleRuntimes } from "./runtime/runtime-process.ts";
import { descriptorAdvice, descriptorLimit, folderOf, shardsOf, stationsPerWorkerd } from "./runtime/shard-count.ts";
import { shardOf } from "./runtime/shards.ts";
import { damagedDatabase } from "./state/damaged-database.ts";
import { folderFault, probeFolder } from "./state/folder-fault.ts";
import { checkFormat, rememberFormat } from "./state/folder-format.ts";
import { closeToOthers, keepNewFilesPrivate } from "./state/private-state.ts";
import { removeEmptyStationFiles, unlistedStations } from "./state/station-files.ts";
import { type FolderLock, lockFolder } from "./state/folder-lock.ts";
import { type RuntimeRequest, runtimeSettings } from "./runtime/workerd-options.ts";

export interface EdgeOptions extends FrontPorts, RuntimeRequest {
  dir: string;
  /** Takes each line the Worker logs, and what the edge itself has to say. */
  log?: (line: string, level: string) => void;
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

/** Where there is no /proc to ask. */
const DESCRIPTORS_UNKNOWN = 4_096;

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  keepNewFilesPrivate();
  const dir = openFolder(options.dir);
  const lock = await lockFolder(dir);
  try {
    return await startLocked(dir, lock, options);
  } catch (error) {
    lock.release();
    // A workerd that cannot write says little of it.
    const fault = folderFault(dir, error) ?? probeFolder(dir) ?? damagedDatabase(dir);
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

/** As an older release leaves it that was stopped right after a registration, or where the directory's database was lost. */
function sayUnlisted(unlisted: ReturnType<typeof unlistedStations>[], notice: (line: string) => void): void {
  const listed = unlisted.flatMap(({ ids }) => ids).length;
  const unnamed = unlisted.reduce((sum, each) => sum + each.unnamed, 0);
  if (listed > 0) notice(`The list of stations lacked ${listed} that are registered: they are in it again`);
  if (unnamed > 0)
    notice(`The list of stations lacks ${unnamed} that are registered, and their names cannot be told: PUT them again`);
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
  const unlisted = folders.map(unlistedStations);
  sayUnlisted(unlisted, notice);
  const pki = await openPki(join(dir, "pki"), new Date(), notice);
  const frontSecret = randomBytes(32).toString("hex");
  const runtimes: Runtime[] = [];
  const limit = options.descriptorLimit ?? descriptorLimit();
  const socketsMax = stationsPerWorkerd(limit);
  const advice = descriptorAdvice(limit, shards);
  if (advice !== null) notice(advice);
  const fronts = await startThreadedFronts(
    {
      ...{ dir, folders, isPersistent: options.persist !== false, secret: frontSecret, socketsMax },
      listen: { port: options.port ?? 0, tlsPort: options.tlsPort ?? 0, mtlsPort: options.mtlsPort ?? 0 },
      descriptors: descriptorLimit() ?? DESCRIPTORS_UNKNOWN,
      pki: publicPki(pki),
    },
    {
      log,
      full: () =>
        log(
          `A station was refused with 503: a workerd may have ${socketsMax} sockets, since only ${limit} files may be open; ` +
            "raise the limit with `ulimit -n` before the start",
          "error",
        ),
      lost: (reason) => {
        log(reason, "error");
        for (const runtime of runtimes) void runtime.stop();
      },
    },
  );
  const stop = (wasWhole: boolean) =>
    Promise.all([fronts.close(wasWhole), ...runtimes.map((runtime) => runtime.stop())]);
  try {
    const [port, tlsPort, mtlsPort] = fronts.ports;
    const apiKey = ensureApiKey(dir, notice);
    const stationCas = pki.rootPem + pki.stationCaPem;
    const secrets = { frontSecret, apiKey, mtlsPort, stationCas };
    type Asked = { text(): Promise<string> };
    // Its key stays in this process: a Worker that is asked by a station can have a request signed, and no more.
    const ISSUER = (request: Asked & { url: string }) => signRequest(pki, request);
    const bindings = { ISSUER, ...options.serviceBindings } as NonNullable<EdgeOptions["serviceBindings"]>;
    const settings = await runtimeSettings({ ...options, serviceBindings: bindings }, secrets, log);
    const first = (what: string) => (request: Asked) =>
      askFirst(() => runtimes[0]?.port(), frontSecret, request, undefined, what);
    const others = (request: Asked) => askOther((shard) => runtimes[shard], frontSecret, request);
    const outcomes = await Promise.allSettled(
      folders.map((folder, shard) =>
        startRuntime({
          ...withOthers(withFirst(settings, shard, first), shard, shards, others),
          ...{ dir: folder, unlisted: unlisted[shard]?.ids ?? [] },
          ready: (at) => fronts.reachable(shard, at),
        }),
      ),
    );
    for (const outcome of outcomes) if (outcome.status === "fulfilled") runtimes.push(outcome.value);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    await fronts.running();
    const [one] = runtimes as [Runtime, ...Runtime[]];
    return {
      ...{ port, tlsPort, mtlsPort },
      httpUrl: `http://localhost:${port}`,
      tlsUrl: `https://localhost:${tlsPort}`,
      mtlsUrl: `https://localhost:${mtlsPort}`,
      apiKey,
      pki,
      miniflare: one.miniflare,
      workerdPid: one.workerdPid,
      workerdPids: () => runtimes.flatMap((runtime) => runtime.workerdPid() ?? []),
      evict: (stationId, how) => (runtimes[shardOf(stationId, shards)] as Runtime).evict(stationId, how),
      stop: async () => {
        try {
          await stop(true);
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    await stop(false);
    throw error;
  }
}

/** Not the keys of its CAs. */
function publicPki({ rootPem, stationCaPem, server, revocations: { path, issuerKeyId } }: Pki): FrontThreadData["pki"] {
  return { rootPem, stationCaPem, server, revoked: { path, issuerKeyId } };
}

function logErrors(line: string, level: string): void {
  if (level === "error") process.stderr.write(`${line}\n`);
}
