/**
 * One workerd by way of miniflare: started, started again when it crashed, stopped. Must not know fronts, ports of the edge
 * or that there may be others.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, NoOpLog, type V4WorkerOptions } from "miniflare";
import { applyMigrations, migrationFiles, refuseNewer } from "./directory-migrations.ts";
import { directoryDatabase, directoryWorker } from "./directory-worker.ts";
import { lookAround } from "./look-around.ts";
import { runtimeLine } from "./runtime-line.ts";
import { findRuntime, forgetRuntime, recordRuntime, runtimeEnvironment } from "./runtime-process.ts";

export interface RuntimeOptions {
  dir: string;
  worker: V4WorkerOptions;
  /** Class of the objects that `evict` is about. */
  stationClass: string;
  migrationsDir: string;
  directorySecret: string;
  /** Of a request that has the Worker look at a station. */
  lookHeaders: (stationId: string) => Record<string, string>;
  /** Of one that the Worker's own surroundings make. */
  localHeaders: (what: "list" | "scheduled" | "minute") => Record<string, string>;
  /** Stations that the directory has lost. */
  unlisted: readonly string[];
  /** ms from a start to the first such look. */
  lookAfterMs: number;
  persist: boolean;
  /** Called with its port once it can be asked, and again with another after each crash. */
  ready: (port: number) => void;
  log: (line: string, level: string) => void;
  /** True leaves SIGINT, SIGTERM and SIGHUP to the caller; miniflare would end the process at once, with its own code. */
  ownSignals: boolean;
}

export interface Runtime {
  miniflare: Miniflare;
  /** Undefined until it is ready; another one after each crash. */
  port(): number | undefined;
  /** Undefined where there is no /proc. */
  workerdPid(): number | undefined;
  evict(stationId: string, options?: { webSockets?: "hibernate" | "close" }): Promise<void>;
  stop(): Promise<void>;
}

/** ms between two rings of each cron; as wrangler.toml has them. */
const CRONS = { minute: 60_000, scheduled: 300_000 } as const;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const { dir, worker, stationClass, migrationsDir, directorySecret, log } = options;
  mkdirSync(dir, { recursive: true });
  const token = randomBytes(16).toString("hex");
  const before = SIGNALS.map((signal) => process.rawListeners(signal));
  let port: number | undefined;
  let looking = new AbortController();
  /** As the platform's cron does. */
  const ring = (what: keyof typeof CRONS) =>
    void miniflare.dispatchFetch("http://localhost/", { headers: options.localHeaders(what) }).catch(() => {});
  const crons = Object.entries(CRONS).map(([what, everyMs]) =>
    setInterval(ring, everyMs, what as keyof typeof CRONS).unref(),
  );
  /** What a process that ended took is found by nobody, where stations do not come back. */
  const look = () => {
    looking.abort();
    looking = new AbortController();
    const lookAt = (id: string) => miniflare.dispatchFetch("http://localhost/", { headers: options.lookHeaders(id) });
    void lookAround(directoryDatabase(miniflare, directorySecret), lookAt, options.lookAfterMs, looking.signal);
  };
  /** Miniflare fails where it is ended twice: once for a folder that was lost, and by whoever started the edge. */
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    looking.abort();
    for (const cron of crons) clearInterval(cron);
    await miniflare.dispose();
    forgetRuntime(dir);
  };
  const announce = async () => {
    const ready = await miniflare.ready;
    const pid = findRuntime(token);
    if (pid !== undefined) recordRuntime(dir, pid);
    return Number(ready.port);
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      // Otherwise it is fetched from the network; the fronts write their own.
      cf: false,
      log: new NoOpLog(),
      logRequests: false,
      handleStructuredLogs: (said) => {
        const { line, level } = runtimeLine(said.message, said.level);
        log(line, level);
      },
      unsafeRuntimeEnv: runtimeEnvironment(dir, token),
      unsafeHandleRuntimeRestart: async () => {
        port = await announce();
        options.ready(port);
        look();
      },
      ...(options.persist ? { resourcePersistencePath: join(dir, "state") } : {}),
      workers: [worker, directoryWorker(worker, directorySecret)],
    }),
  );
  if (options.ownSignals) removeNewListeners(before);
  try {
    const first = await announce();
    if (migrationFiles(migrationsDir).length > 0) {
      const directory = directoryDatabase(miniflare, directorySecret);
      await refuseNewer(directory, migrationsDir);
      await applyMigrations(directory, migrationsDir);
      for (const id of options.unlisted) {
        const headers = { ...options.lookHeaders(id), ...options.localHeaders("list") };
        await miniflare.dispatchFetch("http://localhost/", { headers });
      }
    }
    port = first;
    options.ready(first);
    look();
    ring("minute");
  } catch (error) {
    for (const cron of crons) clearInterval(cron);
    await miniflare.dispose();
    throw error;
  }
  return {
    miniflare,
    port: () => port,
    workerdPid: () => findRuntime(token),
    evict: (stationId, { webSockets = "hibernate" } = {}) =>
      miniflare.unsafeEvictDurableObject(worker.name ?? "", stationClass, { name: stationId, webSockets }),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

function removeNewListeners(before: unknown[][]): void {
  SIGNALS.forEach((signal, index) => {
    for (const listener of process.rawListeners(signal)) {
      if (!before[index]?.includes(listener)) process.removeListener(signal, listener as () => void);
    }
  });
}
