/**
 * The message log and outbox of one station: a ring of the newest events in which nothing undelivered is overwritten.
 * Must not know sockets or how events are sent.
 */
import type { EventType, StationEvent } from "../../delivery/event.ts";
import { type LogEnd, waitingFor } from "../../delivery/backlog.ts";
import {
  type Cursor,
  type Cursors,
  cursorKey,
  isInTrouble,
  lostEvents,
  type Subscriptions,
  type Webhook,
} from "../../delivery/outbox.ts";
import type { CallIdentity, KeptCall } from "../../ocpp/repetition.ts";
import type { Answer } from "../../ocpp/session.ts";
import type { StationStatus } from "../../ocpp/station-status.ts";
import { begun, deliveryOf, following, joined, noted, standing, unsavedMax, waitsBeside } from "./followers.ts";
import type { LogRows } from "./log-rows.ts";
import { type Acknowledged, type Carrier, carried, toCarry } from "./carried-acknowledgements.ts";
import { foldedIn, type LogOwner, NOTHING, toEvent } from "./log-event.ts";
import { project } from "./projection.ts";
import { keyed, Repetitions } from "./repetitions.ts";
import type { DeliveryFacts, EndedRegistration, LoggedConnection } from "./facts.ts";
import { type Store, UNSAVED_MAX_BYTES } from "./store.ts";

/**
 * Events between two rows that say how far deliveries are and what the status is: so many may be folded in anew at a wake, and
 * delivered once more after a crash.
 */
const ROW_EVERY = 32;
const encoder = new TextEncoder();

export class EventLog {
  readonly incarnation: string;
  readonly #store: Store;
  /** The sequence behind which it begins. */
  readonly floor: number;
  #head: number;
  /** Of all events ever. */
  #bytes: number;
  /** Since the row that says what the status is. */
  #unsavedBytes = 0;
  #ended = false;
  #delivery: DeliveryFacts;
  /** `null`: not asked for yet. */
  #repetitions: Repetitions | null = null;
  readonly #carrier: Carrier;
  readonly #rows: LogRows;
  #knownTrouble: string;
  /** As the row has them. */
  #savedCursors: Cursors;

