/**
 * What webhooks have acknowledged since the row that says so, as it rides with the socket. Must not know rows or sockets.
 */
import type { Cursor, Cursors } from "../../delivery/outbox.ts";

/**
 * Where acknowledged sequences are kept between two rows: with the socket, which hibernation spares and a crash does not. What
 * a crash takes is sent once more.
 */
export type Carrier = () => {
  readonly acknowledged: Acknowledged;
  /** `false`: nothing is kept for this socket any more. */
  carry(acknowledged: Acknowledged): boolean;
} | null;
/** By `cursorKey`. */
export type Acknowledged = Record<string, number>;

/** What must be as the row has it. May be forgotten: how far the webhook got, and that its batches grew again. */
const ALIKE = [
  "failures",
  "retryAt",
  "deadFrom",
  "deadTo",
  "lost",
  "replayedAt",
  "thinnedTo",
  "kept",
  "suspectTo",
  "proof",
  "proven",
] as const;

/** Nothing but progress since the row was written, and less than `rowEvery` of it. */
function isCarried(saved: Cursor | undefined, cursor: Cursor, rowEvery: number): boolean {
  if (saved === undefined) return false;
  const isUneventful = ALIKE.every((field) => saved[field] === cursor[field]);
  const ahead = cursor.acknowledged - saved.acknowledged;
  return isUneventful && ahead >= 0 && ahead < rowEvery;
}

/** What rides with the socket; `null`: a row must say it. */
export function toCarry(saved: Cursors, cursors: Cursors, rowEvery: number): Acknowledged | null {
  const entries = Object.entries(cursors);
  // A webhook that was removed would come back with the row.
  if (Object.keys(saved).length > entries.length) return null;
  if (!entries.every(([key, cursor]) => isCarried(saved[key], cursor, rowEvery))) return null;
  return Object.fromEntries(entries.map(([key, cursor]) => [key, cursor.acknowledged]));
}

/** The cursors of the row, as far as the socket knows them to be. */
export function carried(saved: Cursors, acknowledged: Acknowledged): Cursors {
  const entries = Object.entries(saved).map(([key, cursor]) => {
    const further = Math.max(cursor.acknowledged, acknowledged[key] ?? 0);
    return [key, { ...cursor, acknowledged: further }] as const;
  });
  return Object.fromEntries(entries);
}
