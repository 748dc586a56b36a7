/**
 * How much of a log waits, by its rows: looked at one by one, and no further than needed. Must not know what is given up, nor
 * write anything.
 */
import type { LogEnd, Waiting } from "../../delivery/backlog.ts";
import type { Cursor } from "../../delivery/outbox.ts";
import { BYTES, IS_TRANSACTION } from "./log-sql.ts";
import type { Store } from "./store.ts";

export class WaitingRows {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The cursor with as many transactions up to its mark, and as many bytes behind it, as there are. */
  counted(cursor: Cursor, { head, bytes }: LogEnd): Cursor {
    const { acknowledged, thinnedTo = 0 } = cursor;
    if (acknowledged >= head) return { ...cursor, passedBytes: bytes };
    const waiting = this.bytesBehind(Math.max(acknowledged, thinnedTo), head);
    if (thinnedTo <= acknowledged) return { ...cursor, passedBytes: bytes - waiting };
    const kept = [...this.transactions(acknowledged, thinnedTo)];
    const keptBytes = kept.reduce((sum, event) => sum + event.bytes, 0);
    return { ...cursor, kept: kept.length, passedBytes: bytes - waiting - keptBytes };
  }

  bytesBehind(sequence: number, head: number): number {
    const [row] = this.#store.run<{ bytes: number }>(
      `SELECT total(${BYTES}) AS bytes FROM log WHERE sequence > ?1 AND sequence <= ?2`,
      sequence,
      head,
    );
    return row?.bytes ?? 0;
  }

  waiting(sequence: number, head: number): Iterable<Waiting> {
    return this.#store.each<Waiting & Record<string, number>>(
      `SELECT sequence, ${IS_TRANSACTION} AS "transaction", ${BYTES} AS bytes FROM log WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence`,
      sequence,
      head,
    );
  }

  transactions(sequence: number, head: number): Iterable<Waiting> {
    return this.#store.each<Waiting & Record<string, number>>(
      `SELECT sequence, 1 AS "transaction", ${BYTES} AS bytes FROM log
       WHERE sequence > ?1 AND sequence <= ?2 AND ${IS_TRANSACTION} ORDER BY sequence`,
      sequence,
      head,
    );
  }

  measure(which: string, from: number, upTo: number, enough: number): { last: number | null; bytes: number } {
    const found: { last: number | null; bytes: number } = { last: null, bytes: 0 };
    const query = `SELECT sequence, ${BYTES} AS bytes FROM log WHERE sequence > ?1 AND sequence <= ?2 AND ${which} ORDER BY sequence`;
    for (const { sequence, bytes } of this.#store.each<{ sequence: number; bytes: number }>(query, from, upTo)) {
      found.last = sequence;
      found.bytes += bytes;
      if (found.bytes >= enough) break;
    }
    return found;
  }
}
