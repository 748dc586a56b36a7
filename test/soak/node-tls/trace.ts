/**
 * Who takes certificates off the stack that OpenSSL keeps of the peer's, told by gdb: each call of `OPENSSL_sk_delete` with its
 * callers. Must not know what counts as a leak.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Arm } from "./arguments.ts";
import { connectMany } from "./connections.ts";
import type { Identities } from "./identities.ts";
import { secureContextOf } from "./matrix.ts";
import type { NodeRelease } from "./node-release.ts";
import { startServer } from "./server-process.ts";

export interface Removals {
  /** Innermost first. */
  callers: string[];
  count: number;
}

const CONNECTIONS = 20;
const FRAMES = 6;
const run = promisify(execFile);

/** Of one connection, those with a caller that handles certificates. */
export async function traceRemovals(release: NodeRelease, arm: Arm, identities: Identities): Promise<Removals[]> {
  try {
    await run("gdb", ["--version"]);
  } catch (error) {
    throw new Error("gdb is missing: it is Debian's package gdb (apt-get install gdb)", { cause: error });
  }
  const dir = mkdtempSync(join(tmpdir(), "kerbside-gdb-"));
  try {
    const log = join(dir, "log");
    const commands = [
      ...["set confirm off", "set pagination off", `set logging file ${log}`, "set logging redirect on"],
      ...["set logging enabled on", "break OPENSSL_sk_delete"],
      `python gdb.breakpoints()[0].commands = "silent\\nbt ${FRAMES}\\ncontinue"`,
      "run",
    ];
    const gdb = ["gdb", "-q", "-batch", ...commands.flatMap((command) => ["-ex", command]), "--args"];
    const server = await startServer(release.binary, arm, identities, gdb);
    try {
      await connectMany({ port: server.port, secureContext: secureContextOf(arm, identities) }, CONNECTIONS);
    } finally {
      await server.end();
    }
    return removalsOf(readFileSync(log, "utf8"), CONNECTIONS);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export function removalsOf(log: string, connections: number): Removals[] {
  const found = new Map<string, Removals>();
  for (const stack of log.split(/^(?=#0 )/m)) {
    const callers = [...stack.matchAll(/^#\d+ .*? in ([\w:~<>]+)/gm)].map((frame) => frame[1] as string);
    const certificate = callers.findLastIndex((name) => /X509Certificate/.test(name));
    if (callers[0] !== "OPENSSL_sk_delete" || certificate < 0) continue;
    const named = callers.slice(0, certificate + 1);
    const removals = found.get(named.join()) ?? { callers: named, count: 0 };
    removals.count += 1 / connections;
    found.set(named.join(), removals);
  }
  return [...found.values()];
}
