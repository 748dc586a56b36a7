/**
 * The rows of a log as a ring: those that webhooks wait for, and those that nobody needs, whose place the next may take.
 * Must not know what a delivery is or how an event is made.
 */
import { type Bound, isAtBound, isBeyondBound, isBeyondBytes, type LogEnd, thinned } from "../../delivery/backlog.ts";
import { type Cursor, type Cursors, spentUpTo, thinnedUpTo, type Webhook } from "../../delivery/outbox.ts";
import { isTransactional } from "../../ocpp/actions.ts";
import { BYTES, IS_TRANSACTION } from "./log-sql.ts";
import type { DeliveryFacts } from "./facts.ts";
import type { LogRow, Store } from "./store.ts";
import { WaitingRows } from "./waiting-rows.ts";

/** ms between two lines of the log that say that a station's events are given up or its messages refused. */
const SAID_EVERY_MS = 3_600_000;

/** Events kept for looking back, once they are delivered. */
export const RING_EVENTS = 200;
/** Of the bytes that may wait for one webhook: what a log may take up in all, its ring and dead letters included. */
const LOG_SHARE = 2;
/** Of a log's bytes: what is taken away at least, so that it is not looked for at each event. */
const TRIM_SHARE = 1 / 16;
/** The same: what is added at most before the size of the database is asked for, which costs a statement. */
const LOOK_SHARE = TRIM_SHARE / 4;
/** Bytes that are taken away at once: what an older release left behind goes little by little. */
const TRIM_MAX_BYTES = 16_000_000;
const OLDEST = "SELECT min(sequence) AS sequence FROM log WHERE sequence > ?1 AND sequence <= ?2";

export class LogRows {
  readonly #store: Store;
  readonly #waiting: WaitingRows;
  /** What may wait for one webhook. */
  readonly bound: Bound;
  /** Bytes of the whole database at which the log is looked at. */
  #trimAt: number;
  /** Bytes added since the database was looked at; at first after a wake it is. */
  #unlooked = Number.POSITIVE_INFINITY;
  #floor = 0;
  /** `null`: not asked for yet. */
  #oldestKnown: number | null = null;
  /** Up to here the log holds events of transactions alone. The log's floor: it has no gaps. */
  #reusedTo = 0;
  #knownGaps = false;
  #fullSaidAt: number | undefined;
  /** Events were given up since `takeLoss` was last asked. */
  #hasLost = false;

