/**
 * Files that are whole or absent: written beside their place, flushed, then moved there. Must not know what they hold.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";

export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

function writeBeside(path: string, text: string, mode: number): string {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  // The mode belongs to the open: a chmod afterwards leaves a moment in which others can read the key.
  const file = openSync(temporary, "wx", mode);
  try {
    writeSync(file, text);
    // Without it a power cut can leave the new name on an empty file.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return temporary;
}

export function replaceFile(path: string, text: string, mode: number): void {
  renameSync(writeBeside(path, text, mode), path);
}

/** Returns false, and leaves the file as it is, when another process was first. */
export function createFile(path: string, text: string, mode: number): boolean {
  const temporary = writeBeside(path, text, mode);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary);
  }
}

/** A secret that others may read is made private. @throws where that is somebody else's to do */
export function keepPrivate(path: string, log: (line: string) => void): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  try {
    chmodSync(path, SECRET_MODE);
  } catch {
    throw new Error(`The secret in ${path} can be read by others (mode ${mode.toString(8)}); run: chmod 600 ${path}`);
  }
  log(`${path} could be read by others (mode ${mode.toString(8)}): its mode is 600 now; if somebody did, delete it`);
}
