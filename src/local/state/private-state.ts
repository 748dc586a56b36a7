/**
 * What the workerd processes keep holds webhooks' secrets and what stations said: it is the owner's alone. Must not know
 * what a file is.
 */
import { chmodSync, existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

const OTHERS = 0o077;

/** For what this process and its children make from now on; a workerd takes no mode for its files. */
export function keepNewFilesPrivate(): void {
  process.umask(OTHERS);
}

/** What an older release left open to others; a folder last, so that one that is closed holds nothing that is open. */
export function closeToOthers(path: string): void {
  if (!existsSync(path)) return;
  const status = lstatSync(path);
  if (status.isSymbolicLink() || (status.mode & OTHERS) === 0) return;
  if (status.isDirectory()) for (const name of readdirSync(path)) closeToOthers(join(path, name));
  try {
    chmodSync(path, status.mode & 0o700);
  } catch {
    // Somebody else's, whose affair it is.
  }
}