  constructor(store: Store, bound: Bound) {
    this.#store = store;
    this.#waiting = new WaitingRows(store);
    this.bound = bound;
    this.#trimAt = LOG_SHARE * bound.bytes;
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
    if (isFull && this.#oldest(head) <= spentUpTo(cursors, head, this.bound.events)) return this.#oldest(head);
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
    const upTo = Math.min(spentUpTo(cursors, head, this.bound.events), head - RING_EVENTS);
    if (upTo < this.#oldest(head)) return;
    const range = [this.#floor, upTo] as const;
    this.#store.write("a shorter log", "DELETE FROM log WHERE sequence > ?1 AND sequence <= ?2", ...range);
    const isWhole = upTo >= this.#reusedTo;
    if (isWhole) this.#reusedTo = this.#floor;
    this.#oldestKnown = isWhole ? upTo + 1 : null;
  }

  /** Is there room for a CALL of this action? Only where no webhook takes any there may be none; transactions are refused last. */
  hasRoomFor(cursors: Cursors, end: LogEnd, action: string): boolean {
    // Refused, a station could not come back, whatever is wrong with the webhooks.
    if (action === "BootNotification") return true;
    const kind = isTransactional(action) ? "transactional" : action === "MeterValues" ? "periodic" : "other";
    return !isAtBound(cursors, end, this.bound, kind);
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
  rows(
    { acknowledged, thinnedTo = 0, suspectTo = 0, proof }: Cursor,
    head: number,
  ): Iterable<LogRow & { bytes: number }> {
    const select = `SELECT *, ${BYTES} AS bytes FROM log`;
    if (proof !== undefined) return this.#store.each(`${select} WHERE sequence = ?1`, proof);
    const from = Math.max(acknowledged, suspectTo);
    if (thinnedTo <= from) {
      return this.#store.each(`${select} WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence`, from, head);
    }
    return this.#store.each(
      `${select} WHERE sequence > ?1 AND sequence <= ?2 AND (sequence > ?3 OR ${IS_TRANSACTION}) ORDER BY sequence`,
      from,
      head,
      thinnedTo,
    );
  }

  /** The cursor with as many transactions up to its mark, and as many bytes behind it, as there are. */
  counted(cursor: Cursor, end: LogEnd): Cursor {
    return this.#waiting.counted(cursor, end);
  }

  /** The cursors with what waits counted, where the row does not say it of where the socket has a webhook to be. */
  known(cursors: Cursors, saved: Cursors, end: LogEnd): Cursors {
    const entries = Object.entries(cursors).map(([key, cursor]) => {
      const isKnown = cursor.passedBytes !== undefined && saved[key]?.acknowledged === cursor.acknowledged;
      return [key, isKnown ? cursor : this.counted(cursor, end)] as const;
    });
    return Object.fromEntries(entries);
  }

  /** The cursors with each backlog within its bound; the same object where all were. */
  thinned(cursors: Cursors, end: LogEnd): Cursors {
    const beyond = Object.entries(cursors).filter(([, cursor]) => isBeyondBound(cursor, end, this.bound));
    if (beyond.length === 0) return cursors;
    const within = beyond.map(([key, cursor]) => [key, this.#thinned(cursor, end)] as const);
    return { ...cursors, ...Object.fromEntries(within) };
  }

  #thinned(known: Cursor, end: LogEnd): Cursor {
    const { bound } = this;
    // No event is given up for bytes that only seemed to wait.
    const cursor = isBeyondBytes(known, end, bound) ? this.#waiting.counted(known, end) : known;
    if (!isBeyondBound(cursor, end, bound)) return cursor;
    this.#hasLost = true;
    return thinned(
      cursor,
      end,
      bound,
      (sequence) => this.#waiting.waiting(sequence, end.head),
      (sequence) => this.#waiting.transactions(sequence, end.head),
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
    const upTo = Math.min(thinnedUpTo(cursors, head, this.bound.events), head - RING_EVENTS);
    if (upTo <= this.#reusedTo) return null;
    const [row] = this.#store.run<{ sequence: number }>(
      `SELECT sequence FROM log WHERE sequence > ?1 AND sequence <= ?2 AND NOT ${IS_TRANSACTION} ORDER BY sequence LIMIT 1`,
      this.#reusedTo,
      upTo,
    );
    this.#reusedTo = row?.sequence ?? upTo;
    return row?.sequence ?? null;
  }

  /**
   * Where the log takes more room than it may, the oldest goes of what nobody waits for, dead letters that a replay would send
   * among it. `true`: something went.
   * @param added bytes, by the event that was just kept
   * @param savedTo what is newer is needed at a wake
   */
  trim(added: number, cursors: Cursors, head: number, savedTo: number): boolean {
    const max = LOG_SHARE * this.bound.bytes;
    this.#unlooked += added;
    if (this.#unlooked < max * LOOK_SHARE) return false;
    this.#unlooked = 0;
    if (this.#store.bytes <= this.#trimAt) return false;
    const excess = this.#waiting.bytesBehind(this.#floor, head) - max;
    const enough = Math.min(excess + max * TRIM_SHARE, TRIM_MAX_BYTES);
    const all = Object.values(cursors);
    const taken = Math.min(savedTo, ...all.map(({ acknowledged }) => acknowledged));
    const given = Math.min(savedTo, ...all.map(({ acknowledged, thinnedTo = 0 }) => Math.max(acknowledged, thinnedTo)));
    const bytes = excess <= 0 ? 0 : this.#take(this.#floor, taken, enough);
    const more =
      excess <= 0 || bytes >= enough ? 0 : this.#takeGaps(Math.max(this.#reusedTo, taken), given, enough - bytes);
    // Looked at once more when there is as much again: it is a look at every row.
    this.#trimAt = bytes + more > 0 ? max : this.#store.bytes + max * TRIM_SHARE;
    if (bytes + more > 0) this.#unlooked = Number.POSITIVE_INFINITY;
    return bytes + more > 0;
  }

  /** Takes rows away from the oldest on; how many bytes. */
  #take(from: number, upTo: number, enough: number): number {
    const { last, bytes } = this.#waiting.measure("true", from, upTo, enough);
    if (last === null) return 0;
    this.#store.run("DELETE FROM log WHERE sequence > ?1 AND sequence <= ?2", from, last);
    const isWhole = last >= this.#reusedTo;
    if (isWhole) this.#reusedTo = this.#floor;
    this.#oldestKnown = isWhole ? last + 1 : null;
    return bytes;
  }

  /** The same of those alone that were given up. */
  #takeGaps(from: number, upTo: number, enough: number): number {
    const { last, bytes } = this.#waiting.measure(`NOT ${IS_TRANSACTION}`, from, upTo, enough);
    if (last === null) return 0;
    this.#store.run(`DELETE FROM log WHERE sequence > ?1 AND sequence <= ?2 AND NOT ${IS_TRANSACTION}`, from, last);
    this.#reusedTo = last;
    this.#oldestKnown = null;
    return bytes;
  }

  /** Rows of the table, of which none is looked at that is one of a row without gaps. */
  count(head: number): number {
    const gapsTo = Math.max(this.#oldest(head) - 1, this.#reusedTo);
    const [row] = this.#store.run<{ rows: number }>("SELECT count(*) AS rows FROM log WHERE sequence <= ?1", gapsTo);
    return (row?.rows ?? 0) + head - gapsTo;
  }
}
