/**
 * The rows of a live tail, kept within bounds: what comes, what is older, and what waits while somebody reads. Must not know sockets,
 * clocks or how a row is drawn.
 */
import type { LiveMessage } from "../../client/live.ts";
import { connectionNote, type Entry, entryRow } from "./entry-row.ts";
import { type Framed, lonely, type Reading, readFrame, settle, unreadable } from "./frame-row.ts";
import { type Row, row, weightOf } from "./row.ts";

export interface Bounds {
  /** Rows that are kept; beyond them the oldest go. */
  rows: number;
  /** Characters in them. */
  characters: number;
  /** Messages that wait while the tail is held; beyond them the oldest go, and it is said how many. */
  waiting: number;
}

/** Twice as many messages as rows: a CALL and its answer are one row. 16 MB is what a phone's page may hold. */
export const BOUNDS: Bounds = { rows: 5_000, characters: 16_000_000, waiting: 10_000 };

export class Rows {
  readonly #onSettled: (row: Row) => void;
  readonly #bounds: Bounds;
  /** The oldest first. */
  #rows: Row[] = [];
  #characters = 0;
  readonly #byMessage = new Map<string, Row>();
  readonly #bySequence = new Map<number, Row>();
  #waiting: LiveMessage[] = [];
  #lost = 0;
  #isHeld = false;
  #newest = 0;
  #oldest = 0;
  /** Of this view: frames and events that came. */
  arrived = 0;
  /** Rows that had to go for newer ones. */
  dropped = 0;

  /** @param onSettled told of each row that has its answer now, or came with it */
  constructor(onSettled: (row: Row) => void = () => {}, bounds: Bounds = BOUNDS) {
    this.#onSettled = onSettled;
    this.#bounds = bounds;
  }

