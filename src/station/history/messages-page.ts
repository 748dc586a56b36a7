/**
 * A page of a station's history, out of its log: bounded in rows that are read and bytes that are answered. Must not know HTTP.
 */
import { commandOf } from "../command/command-row.ts";
import type { StationContext } from "../object/context.ts";
import type { MessageEntry, MessagesPage, MessagesQuery } from "../station-rpc.ts";
import { BYTES, isOfAction } from "../storage/log-sql.ts";
import { keptEvent } from "../storage/log-event.ts";
import { messageEntry, veilOf } from "./message-entry.ts";

/** Rows that are looked at for one page: ten times a log that waits for nobody. */
const ROWS_MAX = 2_000;
/** Bytes of one page: an RPC takes 32 MiB, an object has 128 MB for all it does. One event at least is answered. */
const PAGE_MAX_BYTES = 4_000_000;

const select = (order: "ASC" | "DESC"): string => `
  SELECT sequence, at, type, ${BYTES} AS bytes,
    iif((?3 IS NULL OR type = ?3) AND (?4 IS NULL OR ${isOfAction("?4")}), data, NULL) AS data
  FROM log WHERE sequence > ?1 AND sequence < ?2 ORDER BY sequence ${order} LIMIT ${ROWS_MAX}`;

type Row = { sequence: number; at: number; type: string; bytes: number; data: string | null };

export function messagesPage(
  { store, eventLog }: StationContext,
  query: MessagesQuery,
  maxBytes = PAGE_MAX_BYTES,
): MessagesPage {
  const { before, after, limit, action = null, type = null, isMasked } = query;
  const { floor, head } = eventLog;
  const isForward = before === undefined && after !== undefined;
  const range = [Math.max(after ?? 0, floor), Math.min(before ?? head + 1, head + 1)] as const;
  const veil = veilOf(isMasked);
  const requestOf = (id: string) => commandOf(store.documentText(`~command:${id}`) ?? "")?.payload;
  const messages: MessageEntry[] = [];
  let [bytes, rows, last] = [0, 0, 0];
  for (const row of store.each<Row>(select(isForward ? "ASC" : "DESC"), ...range, type, action)) {
    const { data, sequence } = row;
    if (data !== null) {
      bytes += row.bytes;
      const isFull = messages.length === limit || bytes > maxBytes;
      if (isFull && messages.length > 0) return { messages, cursor: last };
      messages.push(messageEntry(keptEvent({ ...row, data }), veil, requestOf));
    }
    last = sequence;
    rows++;
  }
  // There may be more behind what was looked at.
  return { messages, cursor: rows === ROWS_MAX ? last : null };
}
