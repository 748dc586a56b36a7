/**
 * What the Worker is given locally: bindings from wrangler.toml, variables from the environment, the local ones on top.
 * Must not know how it is run.
 */
import { createHash } from "node:crypto";
import { SETTINGS } from "../../config.ts";
import { SCOPES } from "../../security/api-key.ts";
import type { QueueSettings } from "./local-queue.ts";
import type { RateLimiterOptions } from "./rate-limiter.ts";
import { type WranglerReading, wranglerConfig } from "./wrangler-readings.ts";

/** Those that the local edge sets itself. */
const OWN: readonly string[] = ["LOCAL", "MTLS_HOSTS"];
/** Beside those that wrangler.toml names under [vars]. */
const PASSED_THROUGH = SETTINGS.filter((name) => !OWN.includes(name));

/** The whole local fleet has one address, so the limit that wrangler.toml sets for an address would be the fleet's. */
const CONNECTS_PER_ADDRESS = 100_000;

/** ms; what waits in the local queue is lost in a crash, and D1 is near. */
const QUEUE_WAIT_MAX_MS = 100;

/** ms; a local D1 is not out of reach for long. */
const RETRY_WAIT_MAX_MS = 5_000;

export interface RateLimits {
  connectsPerStation?: number | undefined;
  connectsPerAddress?: number | undefined;
}

export interface WorkerConfig extends WranglerReading {
  /** Files the Worker imports as text. */
  textExtensions: string[];
}

export async function readWorkerConfig(): Promise<WorkerConfig> {
  const reading = await wranglerConfig();
  const { modulesRules = [], ...options } = reading.options;
  const textExtensions = modulesRules
    .filter(({ type }) => type === "Text")
    .flatMap(({ include }) => include)
    .flatMap((glob) => /^\*\*\/\*(\.\w+)$/.exec(glob)?.[1] ?? []);
  return { ...reading, options, textExtensions };
}

/** The part of an environment that is meant for the Worker. */
export function workerEnvironment(config: WorkerConfig, env: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const name of [...Object.keys(config.vars), ...PASSED_THROUGH]) {
    const value = env[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}

export function rateLimits(env: NodeJS.ProcessEnv): RateLimits {
  return {
    connectsPerStation: count(env, "KERBSIDE_CONNECTS_PER_STATION"),
    connectsPerAddress: count(env, "KERBSIDE_CONNECTS_PER_ADDRESS"),
  };
}

export interface LocalVars {
  mtlsPort: number;
  apiKey: string;
  frontSecret: string;
  /** PEM: the development PKI's root and station CA. */
  stationCas: string;
  env: Record<string, string>;
}

export function workerVars(config: WorkerConfig, { mtlsPort, apiKey, frontSecret, stationCas, env }: LocalVars) {
  const key = { name: "development", sha256: createHash("sha256").update(apiKey).digest("hex"), scopes: SCOPES };
  return {
    ...config.vars,
    ALLOW_PROFILE_0: "true",
    API_KEYS: JSON.stringify([key]),
    STATION_CAS: stationCas,
    ...env,
    LOCAL: "true",
    MTLS_HOSTS: `localhost:${mtlsPort}`,
    FRONT_SECRET: frontSecret,
  };
}

/** What the gate makes of wrangler.toml's rate limits, by the name of the binding. */
export function limiterOptions(config: WorkerConfig, limits: RateLimits): Record<string, RateLimiterOptions> {
  const wanted: Record<string, number | undefined> = {
    CONNECT_BY_STATION: limits.connectsPerStation,
    CONNECT_BY_ADDRESS: limits.connectsPerAddress ?? CONNECTS_PER_ADDRESS,
  };
  const bindings = Object.entries(config.options.ratelimits ?? {});
  return Object.fromEntries(
    bindings.map(([name, { simple }]) => [
      name,
      { limit: wanted[name] ?? simple.limit, periodSeconds: simple.period ?? 60 },
    ]),
  );
}

/** What the gate makes of the queues that this Worker itself consumes, by the name of the binding. */
export function queueSettings({ options }: WorkerConfig): Record<string, QueueSettings> {
  const producers = (options.queueProducers ?? {}) as Record<string, { queueName: string }>;
  const consumers = (options.queueConsumers ?? {}) as Record<string, QueueConsumer>;
  const own = Object.entries(producers).filter(([, { queueName }]) => queueName in consumers);
  return Object.fromEntries(
    own.map(([name, { queueName }]) => {
      const {
        maxBatchSize = 10,
        maxBatchTimeout = 5,
        maxRetries = 3,
        retryDelay = 0,
      } = consumers[queueName] as QueueConsumer;
      const settings = {
        queueName,
        batchSize: maxBatchSize,
        batchTimeoutMs: Math.min(maxBatchTimeout * 1_000, QUEUE_WAIT_MAX_MS),
        retriesMax: maxRetries,
        retryDelayMs: Math.min(retryDelay * 1_000, RETRY_WAIT_MAX_MS),
        retryDelayMaxMs: RETRY_WAIT_MAX_MS,
      };
      return [name, settings];
    }),
  );
}

interface QueueConsumer {
  maxBatchSize?: number;
  /** Seconds. */
  maxBatchTimeout?: number;
  maxRetries?: number;
  /** Seconds. */
  retryDelay?: number;
}

function count(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${name} must be a number from 1, not ${JSON.stringify(text)}`);
  return Number(text);
}
