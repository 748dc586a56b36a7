/**
 * The message log and outbox of one station: a ring of the newest events in which nothing undelivered is overwritten.
 * Must not know sockets or how events are sent.
 */
import type { EventType, StationEvent } from "../delivery/event.ts";
import {
  type Cursor,
  type Cursors,
  cursorKey,
  freshCursor,
  replayed,
  spentUpTo,
  type Webhook,
} from "../delivery/outbox.ts";
import { isTransactional } from "../ocpp/actions.ts";
import type { CallIdentity, KeptCall } from "../ocpp/repetition.ts";
import type { Answer } from "../ocpp/session.ts";
import { EMPTY_STATUS, type StationStatus } from "../ocpp/station-status.ts";
import { type Acknowledged, type Carrier, carried, isCarried } from "./carried-acknowledgements.ts";
import { project } from "./projection.ts";
import { Repetitions } from "./repetitions.ts";
import type { DeliveryFacts, EndedRegistration, LoggedConnection, LogRow, Store } from "./store.ts";

/** Events kept for looking back, once they are delivered. */
export const RING_EVENTS = 200;
/**
 * Events between two rows that say how far deliveries are and what the status is: so many may be folded in anew at a wake, and
 * delivered once more after a crash.
 */
const ROW_EVERY = 32;
/** Undelivered events at which a class of messages is refused: the station keeps what it is not told is kept. */
export const BACKLOG_MAX = { periodic: 5_000, other: 8_000, transactional: 10_000 } as const;

const OLDEST = "SELECT min(sequence) AS sequence FROM log WHERE sequence > ?1 AND sequence <= ?2";
const NOTHING: DeliveryFacts = { cursors: {}, status: EMPTY_STATUS, connection: null, statusSequence: 0 };

/** Whose log it is. */
export interface LogOwner {
  /** Of the registration: part of every event id. */
  incarnation: string;
  /** The log's first sequence is the one behind it: what came before is of an earlier registration. */
  floor: number;
}

export class EventLog {
  readonly incarnation: string;
  readonly #store: Store;
  readonly #floor: number;
  #head: number;
  #ended = false;
  /** `null`: not asked for yet. */
  #oldestKnown: number | null = null;
  #delivery: DeliveryFacts;
  /** `null`: not asked for yet. */
  #repetitions: Repetitions | null = null;
  readonly #carrier: Carrier;
  /** As the row has them. */
  #savedCursors: Cursors;

  /** @param ended what was kept of a log whose registration has ended; it is read and delivered, no more */
  constructor(store: Store, carrier: Carrier, { incarnation, floor }: LogOwner, ended?: EndedRegistration) {
    this.incarnation = incarnation;
    this.#floor = floor;
    this.#store = store;
    this.#carrier = carrier;
    const saved = ended === undefined ? store.fact("delivery") : { cursors: ended.cursors, statusSequence: ended.head };
    this.#delivery = { ...NOTHING, statusSequence: floor, ...saved };
    this.#savedCursors = this.#delivery.cursors;
    this.#ended = ended !== undefined;
    this.#head = this.#delivery.statusSequence;
    if (ended === undefined) this.#foldIn(carrier()?.acknowledged ?? {});
  }

  /** What came after the row was written: of the deliveries from the socket, of the status from the log. */
  #foldIn(acknowledged: Acknowledged): void {
    this.#delivery = { ...this.#delivery, cursors: carried(this.#savedCursors, acknowledged) };
    for (const row of this.#store.takeNewest()) {
      // The last events of an earlier registration may still be there.
      if (row.sequence <= this.#floor) continue;
      this.#project(toEvent(row));
      this.#head = row.sequence;
    }
  }

