/**
 * A local edge of which something is killed again and again: a station's object, the workerd, or the whole process, which is then started
 * again on the same ports. Must not know what a test expects.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openPki } from "../../src/local/pki/pki.ts";
import type { Edge } from "../../src/local/edge.ts";
import { freePorts } from "../chaos/edge-process.ts";
import { temporaryFolder } from "./edge-client.ts";
import { until } from "./http-peers.ts";
import { type Kerbside, kerbsideOf, startKerbside } from "./kerbside.ts";
import { LocalEdge } from "./local-edge.ts";

export type Killed = "object" | "workerd" | "process";

export interface KilledKerbside extends Kerbside {
  /** Resolves once it is up again. */
  crash(stationId: string, what?: Killed): Promise<void>;
}

/** A process that starts while others do takes its time. */
const UP_WITHIN_MS = 60_000;

/** @param kind what is killed where `crash` is not told; a process of its own takes no `entry` */
export async function startKilled(kind: Killed, env: Record<string, string>, entry: string): Promise<KilledKerbside> {
  if (kind === "process") return startProcess(env);
  const kerbside = await startKerbside(env, { entry, connectsPerStation: 10_000 });
  const crash = async (id: string, what: Killed = kind): Promise<void> => {
    const pid = kerbside.edge.workerdPid();
    if (what === "object" || pid === undefined) {
      await (await fetch(`${kerbside.edge.httpUrl}/test/crash?station=${id}`)).json();
      return;
    }
    process.kill(pid, "SIGKILL");
    await until(
      "another workerd",
      async () => (await isHealthy(kerbside)) && kerbside.edge.workerdPid() !== pid,
      UP_WITHIN_MS,
    );
  };
  return { ...kerbside, crash };
}

const isHealthy = async ({ api }: Kerbside): Promise<boolean> =>
  (await api("GET", "/healthz").catch(() => null))?.status === 200;

async function startProcess(env: Record<string, string>): Promise<KilledKerbside> {
  const folder = temporaryFolder();
  const [port = 0, tlsPort = 0, mtlsPort = 0] = await freePorts(3);
  const start = async (): Promise<LocalEdge> => {
    const ports = { KERBSIDE_PORT: `${port}`, KERBSIDE_TLS_PORT: `${tlsPort}`, KERBSIDE_MTLS_PORT: `${mtlsPort}` };
    const running = new LocalEdge(folder.dir, { ...ports, KERBSIDE_CONNECTS_PER_STATION: "10000", ...env });
    if (!(await running.ready())) throw new Error(`the local edge did not start: ${running.errors}`);
    return running;
  };
  let running = await start();
  const [httpUrl, tlsUrl, mtlsUrl] = [
    `http://localhost:${port}`,
    `https://localhost:${tlsPort}`,
    `https://localhost:${mtlsPort}`,
  ];
  const apiKey = readFileSync(join(folder.dir, "api-key"), "utf8").trim();
  const addresses = { port, tlsPort, mtlsPort, httpUrl, tlsUrl, mtlsUrl, apiKey };
  const pki = await openPki(join(folder.dir, "pki"));
  // What is in another process cannot be reached from this one.
  const kerbside = kerbsideOf({ ...addresses, pki, workerdPid: () => undefined } as unknown as Edge, async () => {
    await running.kill("SIGTERM");
    folder.remove();
  });
  let starting: Promise<void> | null = null;
  const crash = async (): Promise<void> => {
    starting ??= (async () => {
      await running.kill();
      running = await start();
    })().finally(() => {
      starting = null;
    });
    await starting;
  };
  return { ...kerbside, crash };
}
