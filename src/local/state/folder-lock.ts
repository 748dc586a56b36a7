/**
 * One local edge a folder: a lock that the operating system holds and takes back when the process ends, however it ends.
 * Must not know what the folder holds.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { PUBLIC_MODE, replaceFile } from "./private-file.ts";

export interface FolderLock {
  release(): unknown;
}

/** Node has no flock; SQLite's own is one, on every system. Nobody may open this file otherwise: closing it would end the lock. */
const LOCK = "edge.lock";
/** Who holds it, for whoever does not get it. */
const OWNER = "edge.pid";
const OWNER_ATTEMPTS = 20;
const POLL_MS = 50;
const SQLITE_BUSY = 5;

/** `null`: another process, or another part of this one, holds it. @throws where there can be no such file */
export function tryLock(path: string): FolderLock | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    // Nothing is ever written: a full disk, too, can be locked.
    database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    const held = database;
    return { release: () => held.isOpen && held.close() };
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return null;
    throw new Error(`The file ${path} cannot be locked (${(error as Error).message}); is its folder writable?`, {
      cause: error,
    });
  }
}

/** For work that two processes may want to do at once, one after the other. @throws where it is not free in time */
export async function withLock<T>(path: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += POLL_MS) {
    const lock = tryLock(path);
    if (lock !== null) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (waited >= waitMs) throw new Error(`Another process holds ${path} for more than ${waitMs / 1_000} s`);
    await delay(POLL_MS);
  }
}

/** @throws where another edge runs on the folder */
export async function lockFolder(dir: string): Promise<FolderLock> {
  const lock = tryLock(join(dir, LOCK));
  if (lock === null) throw new Error(await refusal(dir));
  try {
    replaceFile(join(dir, OWNER), `${process.pid}\n`, PUBLIC_MODE);
  } catch (error) {
    lock.release();
    throw error;
  }
  return lock;
}

/** Another one may hold the lock and not have written down yet who it is. */
async function refusal(dir: string): Promise<string> {
  for (let attempt = 0; attempt < OWNER_ATTEMPTS; attempt++) {
    const pid = ownerOf(dir);
    if (pid !== undefined && isRunning(pid)) {
      return `Another local edge (process ${pid}) is running on ${dir}; stop it, or take another KERBSIDE_DIR`;
    }
    await delay(POLL_MS);
  }
  return `Another local edge is running on ${dir}; stop it, or take another KERBSIDE_DIR`;
}

function ownerOf(dir: string): number | undefined {
  try {
    const text = readFileSync(join(dir, OWNER), "utf8").trim();
    return /^\d+$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