  /** Whether its registration has ended: it is read and delivered to its end, and writes nothing any more. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** The registration ends: whatever is under way for it finds a log that keeps nothing. */
  end(): Omit<EndedRegistration, "endedAt"> {
    this.#ended = true;
    return { incarnation: this.incarnation, floor: this.#floor, head: this.#head, cursors: this.cursors };
  }

  get head(): number {
    return this.#head;
  }
  /** Whether there are so many. Sequences have no gaps: what is overwritten or deleted is always the oldest. */
  #holds(events: number): boolean {
    // Asking for the oldest costs a statement, which a short log can do without.
    return this.#head - this.#floor >= events && this.#head - this.#oldest + 1 >= events;
  }
  get #oldest(): number {
    this.#oldestKnown ??=
      this.#store.run<{ sequence: number | null }>(OLDEST, this.#floor, this.#head)[0]?.sequence ?? this.#floor + 1;
    return this.#oldestKnown;
  }
  get status(): StationStatus {
    return this.#delivery.status;
  }
  /** The connection whose end is not in the log; `null`: there is none. */
  get connection(): LoggedConnection | null {
    return this.#delivery.connection;
  }
  get cursors(): Cursors {
    return this.#delivery.cursors;
  }

  /** Whether there is a webhook that was given an event, or is to be given the next. */
  get isFollowed(): boolean {
    return Object.keys(this.cursors).length > 0;
  }

  /** Whether some webhook does not take its events, or has given some up. */
  get inTrouble(): boolean {
    return Object.values(this.cursors).some(({ failures, deadFrom }) => failures > 0 || deadFrom > 0);
  }

  /** How often that changed. */
  get troubles(): number {
    return this.#delivery.revision ?? 0;
  }

  cursorOf(webhook: Webhook): Cursor | undefined {
    return this.cursors[cursorKey(webhook)];
  }

  /** Events that some webhook was not given within their 72 h, and that a replay would send. */
  get deadLetters(): number {
    return Object.values(this.cursors).reduce((most, { deadFrom, acknowledged }) => {
      const from = Math.max(deadFrom, this.#oldest);
      return deadFrom === 0 ? most : Math.max(most, acknowledged - from + 1);
    }, 0);
  }

  /** Undelivered events, of the webhook that is furthest behind. */
  get backlog(): number {
    const cursors = Object.values(this.cursors);
    return cursors.reduce((most, { acknowledged }) => Math.max(most, this.#head - acknowledged), 0);
  }

  /** Is there room for a CALL of this action? Periodic meter values are refused first, transactions last. */
  hasRoomFor(action: string): boolean {
    const { periodic, other, transactional } = BACKLOG_MAX;
    const bound = isTransactional(action) ? transactional : action === "MeterValues" ? periodic : other;
    return this.backlog < bound;
  }

  /** One row. Once the ring is full the oldest settled row becomes the new one, since a delete would cost a second. */
  append(type: EventType, data: unknown, at: number): number {
    if (this.#ended) throw new Error("the registration of this log has ended");
    const sequence = this.#head + 1;
    const text = JSON.stringify(data);
    if (this.#holds(RING_EVENTS) && this.#oldest <= this.#spentUpTo()) {
      if (this.#oldest > this.#delivery.statusSequence) this.#saveDelivery();
      const oldest = this.#oldest;
      // Asked for anew, should it not be there.
      this.#oldestKnown = null;
      this.#store.write(
        `event ${sequence}, in place of ${oldest},`,
        "UPDATE log SET sequence = ?1, at = ?2, type = ?3, data = ?4 WHERE sequence = ?5",
        sequence,
        at,
        type,
        text,
        oldest,
      );
      this.#oldestKnown = oldest + 1;
    } else {
      this.#store.write(`event ${sequence}`, "INSERT INTO log VALUES (?1, ?2, ?3, ?4)", sequence, at, type, text);
    }
    this.#head = sequence;
    this.#project({ sequence, at, type, data });
    if (type === "ocpp.call") this.#repetitions?.note(sequence, data as KeptCall);
    const unsaved = sequence - this.#delivery.statusSequence;
    if (unsaved >= ROW_EVERY && !this.isFollowed) this.#saveDelivery();
    return sequence;
  }

  /** What the log does not tell, with a row: an interval that a command changed, whose event has not its request. */
  keepStatus(status: StationStatus): void {
    if (this.#ended || status === this.status) return;
    this.#delivery = { ...this.#delivery, status };
    this.#saveDelivery();
  }

  after(sequence: number, limit: number): StationEvent[] {
    const rows = this.#store.run<LogRow>(
      "SELECT * FROM log WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3",
      sequence,
      this.#head,
      limit,
    );
    return rows.map(toEvent);
  }

  /** The answer that a repeated CALL was given before; `null`: it is new. Only who asks has the log looked through, once. */
  answerTo(call: CallIdentity, now: number): Answer | null {
    this.#repetitions ??= new Repetitions(this.#store, this.#floor, this.#head);
    return this.#repetitions.answerTo(call, now);
  }

  /** Gives each webhook a cursor: a new one starts with the first event since it was made. Drops those of no webhook. */
  follow(webhooks: readonly Webhook[]): void {
    const cursors: Cursors = {};
    for (const webhook of webhooks) {
      const key = cursorKey(webhook);
      const known = this.cursors[key];
      cursors[key] =
        known === undefined ? freshCursor(this.#lastBefore(webhook.createdAt), webhook) : replayed(known, webhook);
    }
    this.#delivery = { ...this.#delivery, cursors };
  }

  /** Keeps where a webhook stands: with the socket where that will do, otherwise, and the status with it, in one row. */
  advance(webhook: Webhook, cursor: Cursor): void {
    const key = cursorKey(webhook);
    // Unsubscribed meanwhile: a cursor of no webhook would hold the ring for ever.
    if (this.cursors[key] === undefined) return;
    const before = this.inTrouble;
    this.#delivery = { ...this.#delivery, cursors: { ...this.cursors, [key]: cursor } };
    if (this.#ended) return;
    if (this.inTrouble !== before) this.#delivery = { ...this.#delivery, revision: this.troubles + 1 };
    if (!this.#carry()) this.#saveDelivery();
    this.#shrink();
  }

  #carry(): boolean {
    if (this.#head - this.#delivery.statusSequence >= ROW_EVERY) return false;
    const entries = Object.entries(this.cursors);
    if (!entries.every(([key, cursor]) => isCarried(this.#savedCursors[key], cursor, ROW_EVERY))) return false;
    const acknowledged = Object.fromEntries(entries.map(([key, cursor]) => [key, cursor.acknowledged]));
    return this.#carrier()?.carry(acknowledged) ?? false;
  }

  #saveDelivery(): void {
    this.#delivery = { ...this.#delivery, statusSequence: this.#head };
    this.#store.setFact("delivery", this.#delivery);
    this.#savedCursors = this.#delivery.cursors;
  }

  /** After an outage the ring goes back to its size; until then it only grew. */
  #shrink(): void {
    if (!this.#holds(2 * RING_EVENTS + 1)) return;
    const upTo = Math.min(this.#spentUpTo(), this.#head - RING_EVENTS);
    if (upTo < this.#oldest) return;
    const range = [this.#floor, upTo] as const;
    this.#store.write("a shorter log", "DELETE FROM log WHERE sequence > ?1 AND sequence <= ?2", ...range);
    this.#oldestKnown = upTo + 1;
  }

  #spentUpTo(): number {
    return spentUpTo(this.cursors, this.#head);
  }

  #lastBefore(at: number): number {
    const [row] = this.#store.run<{ sequence: number }>(
      "SELECT sequence FROM log WHERE at < ?1 AND sequence > ?2 AND sequence <= ?3 ORDER BY sequence DESC LIMIT 1",
      at,
      this.#floor,
      this.#head,
    );
    return row?.sequence ?? this.#oldest - 1;
  }

  #project(event: StationEvent): void {
    this.#delivery = { ...this.#delivery, ...project(this.#delivery, event) };
  }
}

const toEvent = ({ type, data, ...row }: LogRow): StationEvent => ({
  ...row,
  type: type as EventType,
  data: JSON.parse(data) as unknown,
});
