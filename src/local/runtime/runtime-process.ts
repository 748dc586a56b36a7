/**
 * The workerd process behind an edge: found, written down, and ended when a killed edge left it behind.
 * Must not know what it runs. Needs /proc, and does nothing where there is none.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PUBLIC_MODE, replaceFile } from "../state/private-file.ts";

interface ProcessIdentity {
  pid: number;
  /** In clock ticks since boot: tells a process from a later one of the same number. */
  startTime: string;
}
interface RuntimeRecord {
  workerd: ProcessIdentity;
  edge: ProcessIdentity;
  /** Where it was written, which a copy of the folder is not; absent in those of older releases. */
  dir?: string;
}

const TOKEN = "KERBSIDE_EDGE_TOKEN";
/** The folder and the edge of a workerd, for the time before it is written down. */
const FOLDER = "KERBSIDE_EDGE_FOLDER";
const EDGE = "KERBSIDE_EDGE_PROCESS";
const FILE = "workerd.pid";
const END_ATTEMPTS = 100;
const END_POLL_MS = 20;

/** By what a later edge on the folder finds this workerd, even one that was killed before it could write anything down. */
export function runtimeEnvironment(dir: string, token: string): Record<string, string> {
  const edge = identityOf(process.pid);
  return { [TOKEN]: token, [FOLDER]: dir, [EDGE]: edge === undefined ? "" : `${edge.pid} ${edge.startTime}` };
}

/** The child that was started with the token. Miniflare does not tell its process id. */
export function findRuntime(token: string): number | undefined {
  for (const name of processNumbers()) {
    const pid = Number(name);
    if (parentOf(pid) !== process.pid) continue;
    if (environmentOf(pid).includes(`${TOKEN}=${token}`)) return pid;
  }
  return undefined;
}

export function recordRuntime(dir: string, pid: number): void {
  const [workerd, edge] = [identityOf(pid), identityOf(process.pid)];
  if (workerd === undefined || edge === undefined) return;
  replaceFile(join(dir, FILE), `${JSON.stringify({ workerd, edge, dir } satisfies RuntimeRecord)}\n`, PUBLIC_MODE);
}

export function forgetRuntime(dir: string): void {
  rmSync(join(dir, FILE), { force: true });
}

/**
 * Two workerd processes on one folder would each hold its SQLite files open. Whoever calls it holds the folder's lock.
 * @throws where an edge lives that knew no lock
 */
export async function endStaleRuntimes(dir: string): Promise<void> {
  const orphans = orphansOf(dir);
  for (const folder of [dir, ...subfoldersOf(dir)]) {
    const record = readRecord(folder);
    if (record !== undefined && !isCopied(record, folder)) {
      refuseBeside(record.edge, dir);
      orphans.push(record.workerd);
    }
    forgetRuntime(folder);
  }
  for (const orphan of orphans) await end(orphan);
}

/** All: the number of this start need not be that of the one before. */
function subfoldersOf(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => /^workerd-\d+$/.test(name))
    .map((name) => join(dir, name));
}

/** Of an edge that runs, but on the folder that this one was copied from. */
const isCopied = (record: RuntimeRecord, folder: string): boolean =>
  record.dir !== undefined && record.dir !== folder && isAlive(record.edge);

function refuseBeside(edge: ProcessIdentity, dir: string): void {
  if (edge.pid === process.pid || !isAlive(edge)) return;
  throw new Error(
    `Another local edge (process ${edge.pid}) is running on ${dir}; stop it, or take another KERBSIDE_DIR`,
  );
}

async function end(workerd: ProcessIdentity): Promise<void> {
  for (let attempt = 0; isAlive(workerd); attempt++) {
    if (attempt === END_ATTEMPTS) throw new Error(`An old workerd (process ${workerd.pid}) does not end`);
    process.kill(workerd.pid, "SIGKILL");
    await delay(END_POLL_MS);
  }
}

/** What an edge left behind that was killed before it had written its workerd down. */
function orphansOf(dir: string): ProcessIdentity[] {
  return processNumbers().flatMap((name) => {
    const environment = environmentOf(Number(name));
    const folder = settingOf(environment, FOLDER);
    if (folder === undefined || (folder !== dir && !isSubfolder(folder, dir))) return [];
    const [pid, startTime = ""] = settingOf(environment, EDGE)?.split(" ") ?? [];
    const edge = { pid: Number(pid), startTime };
    refuseBeside(edge, dir);
    const orphan = identityOf(Number(name));
    return orphan === undefined ? [] : [orphan];
  });
}

const isSubfolder = (folder: string, dir: string): boolean =>
  folder.startsWith(`${dir}${sep}`) && /^workerd-\d+$/.test(folder.slice(dir.length + 1));

const settingOf = (environment: readonly string[], name: string): string | undefined =>
  environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);

function environmentOf(pid: number): string[] {
  return readText(`/proc/${pid}/environ`)?.split("\0") ?? [];
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
