/**
 * The local edge: the Worker in workerd by way of miniflare, its state on disk, and three fronts before it.
 * Must not know what the Worker does, nor who started it.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare, NoOpLog, type V4WorkerOptions } from "miniflare";
import { ensureApiKey } from "./api-key.ts";
import { bundleWorker } from "./bundle.ts";
import { applyMigrations, migrationFiles } from "./directory-migrations.ts";
import { directoryDatabase, directoryWorker } from "./directory-worker.ts";
import { type Front, startFront } from "./front.ts";
import { openPki, type Pki } from "./pki/pki.ts";
import { endStaleRuntimes, findRuntime, forgetRuntime, recordRuntime, runtimeEnvironment } from "./runtime-process.ts";
import { limitedBindings, type RateLimits, readWorkerConfig, workerVars } from "./worker-settings.ts";

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
  /** Takes each line the Worker logs. */
  log?: (line: string, level: string) => void;
  /** True leaves SIGINT, SIGTERM and SIGHUP to the caller; miniflare would end the process at once, with its own code. */
  ownSignals?: boolean;
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
  miniflare: Miniflare;
  /** Undefined where there is no /proc. */
  workerdPid(): number | undefined;
  evict(stationId: string, options?: { webSockets?: "hibernate" | "close" }): Promise<void>;
  stop(): Promise<void>;
}

const STATION_CLASS = "ChargingStation";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  await endStaleRuntimes(dir);
  const pki = await openPki(join(dir, "pki"));
  const frontSecret = randomBytes(32).toString("hex");
  let upstreamPort: number | undefined;
  const fronts = await startFronts(options, pki, frontSecret, () => upstreamPort);
  try {
    const [front, tlsFront, mtlsFront] = fronts;
    const apiKey = ensureApiKey(dir);
    const runtime = await startRuntime(options, dir, { frontSecret, apiKey, mtlsPort: mtlsFront.port }, (port) => {
      upstreamPort = port;
    });
    return {
      port: front.port,
      tlsPort: tlsFront.port,
      mtlsPort: mtlsFront.port,
      httpUrl: `http://localhost:${front.port}`,
      tlsUrl: `https://localhost:${tlsFront.port}`,
      mtlsUrl: `https://localhost:${mtlsFront.port}`,
      apiKey,
      pki,
      ...runtime,
      stop: async () => {
        for (const each of fronts) each.close();
        await runtime.miniflare.dispose();
        forgetRuntime(dir);
      },
    };
  } catch (error) {
    for (const each of fronts) each.close();
    throw error;
  }
}

async function startFronts(options: EdgeOptions, pki: Pki, secret: string, upstreamPort: () => number | undefined) {
  const started: Front[] = [];
  const start = async (port: number | undefined, tls: object) => {
    const front = await startFront({ port: port ?? 0, secret, upstreamPort, ...tls });
    started.push(front);
    return front;
  };
  const serverCertificates = [pki.server.ecdsa, pki.server.rsa];
  const clientCertificates = { rootPem: pki.rootPem, revocations: pki.revocations };
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

async function startRuntime(
  options: EdgeOptions,
  dir: string,
  secrets: RuntimeSecrets,
  onPort: (port: number) => void,
): Promise<Pick<Edge, "miniflare" | "workerdPid" | "evict">> {
  const config = readWorkerConfig();
  const contents = await bundleWorker(options.entry ?? config.main, config.textExtensions);
  const token = randomBytes(16).toString("hex");
  const log = options.log ?? logErrors;
  const before = SIGNALS.map((signal) => process.rawListeners(signal));
  const announce = async () => {
    const { port } = await miniflare.ready;
    const pid = findRuntime(token);
    if (pid !== undefined) recordRuntime(dir, pid);
    return Number(port);
  };
  const worker: V4WorkerOptions = {
    ...config.options,
    name: config.name,
    modules: [{ type: "ESModule", path: "worker.js", contents }],
    bindings: workerVars(config, { ...secrets, env: options.env ?? {} }),
    ratelimits: limitedBindings(config, options),
    serviceBindings: { ...config.options.serviceBindings, ...options.serviceBindings },
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      // Otherwise it is fetched from the network; the fronts write their own.
      cf: false,
      log: new NoOpLog(),
      logRequests: false,
      handleStructuredLogs: ({ message, level }) => log(message, level),
      unsafeRuntimeEnv: runtimeEnvironment(dir, token),
      unsafeHandleRuntimeRestart: async () => onPort(await announce()),
      ...(options.persist === false ? {} : { resourcePersistencePath: join(dir, "state") }),
      workers: [worker, directoryWorker(config.options, secrets.frontSecret)],
    }),
  );
  if (options.ownSignals === true) removeNewListeners(before);
  try {
    const port = await announce();
    if (migrationFiles(config.migrationsDir).length > 0) {
      await applyMigrations(directoryDatabase(miniflare, secrets.frontSecret), config.migrationsDir);
    }
    onPort(port);
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
  return {
    miniflare,
    workerdPid: () => findRuntime(token),
    evict: (stationId, { webSockets = "hibernate" } = {}) =>
      miniflare.unsafeEvictDurableObject(config.name, STATION_CLASS, { name: stationId, webSockets }),
  };
}

function removeNewListeners(before: unknown[][]): void {
  SIGNALS.forEach((signal, index) => {
    for (const listener of process.rawListeners(signal)) {
      if (!before[index]?.includes(listener)) process.removeListener(signal, listener as () => void);
    }
  });
}

function logErrors(line: string, level: string): void {
  if (level === "error") process.stderr.write(`${line}\n`);
}
