/**
 * The rows of a log as a ring: those that webhooks wait for, and those that nobody needs, whose place the next may take.
 * Must not know what a delivery is or how an event is made.
 */
import { isAtBound, isBeyondBound, thinned, type Waiting } from "../delivery/backlog.ts";
import { type Cursor, type Cursors, spentUpTo, thinnedUpTo, type Webhook } from "../delivery/outbox.ts";
import { isTransactional, TRANSACTIONAL } from "../ocpp/actions.ts";
import type { DeliveryFacts, LogRow, Store } from "./store.ts";

const IS_TRANSACTION = `(type = 'ocpp.call' AND data ->> 'action' IN (${[...TRANSACTIONAL].map((action) => `'${action}'`).join(", ")}))`;

/** ms between two lines of the log that say that a station's events are given up or its messages refused. */
const SAID_EVERY_MS = 3_600_000;

/** Events kept for looking back, once they are delivered. */
export const RING_EVENTS = 200;
const OLDEST = "SELECT min(sequence) AS sequence FROM log WHERE sequence > ?1 AND sequence <= ?2";

export class LogRows {
  readonly #store: Store;
  /** Events that may wait for one webhook. */
  readonly max: number;
  #floor = 0;
  /** `null`: not asked for yet. */
  #oldestKnown: number | null = null;
  /** Up to here the log holds events of transactions alone. The log's floor: it has no gaps. */
  #reusedTo = 0;
  #knownGaps = false;
  #fullSaidAt: number | undefined;
  /** Events were given up since `takeLoss` was last asked. */
  #hasLost = false;

  constructor(store: Store, max: number) {
    this.#store = store;
    this.max = max;
  }

  restore({ reusedTo = 0, fullSaidAt }: DeliveryFacts, floor: number): void {
    this.#floor = floor;
    this.#reusedTo = Math.max(reusedTo, floor);
    this.#knownGaps = this.#reusedTo > floor;
    this.#fullSaidAt = fullSaidAt;
  }

