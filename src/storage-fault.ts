/**
 * What an error says of the storage below an object. It crosses RPC as a text alone, so that is what tells. Must not know
 * whose storage it is, nor what is answered.
 */

/** The ends of our own texts, in the manner of SQLite's codes. */
export const NEWER_SCHEMA = "KERBSIDE_NEWER_SCHEMA";
export const DAMAGED_FACTS = "KERBSIDE_DAMAGED_FACTS";

/**
 * `full`: no room, reads go on. `damaged`: what is kept cannot be read. `newer`: a later release wrote it. `unusable`: it
 * cannot be opened or written, for a reason that the log has.
 */
export type StorageFault = "full" | "damaged" | "newer" | "unusable";

const FAULTS: readonly (readonly [RegExp, StorageFault])[] = [
  [/SQLITE_FULL|database or disk is full/, "full"],
  [new RegExp(`SQLITE_CORRUPT|SQLITE_NOTADB|${DAMAGED_FACTS}`), "damaged"],
  [new RegExp(NEWER_SCHEMA), "newer"],
  // The runtime keeps to itself why an object could not be started, or was ended for a write that failed.
  [/SQLITE_(?:IOERR|READONLY|CANTOPEN|PROTOCOL|NOMEM)|internal error; reference = /, "unusable"],
];

/** `null`: it says nothing of storage. */
export function storageFaultOf(error: unknown): StorageFault | null {
  const message = error instanceof Error ? error.message : String(error);
  return FAULTS.find(([pattern]) => pattern.test(message))?.[1] ?? null;
}