  /** @param ended what was kept of a log whose registration has ended; it is read and delivered, no more */
  constructor(store: Store, carrier: Carrier, owner: LogOwner, rows: LogRows, ended?: EndedRegistration) {
    this.incarnation = owner.incarnation;
    this.floor = owner.floor;
    this.#store = store;
    this.#rows = rows;
    this.#carrier = carrier;
    const saved = ended === undefined ? store.fact("delivery") : deliveryOf(ended);
    this.#delivery = { ...NOTHING, statusSequence: this.floor, ...saved };
    this.#savedCursors = this.#delivery.cursors;
    rows.restore(this.#delivery, this.floor);
    this.#ended = ended !== undefined;
    this.#head = this.#delivery.statusSequence;
    this.#bytes = this.#delivery.bytes ?? 0;
    if (ended === undefined) this.#foldIn(carrier()?.acknowledged ?? {});
    this.#knownTrouble = this.trouble;
  }

  /** What came after the row was written: of the deliveries from the socket, of the status from the log. */
  #foldIn(acknowledged: Acknowledged): void {
    this.#delivery = { ...this.#delivery, cursors: carried(this.#savedCursors, acknowledged) };
    const { head, bytes, ...folded } = foldedIn(this.#delivery, this.floor, this.#store.takeNewest());
    this.#delivery = { ...this.#delivery, ...folded };
    this.#head = head;
    this.#unsavedBytes = bytes;
    this.#bytes += bytes;
    this.#delivery = { ...this.#delivery, cursors: this.#rows.known(this.cursors, this.#savedCursors, this.#end) };
  }

  get #end(): LogEnd {
    return { head: this.#head, bytes: this.#bytes };
  }
  /** It is read and delivered to its end, and writes nothing any more. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** The registration ends: whatever is under way for it finds a log that keeps nothing. */
  end(): Omit<EndedRegistration, "endedAt"> {
    this.#ended = true;
    const { incarnation, floor, head } = this;
    return { incarnation, floor, head, ...standing(this.#delivery) };
  }

  /** Those of earlier registrations too. */
  get rows(): number {
    return this.#rows.count(this.#head);
  }
  get head(): number {
    return this.#head;
  }
  get status(): StationStatus {
    return this.#delivery.status;
  }
  /** The connection whose end is not in the log; `null`: there is none. */
  get connection(): LoggedConnection | null {
    return this.#delivery.connection;
  }
  get past(): string | undefined {
    return this.#delivery.past;
  }
  get cursors(): Cursors {
    return this.#delivery.cursors;
  }
  /** There is a webhook that was given an event, or is to be given the next. */
  get isFollowed(): boolean {
    return Object.keys(this.cursors).length > 0;
  }
  /** It is not known yet which webhooks there were when it began. */
  get isForAll(): boolean {
    return this.#delivery.isForAll === true;
  }
  /** Whether some webhook does not take its events, or has given some up. */
  get inTrouble(): boolean {
    return isInTrouble(this.cursors);
  }
  /** The same, and how much was given up, as one value to compare. */
  get trouble(): string {
    return `${this.inTrouble} ${this.deadLetters}`;
  }

  /** Whether it has changed since this was last asked, or the object woke. */
  takeTroubleChange(): boolean {
    const before = this.#knownTrouble;
    this.#knownTrouble = this.trouble;
    return this.#knownTrouble !== before;
  }

  /** Trouble changed, if not by an event. */
  countTrouble(): void {
    this.#delivery = { ...this.#delivery, revision: this.troubles + 1 };
  }

  /** How often that changed. */
  get troubles(): number {
    return this.#delivery.revision ?? 0;
  }
  /** Of the newest list of webhooks that it followed. */
  get webhooksRevision(): number {
    return this.#delivery.webhooksRevision ?? 0;
  }

  cursorOf(webhook: Webhook): Cursor | undefined {
    return this.cursors[cursorKey(webhook)];
  }

  /** Events that the worst served webhook was not given, since its last replay. */
  get deadLetters(): number {
    return Math.max(0, ...Object.values(this.cursors).map(lostEvents));
  }

  /** Undelivered events, of the webhook that is furthest behind. */
  get backlog(): number {
    return Math.max(0, ...Object.values(this.cursors).map((cursor) => waitingFor(cursor, this.#head)));
  }

  hasRoomFor(action: string): boolean {
    return this.#rows.hasRoomFor(this.cursors, this.#end, action);
  }

  /** What is to be said of a loss, once an hour; `null`: nothing. */
  takeLoss(refused: boolean, at: number): { undelivered: number; deadLetters: number } | null {
    if (!this.#rows.takeLoss(refused, at)) return null;
    this.#saveDelivery();
    return { undelivered: this.backlog, deadLetters: this.deadLetters };
  }

  /** One row. Once the ring is full the oldest settled row becomes the new one, since a delete would cost a second. */
  append(type: EventType, data: unknown, at: number): number {
    if (this.#ended) throw new Error("the registration of this log has ended");
    const sequence = this.#head + 1;
    const { text, key } = type === "ocpp.call" ? keyed(data as KeptCall) : { text: JSON.stringify(data), key: null };
    const row = { sequence, at, type, data: text };
    const reused = this.#rows.reusable(this.cursors, this.#head);
    // What the row says must not be there alone, nor may a gap be that nothing tells of.
    if (reused !== null && (reused > this.#delivery.statusSequence || this.#rows.hasNewGaps)) this.#saveDelivery();
    this.#rows.put(row, reused);
    this.#head = sequence;
    const bytes = encoder.encode(text).length;
    this.#bytes += bytes;
    this.#unsavedBytes += bytes;
    this.#delivery = { ...this.#delivery, ...project(this.#delivery, { sequence, at, type, data }) };
    if (type === "ocpp.call") this.#repetitions?.note(sequence, data as KeptCall, key);
    this.#delivery = { ...this.#delivery, cursors: this.#rows.thinned(this.cursors, this.#end) };
    if (this.#isFarAhead) this.#saveDelivery();
    if (this.#rows.trim(bytes, this.cursors, this.#head, this.#delivery.statusSequence)) this.#saveDelivery();
    return sequence;
  }

  /** What waits through an outage, or behind a receiver that hangs, must not all be read again at each wake. */
  get #isFarAhead(): boolean {
    const unsaved = this.#head - this.#delivery.statusSequence;
    return unsaved >= unsavedMax(this.cursors, ROW_EVERY) || this.#unsavedBytes >= UNSAVED_MAX_BYTES;
  }

  /** What the log does not tell, with a row: an interval that a command changed, whose event has not its request. */
  keepStatus(status: StationStatus): void {
    if (this.#ended || status === this.status) return;
    this.#delivery = { ...this.#delivery, status };
    this.#saveDelivery();
  }

  /** Events that wait for a webhook, oldest first, read one by one as long as `take` wants another. `false`: there were more. */
  read(cursor: Cursor, take: (event: StationEvent, bytes: number) => boolean): boolean {
    for (const { bytes, ...row } of this.#rows.rows(cursor, this.#head)) if (!take(toEvent(row), bytes)) return false;
    return true;
  }

  /** An event that a webhook has acknowledged; `null`: there is none left. */
  acknowledgedBefore(cursor: Cursor, webhook: Webhook): number | null {
    return this.#rows.acknowledgedBefore(cursor, webhook);
  }

  /** The answer that a repeated CALL was given before; `null`: it is new. Only who asks has the log looked through, once. */
  answerTo(call: CallIdentity, now: number): Answer | null {
    this.#repetitions ??= new Repetitions(this.#store, this.floor, this.#head);
    return this.#repetitions.answerTo(call, now);
  }

  /**
   * Its registration begins: all of it is for the webhooks that there are. Kept at once, since later only the clock would tell
   * which of them was made before it, and a clock can be set back.
   * @param subscribed `null`: it is not known which there are
   */
  begin(subscribed: Subscriptions | null): void {
    if (subscribed?.webhooks.length === 0) return;
    const known = subscribed && { cursors: begun(subscribed.webhooks, this.floor), ...noted(subscribed.revision) };
    this.#delivery = { ...this.#delivery, ...(known ?? { isForAll: true }) };
    this.#saveDelivery();
  }

  /**
   * Gives each webhook a cursor: a new one starts with the first event since it was made. Drops those of no webhook.
   * What a new one starts with is kept: met once more after a crash, under another clock, it would be given it out of order. So is what
   * was passed over for one that has changed its types: wanted now, it would come behind what is newer; and what one is sent again.
   * `false`: the list is older than one before, in which others were made and removed, and nothing of it is heeded.
   */
  follow(subscribed: Subscriptions, now: number): boolean {
    // Of an older release's registry it cannot be told.
    if (subscribed.revision > 0 && subscribed.revision < this.webhooksRevision) return false;
    const before = this.trouble;
    const log = { rows: this.#rows, end: this.#end, floor: this.floor, saved: this.#savedCursors };
    const { delivery, isBack, isKept } = following(this.#delivery, subscribed, log, now);
    this.#delivery = delivery;
    if (this.trouble !== before) this.countTrouble();
    if (isBack) this.#carrier()?.carry({});
    if (isKept && !this.#ended) this.#saveDelivery();
    return true;
  }

  /** From now on it is followed by one more, from the next event on. */
  join(webhook: Webhook): void {
    if (this.#ended || this.cursorOf(webhook) !== undefined) return;
    this.#delivery = { ...this.#delivery, cursors: joined(this.cursors, webhook, this.#end) };
    this.#saveDelivery();
  }

  /** Keeps where a webhook stands, by the socket or in a row, with the status; what is no news waits for the row of another. */
  advance(webhook: Webhook, advanced: Cursor, isNews = true): void {
    const key = cursorKey(webhook);
    const cursor = advanced.acknowledged >= this.#head ? { ...advanced, passedBytes: this.#bytes } : advanced;
    // Unsubscribed meanwhile: a cursor of no webhook would hold the ring for ever.
    if (this.cursors[key] === undefined) return;
    const before = this.trouble;
    this.#delivery = { ...this.#delivery, cursors: { ...this.cursors, [key]: cursor } };
    if (this.#ended) return;
    if (this.trouble !== before) this.countTrouble();
    if (!this.#carry() && (isNews || !waitsBeside([webhook], this.cursors, this.#head))) this.#saveDelivery();
    this.#rows.shrink(this.cursors, this.#head);
  }

  #carry(): boolean {
    if (this.#head - this.#delivery.statusSequence >= ROW_EVERY) return false;
    const acknowledged = toCarry(this.#savedCursors, this.cursors, ROW_EVERY);
    return acknowledged !== null && (this.#carrier()?.carry(acknowledged) ?? false);
  }

  #saveDelivery(): void {
    this.#delivery = { ...this.#delivery, ...this.#rows.takeFacts(), statusSequence: this.#head, bytes: this.#bytes };
    this.#store.setFact("delivery", this.#delivery);
    this.#unsavedBytes = 0;
    this.#savedCursors = this.#delivery.cursors;
  }
}