  /** What must be known after a wake, to be written down. */
  takeFacts(): Pick<DeliveryFacts, "reusedTo" | "fullSaidAt"> {
    const fullSaidAt = this.#fullSaidAt;
    this.#knownGaps = this.#reusedTo > this.#floor;
    return { ...(this.#reusedTo > 0 && { reusedTo: this.#reusedTo }), ...(fullSaidAt !== undefined && { fullSaidAt }) };
  }

  /** Whether it is to be said that events are given up or refused: once an hour. */
  takeLoss(refused: boolean, at: number): boolean {
    if (!(this.#hasLost || refused) || Math.abs(at - (this.#fullSaidAt ?? 0)) < SAID_EVERY_MS) return false;
    this.#hasLost = false;
    this.#fullSaidAt = at;
    return true;
  }

  /** There are gaps that the facts do not tell of. */
  get hasNewGaps(): boolean {
    return this.#reusedTo > this.#floor && !this.#knownGaps;
  }

  /** Whether it reaches back so far. There are gaps only in a log that was thinned. */
  #holds(events: number, head: number): boolean {
    // Asking for the oldest costs a statement, which a short log can do without.
    return head - this.#floor >= events && head - this.#oldest(head) + 1 >= events;
  }

  #oldest(head: number): number {
    this.#oldestKnown ??=
      this.#store.run<{ sequence: number | null }>(OLDEST, this.#floor, head)[0]?.sequence ?? this.#floor + 1;
    return this.#oldestKnown;
  }

  /** The sequence of a row that nobody needs any more; `null`: there is none, or the ring is not full. */
  reusable(cursors: Cursors, head: number): number | null {
    const isFull = this.#holds(RING_EVENTS, head);
    if (isFull && this.#oldest(head) <= spentUpTo(cursors, head, this.max)) return this.#oldest(head);
    return this.#gap(cursors, head);
  }

  /** @param reused the row that it takes the place of, since a delete would cost a second; `null`: none */
  put({ sequence, at, type, data }: LogRow, reused: number | null): void {
    if (reused === null) {
      this.#store.write(`event ${sequence}`, "INSERT INTO log VALUES (?1, ?2, ?3, ?4)", sequence, at, type, data);
      return;
    }
    const isOldest = reused === this.#oldestKnown;
    // Asked for anew, should the row not be there, and where behind it there may be a gap.
    if (isOldest) this.#oldestKnown = null;
    this.#store.write(
      `event ${sequence}, in place of ${reused},`,
      "UPDATE log SET sequence = ?1, at = ?2, type = ?3, data = ?4 WHERE sequence = ?5",
      sequence,
      at,
      type,
      data,
      reused,
    );
    if (isOldest && this.#reusedTo <= this.#floor) this.#oldestKnown = reused + 1;
  }

  /** After an outage the ring goes back to its size; until then it only grew. */
  shrink(cursors: Cursors, head: number): void {
    if (!this.#holds(2 * RING_EVENTS + 1, head)) return;
    const upTo = Math.min(spentUpTo(cursors, head, this.max), head - RING_EVENTS);
    if (upTo < this.#oldest(head)) return;
    const range = [this.#floor, upTo] as const;
    this.#store.write("a shorter log", "DELETE FROM log WHERE sequence > ?1 AND sequence <= ?2", ...range);
    const isWhole = upTo >= this.#reusedTo;
    if (isWhole) this.#reusedTo = this.#floor;
    this.#oldestKnown = isWhole ? upTo + 1 : null;
  }

  /** Is there room for a CALL of this action? Only where no webhook takes any there may be none; transactions are refused last. */
  hasRoomFor(cursors: Cursors, head: number, action: string): boolean {
    // Refused, a station could not come back, whatever is wrong with the webhooks.
    if (action === "BootNotification") return true;
    const kind = isTransactional(action) ? "transactional" : action === "MeterValues" ? "periodic" : "other";
    return !isAtBound(cursors, head, this.max, kind);
  }

  /** The newest event that a webhook has acknowledged, as far as that is known; `null`: there is none left. */
  acknowledgedBefore(cursor: Cursor, { createdAt, types }: Webhook): number | null {
    const { acknowledged, deadFrom, deadTo = acknowledged } = cursor;
    const [row] = this.#store.run<{ sequence: number }>(
      `SELECT sequence FROM log WHERE sequence > ?1 AND sequence <= ?2 AND at >= ?3 AND NOT sequence BETWEEN ?4 AND ?5
         AND (?6 = '[]' OR type IN (SELECT value FROM json_each(?6))) ORDER BY sequence DESC LIMIT 1`,
      this.#floor,
      acknowledged,
      createdAt,
      deadFrom,
      deadFrom === 0 ? 0 : deadTo,
      JSON.stringify(types),
    );
    return row?.sequence ?? null;
  }

  /** What waits for a webhook, oldest first; behind those that were refused one by one where others are tried. */
  rows({ acknowledged, thinnedTo = 0, suspectTo = 0, proof }: Cursor, head: number): Iterable<LogRow> {
    if (proof !== undefined) return this.#store.run<LogRow>("SELECT * FROM log WHERE sequence = ?1", proof);
    const from = Math.max(acknowledged, suspectTo);
    if (thinnedTo <= from) {
      return this.#store.each<LogRow>(
        "SELECT * FROM log WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence",
        from,
        head,
      );
    }
    return this.#store.each<LogRow>(
      `SELECT * FROM log WHERE sequence > ?1 AND sequence <= ?2 AND (sequence > ?3 OR ${IS_TRANSACTION}) ORDER BY sequence`,
      from,
      head,
      thinnedTo,
    );
  }

  /** The cursors with each backlog within its bound; the same object where all were. */
  thinned(cursors: Cursors, head: number): Cursors {
    const beyond = Object.entries(cursors).filter(([, cursor]) => isBeyondBound(cursor, head, this.max));
    if (beyond.length === 0) return cursors;
    this.#hasLost = true;
    const within = beyond.map(
      ([key, cursor]) =>
        [
          key,
          thinned(
            cursor,
            head,
            this.max,
            (sequence) => this.#waiting(sequence, head),
            (sequence) => this.#transactions(sequence, head),
          ),
        ] as const,
    );
    return { ...cursors, ...Object.fromEntries(within) };
  }

  #waiting(sequence: number, head: number): Iterable<Waiting> {
    return this.#store.each<{ sequence: number; transaction: number }>(
      `SELECT sequence, ${IS_TRANSACTION} AS "transaction" FROM log WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence`,
      sequence,
      head,
    );
  }

  #transactions(sequence: number, head: number): Iterable<Waiting> {
    return this.#store.each<{ sequence: number; transaction: number }>(
      `SELECT sequence, 1 AS "transaction" FROM log
       WHERE sequence > ?1 AND sequence <= ?2 AND ${IS_TRANSACTION} ORDER BY sequence`,
      sequence,
      head,
    );
  }

  /** The last event before a time, or the one before all there are. */
  lastBefore(at: number, head: number): number {
    const [row] = this.#store.run<{ sequence: number }>(
      "SELECT sequence FROM log WHERE at < ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence DESC LIMIT 1",
      at,
      this.#floor,
      head,
    );
    return row?.sequence ?? this.#oldest(head) - 1;
  }

  /** Sequence of the oldest row that was given up by all that had not taken it; `null`: there is none. It counts as reused. */
  #gap(cursors: Cursors, head: number): number | null {
    if (!Object.values(cursors).some(({ thinnedTo }) => thinnedTo !== undefined)) return null;
    const upTo = Math.min(thinnedUpTo(cursors, head, this.max), head - RING_EVENTS);
    if (upTo <= this.#reusedTo) return null;
    const [row] = this.#store.run<{ sequence: number }>(
      `SELECT sequence FROM log WHERE sequence > ?1 AND sequence <= ?2 AND NOT ${IS_TRANSACTION} ORDER BY sequence LIMIT 1`,
      this.#reusedTo,
      upTo,
    );
    this.#reusedTo = row?.sequence ?? upTo;
    return row?.sequence ?? null;
  }

  /** The cursor with as many transactions up to its mark as there are. */
  recounted(cursor: Cursor): Cursor {
    const { acknowledged, thinnedTo } = cursor;
    if (thinnedTo === undefined) return cursor;
    return { ...cursor, kept: [...this.#transactions(acknowledged, thinnedTo)].length };
  }
}
