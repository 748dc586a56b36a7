/**
 * Which station a command was for, by its id alone: ids say when they were made, and the audit what was sent then. Must not know who
 * asks.
 */
import type { Kerbside } from "../../client/kerbside.ts";

/** [RFC 9562 §5.7] Version 7: its first 48 bits are ms since the epoch. */
const COMMAND_ID = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** ms around that in which the audit has it: clocks of an object and of a Worker are not one. */
const BEFORE_MS = 5_000;
const AFTER_MS = 60_000;
/** Entries of one page, and pages that are looked through. */
const PAGE = 500;
const PAGES_MAX = 4;

/** ms since the epoch; `null`: it is no id of a command. */
export function madeAt(id: string): number | null {
  const [, high, low] = COMMAND_ID.exec(id) ?? [];
  return high === undefined || low === undefined ? null : Number.parseInt(high + low, 16);
}

/** `null`: the audit has no such command. A campaign's are in the campaign alone. */
export async function stationOfCommand(client: Kerbside, commandId: string): Promise<string | null> {
  const at = madeAt(commandId);
  if (at === null) return null;
  const id = commandId.toLowerCase();
  const after = new Date(at - BEFORE_MS).toISOString();
  let before: string | null = new Date(at + AFTER_MS).toISOString();
  for (let page = 0; before !== null && page < PAGES_MAX; page++) {
    const { entries, cursor }: { entries: { commandId?: string; stationId: string | null }[]; cursor: string | null } =
      await client.audit.page({ after, before, limit: PAGE });
    const found = entries.find((entry) => entry.commandId === id);
    if (found !== undefined) return found.stationId;
    before = cursor;
  }
  return null;
}
