/**
 * Why a folder cannot be used, in a sentence that names it, the cause and the remedy. Must not know who asks.
 */
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const PROBE = "probe.tmp";
/** As much as a few stations' messages: a disk may have a last block left, but no room. */
const PROBE_BYTES = Buffer.alloc(65_536);

/** What a failed system call says of the folder; `null`: nothing. */
export function folderFault(dir: string, error: unknown): string | null {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOSPC":
      return `No space is left on the disk of ${dir}; free some, or take another KERBSIDE_DIR`;
    case "EDQUOT":
      return `The disk quota of ${dir} is used up; free some of it, or take another KERBSIDE_DIR`;
    case "EROFS":
      return `The disk of ${dir} is mounted read-only; mount it for writing, or take another KERBSIDE_DIR`;
    case "EACCES":
    case "EPERM":
      return `This user may not write to ${pathOf(error, dir)}; give the right to, or take another KERBSIDE_DIR`;
    case "EEXIST":
    case "ENOTDIR":
      return `${dir} is no folder; move what is there, or take another KERBSIDE_DIR`;
    case "ENOENT":
      return `The folder ${dir} is gone; start again, which makes a new one`;
    case "EIO":
      return `The disk of ${dir} reports errors (EIO); look at its health, or take another KERBSIDE_DIR`;
    case "EMFILE":
    case "ENFILE":
      return "Too many files are open; raise the limit with `ulimit -n 20000` before the start";
    default:
      return null;
  }
}

/** By writing to it; `null`: it can be used. */
export function probeFolder(dir: string): string | null {
  const path = join(dir, PROBE);
  try {
    const file = openSync(path, "w");
    try {
      writeSync(file, PROBE_BYTES);
    } finally {
      closeSync(file);
    }
    return null;
  } catch (error) {
    return folderFault(dir, error) ?? `The folder ${dir} cannot be written: ${(error as Error).message}`;
  } finally {
    try {
      rmSync(path, { force: true });
    } catch {
      // What stands in the way of that was said.
    }
  }
}

function pathOf(error: unknown, dir: string): string {
  return (error as NodeJS.ErrnoException).path ?? dir;
}
