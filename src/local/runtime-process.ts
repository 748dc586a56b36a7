/**
 * The workerd process behind an edge: found, written down, and ended when a killed edge left it behind.
 * Must not know what it runs. Needs /proc, and does nothing where there is none.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PUBLIC_MODE, replaceFile } from "./pki/private-file.ts";

interface ProcessIdentity {
  pid: number;
  /** In clock ticks since boot: tells a process from a later one of the same number. */
  startTime: string;
}
interface RuntimeRecord {
  workerd: ProcessIdentity;
  edge: ProcessIdentity;
}

const TOKEN = "KERBSIDE_EDGE_TOKEN";
const FILE = "workerd.pid";
const END_ATTEMPTS = 100;
const END_POLL_MS = 20;

export function runtimeEnvironment(token: string): Record<string, string> {
  return { [TOKEN]: token };
}

/** The child that was started with the token. Miniflare does not tell its process id. */
export function findRuntime(token: string): number | undefined {
  for (const name of processNumbers()) {
    const pid = Number(name);
    if (parentOf(pid) !== process.pid) continue;
    const environment = readText(`/proc/${name}/environ`)?.split("\0");
    if (environment?.includes(`${TOKEN}=${token}`)) return pid;
  }
  return undefined;
}

export function recordRuntime(dir: string, pid: number): void {
  const [workerd, edge] = [identityOf(pid), identityOf(process.pid)];
  if (workerd === undefined || edge === undefined) return;
  replaceFile(join(dir, FILE), `${JSON.stringify({ workerd, edge } satisfies RuntimeRecord)}\n`, PUBLIC_MODE);
}

export function forgetRuntime(dir: string): void {
  rmSync(join(dir, FILE), { force: true });
}

/** Two workerd processes on one folder would each hold its SQLite files open. */
export async function endStaleRuntime(dir: string): Promise<void> {
  const record = readRecord(dir);
  if (record === undefined) return;
  if (isAlive(record.edge)) throw new Error(`Another local edge (process ${record.edge.pid}) is running on ${dir}`);
  for (let attempt = 0; isAlive(record.workerd); attempt++) {
    if (attempt === END_ATTEMPTS) throw new Error(`An old workerd (process ${record.workerd.pid}) does not end`);
    process.kill(record.workerd.pid, "SIGKILL");
    await delay(END_POLL_MS);
  }
  forgetRuntime(dir);
}

function readRecord(dir: string): RuntimeRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(dir, FILE), "utf8")) as Partial<RuntimeRecord>;
    return record.workerd !== undefined && record.edge !== undefined ? (record as RuntimeRecord) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTime === identity.startTime;
}

function identityOf(pid: number): ProcessIdentity | undefined {
  const fields = statOf(pid);
  // A zombie has ended, only nobody has asked for its exit code.
  if (fields === undefined || fields[0] === "Z") return undefined;
  return { pid, startTime: fields[19] ?? "" };
}

function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1];
  return parent === undefined ? undefined : Number(parent);
}

/** The fields of /proc/<pid>/stat from the third on, behind the name, which may itself hold spaces and brackets. */
function statOf(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function processNumbers(): string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
