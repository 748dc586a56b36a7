/**
 * What all workerd processes of an edge have in common: the Worker in one module, its bindings, the platform's services made cheap.
 * Must not know how many there are, nor the fronts.
 */
import { existsSync } from "node:fs";
import type { V4WorkerOptions } from "miniflare";
import { bundleWorker } from "./bundle.ts";
import { LOOK_AFTER_MS } from "./look-around.ts";
import { limiterOptions, queueSettings, type RateLimits, readWorkerConfig, workerVars } from "./worker-settings.ts";

/** What is asked of every workerd of an edge. */
export interface RuntimeRequest extends RateLimits {
  /** Variables for the Worker, over those in wrangler.toml. */
  env?: Record<string, string>;
  /** Another Worker module than src/worker.ts, for tests. */
  entry?: string;
  serviceBindings?: NonNullable<V4WorkerOptions["serviceBindings"]>;
  /** False keeps the Worker's state in a temporary folder, which goes with the edge. */
  persist?: boolean;
  /** True leaves SIGINT, SIGTERM and SIGHUP to the caller; miniflare would end the process at once, with its own code. */
  ownSignals?: boolean;
  /** ms from a start to the first look at a station that did not come back. */
  lookAfterMs?: number;
}

const STATION_CLASS = "ChargingStation";

interface RuntimeSecrets {
  frontSecret: string;
  apiKey: string;
  mtlsPort: number;
  stationCas: string;
}

/** What all workerd processes have in common. */
export async function runtimeSettings(
  options: RuntimeRequest,
  secrets: RuntimeSecrets,
  log: (line: string, level: string) => void,
) {
  const config = await readWorkerConfig();
  const contents = await bundleWorker(options.entry ?? config.main, config.textExtensions);
  // The gate's own take their place.
  const { ratelimits, queueProducers, queueConsumers, assets, ...bindings } = config.options;
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
    // The files alone, without the two Workers that the platform's simulation puts before them.
    serviceBindings: { ...bindings.serviceBindings, ...assetFiles(assets), ...options.serviceBindings },
  };
  return {
    worker,
    stationClass: STATION_CLASS,
    migrationsDir: config.migrationsDir,
    directorySecret: secrets.frontSecret,
    // The fronts pass no header of these names on.
    localHeaders: (what: string) => ({ "X-Kerbside-Front": secrets.frontSecret, "X-Kerbside-Local": what }),
    lookHeaders: (id: string) => ({
      "X-Kerbside-Front": secrets.frontSecret,
      "X-Kerbside-Look": encodeURIComponent(id),
    }),
    lookAfterMs: options.lookAfterMs ?? LOOK_AFTER_MS,
    persist: options.persist !== false,
    log,
    ownSignals: options.ownSignals === true,
  };
}

/** None where they were not built. */
function assetFiles(assets: V4WorkerOptions["assets"]): NonNullable<V4WorkerOptions["serviceBindings"]> {
  if (assets?.binding === undefined || !existsSync(assets.directory)) return {};
  return { [assets.binding]: { disk: { path: assets.directory, writable: false } } };
}
