/**
 * `npm start`: the local edge as a process, from its environment to its exit code. Must not know how the edge is built.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { localFolder } from "./state/local-folder.ts";

const READY_WITHIN_MS = 15_000;
const HEALTH_POLL_MS = 25;
const STOP_WITHIN_MS = 4_000;

function port(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 65_535)) throw new Error(`${name} must be a port number, not ${JSON.stringify(text)}`);
  return value;
}

async function waitUntilHealthy(url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    const body = await response?.text().catch(() => "");
    if (response?.status === 200) return;
    if (performance.now() > deadline) {
      const answer = response === undefined ? "nothing" : `${response.status} ${body}`;
      throw new Error(`${url}/healthz answers ${answer} after ${READY_WITHIN_MS / 1000} s`);
    }
    await delay(HEALTH_POLL_MS);
  }
}

let stopEdge = async () => {};
let isStopping = false;

// A terminal sends SIGINT to the whole group and npm passes it on: the second one must not cut the stop short.
async function stop(exitCode: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  // Miniflare ends workerd as the process exits, so that even a hanging stop leaves nothing behind.
  setTimeout(() => process.exit(exitCode), STOP_WITHIN_MS).unref();
  await stopEdge();
  process.exit(exitCode);
}

async function run(): Promise<void> {
  const dir = localFolder(process.env);
  // Miniflare and wrangler are megabytes of script: compiled once, they load in half the time.
  enableCompileCache(join(dir, "compile-cache"));
  // Miniflare and wrangler look there for settings that mean nothing here, and fail where they may not.
  process.env.HOME = dir;
  const { startEdge } = await import("./edge.ts");
  const { rateLimits, readWorkerConfig, workerEnvironment } = await import("./runtime/worker-settings.ts");
  const { descriptorLimit, enoughShards, wantedShards } = await import("./runtime/shard-count.ts");
  const { configOf } = await import("../config.ts");
  const worker = await readWorkerConfig();
  const env = workerEnvironment(worker, process.env);
  // The Worker would say it by the log alone, at every request.
  const settings = { ...worker.vars, ...env };
  // The CAs of the development PKI are STATION_CAS where none is set, and are not made yet.
  const hasOwnCas = settings.MTLS_TRUST === "worker" && (settings.STATION_CAS ?? "") === "";
  const { JURISDICTION } = configOf({ ...settings, ...(hasOwnCas && { MTLS_TRUST: "edge" }) });
  if (JURISDICTION !== undefined)
    process.stdout.write(`JURISDICTION = ${JURISDICTION} is ignored: all is on this machine\n`);
  const edge = await startEdge({
    dir,
    port: port("KERBSIDE_PORT", 8080),
    tlsPort: port("KERBSIDE_TLS_PORT", 8443),
    mtlsPort: port("KERBSIDE_MTLS_PORT", 8444),
    env,
    ...rateLimits(process.env),
    workerds: wantedShards(process.env),
    workerdsInNewFolder: enoughShards(descriptorLimit()),
    log: (line) => process.stdout.write(`${line}\n`),
    ownSignals: true,
  });
  stopEdge = edge.stop;
  if (isStopping) return edge.stop();
  await waitUntilHealthy(edge.httpUrl);
  process.stdout.write(`API, and security profiles 0 and 1       ${edge.httpUrl}
Security profile 2                       ${edge.tlsUrl.replace("https", "wss")}
Security profile 3                       ${edge.mtlsUrl.replace("https", "wss")}
API key                                  ${env.API_KEYS === undefined ? edge.apiKey : "those of API_KEYS"}
Root certificate, for stations to trust  ${edge.pki.rootPath}
ready
`);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));

run().catch((error: Error) => {
  if (isStopping) return;
  process.stderr.write(`${error.message}\n`);
  void stop(1);
});