  /** The oldest first; changes with what comes. */
  get all(): readonly Row[] {
    return this.#rows;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Of those that waited: gone, since more came than may wait. */
  get lost(): number {
    return this.#lost;
  }

  /** Sequence of the oldest event here, before which more may be asked for. */
  get oldestSequence(): number | null {
    for (const { sequence } of this.#rows) if (sequence !== null) return sequence;
    return null;
  }

  get isFull(): boolean {
    return this.#rows.length >= this.#bounds.rows || this.#characters >= this.#bounds.characters;
  }

  take(message: LiveMessage): void {
    this.arrived++;
    if (!this.#isHeld) {
      this.#add(message);
      this.#trim();
      return;
    }
    this.#waiting.push(message);
    const over = this.#waiting.length - this.#bounds.waiting;
    // A tenth at once: the first of a list is dear to take.
    if (over <= this.#bounds.waiting / 10) return;
    this.#waiting.splice(0, over);
    this.#lost += over;
  }

  hold(): void {
    this.#isHeld = true;
  }

  /** Shows what waited. */
  go(): void {
    this.#isHeld = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#lost > 0)
      this.#push(this.#gap(atOf(waiting[0]), `${this.#lost} frames came while the tail was held and had to go`));
    this.#lost = 0;
    for (const message of waiting) this.#add(message);
    this.#trim();
  }

  /** Entries of the log that are older than all that is here, the newest first. */
  older(entries: readonly Entry[]): void {
    const rows: Row[] = [];
    for (const entry of entries) {
      const made = entryRow(--this.#oldest, entry);
      if (made.sequence !== null && this.#bySequence.has(made.sequence)) continue;
      this.#know(made);
      rows.push(made);
    }
    this.#rows = [...rows.reverse(), ...this.#rows];
  }

  /** What the log says more of a row than its frames did. */
  enrich(row: Row, entry: Entry): void {
    const { path, deviations, answeredBy, latencyMs } = entryRow(0, entry);
    Object.assign(row, { path: path ?? row.path, deviations, answeredBy });
    row.latencyMs ??= latencyMs;
  }

  #add(message: LiveMessage): void {
    if ("entry" in message) this.#addEntry(message.entry);
    else if ("gap" in message) this.#push(this.#gap("", gapNote(message.gap)));
    else if ("connection" in message) this.#addConnection(message);
    else if ("text" in message) this.#push(unreadable(this.#head(message.at, message.direction), message.text));
    else if ("frame" in message) this.#addFrame(message);
  }

  #addConnection({ at, sequence, connection, type }: Extract<LiveMessage, { connection: unknown }>): void {
    if (this.#bySequence.has(sequence)) return;
    const kind = type === "ocpp.station.connected" ? "connected" : "disconnected";
    // Whatever was open on that line is answered no more; a command may be, on the next one.
    if (kind === "disconnected") for (const each of this.#rows) if (each.state === "waiting") each.state = "unanswered";
    const [note, text] = [connectionNote(connection), JSON.stringify(connection)];
    this.#push(row({ ...this.#head(at, null), kind, sequence, note, text }));
  }

  #addFrame(message: Extract<LiveMessage, { frame: unknown }>): void {
    const reading = readFrame(++this.#newest, message, message.frame);
    if (reading.kind === "row") this.#push(reading.row);
    else this.#answer(reading, message);
  }

  #answer(
    { direction, messageId, answer }: Extract<Reading, { kind: "answer" }>,
    { at, sequence, direction: from }: Framed,
  ): void {
    const last = this.#rows.at(-1);
    const asked =
      this.#byMessage.get(`${direction} ${messageId}`) ??
      // [OCPP-J 2.1 §4.2.3] What cannot be read is answered under an id of nobody's.
      (last?.kind === "unreadable" && last.answer === null && last.direction === direction ? last : undefined);
    if (asked === undefined || asked.answer !== null) {
      this.#push(lonely(this.#head(at, from), messageId, answer));
      return;
    }
    settle(asked, answer);
    this.#characters += answer.text.length;
    if (sequence !== undefined) {
      asked.sequence = sequence;
      this.#bySequence.set(sequence, asked);
    }
    this.#onSettled(asked);
  }

  #addEntry(entry: Entry): void {
    const made = entryRow(++this.#newest, entry);
    if (made.sequence !== null && this.#bySequence.has(made.sequence)) return;
    const known = this.#byMessage.get(`${made.direction} ${made.messageId}`);
    // Its frame was seen, its answer not.
    const isAnswer = known !== undefined && known.answer === null && made.answer !== null;
    if (isAnswer) {
      this.#characters += weightOf(made) - weightOf(known);
      const { sequence, state, answer, latencyMs, answeredBy, path, deviations } = made;
      Object.assign(known, { sequence, state, answer, latencyMs, answeredBy, path, deviations });
      if (sequence !== null) this.#bySequence.set(sequence, known);
    } else this.#push(made);
    this.#onSettled(isAnswer ? known : made);
  }

  #push(made: Row): void {
    this.#know(made);
    this.#rows.push(made);
  }

  #know(made: Row): void {
    this.#characters += weightOf(made);
    if (made.messageId !== "" && made.kind === "call") this.#byMessage.set(`${made.direction} ${made.messageId}`, made);
    if (made.sequence !== null) this.#bySequence.set(made.sequence, made);
  }

  #trim(): void {
    const { rows, characters } = this.#bounds;
    let count = Math.max(0, this.#rows.length - rows);
    let over = this.#characters - characters;
    for (const [index, each] of this.#rows.entries()) {
      if (index >= count && over <= 0) break;
      const weight = weightOf(each);
      over -= weight;
      this.#characters -= weight;
      count = Math.max(count, index + 1);
      const key = `${each.direction} ${each.messageId}`;
      if (this.#byMessage.get(key) === each) this.#byMessage.delete(key);
      if (each.sequence !== null) this.#bySequence.delete(each.sequence);
    }
    if (count === 0) return;
    this.#rows.splice(0, count);
    this.dropped += count;
  }

  #gap(at: string, note: string): Row {
    return row({ ...this.#head(at, null), kind: "gap", note });
  }

  #head(at: string, direction: "in" | "out" | null): Pick<Row, "id" | "at" | "direction"> {
    return { id: ++this.#newest, at, direction };
  }
}

const atOf = (message: LiveMessage | undefined): string => (message !== undefined && "at" in message ? message.at : "");

function gapNote(gap: { frames: number | null } | { from: number; to: number }): string {
  if ("from" in gap) return `the log has ${gap.from} to ${gap.to} no longer`;
  return gap.frames === null ? "some frames are not kept, nobody knows how many" : `${gap.frames} frames are not kept`;
}
