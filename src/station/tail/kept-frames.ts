/**
 * The last frames of a station while somebody watches it, or did a moment ago: one short text, since it rides with the station's socket
 * and is written with each frame. Must not know sockets, nor the log.
 */
import { callIdOf } from "../../ocpp/decode.ts";

/** Characters of all that is kept, two bytes each: what else rides with the socket takes up to half of its 16,384 bytes. */
const KEPT_MAX_LENGTH = 3_500;
/** Characters that are dropped at once. */
const TRIM_LENGTH = 500;
/** Characters of a frame that is kept as it was; of a longer one its head, until the log has it. */
const FRAME_MAX_LENGTH = 1_000;
const HEAD_LENGTH = 80;
/** Records that are looked through for a CALL that was answered: as many CALLs may wait for an answer, and as many answers come between. */
const LOOK_BACK = 40;
/** Stands in front of each record; JSON has it nowhere, and what is no JSON is kept without it. */
const SEPARATOR = "\u0001";

/**
 * `in`, `out`: the frame's text. `cut-in`, `cut-out`: its beginning. `event-in`, `event-out`, `event`: the sequence of the event that
 * has it, as a CALL, as its answer, or whole.
 */
export const KINDS = {
  in: "i",
  out: "o",
  "cut-in": "x",
  "cut-out": "y",
  "event-in": "I",
  "event-out": "O",
  event: "e",
} as const;
type Kind = keyof typeof KINDS;
const KIND_OF = Object.fromEntries(Object.entries(KINDS).map(([kind, letter]) => [letter, kind as Kind]));

export interface KeptFrame {
  /** Rises by one. */
  number: number;
  kind: Kind;
  /** ms since the epoch */
  at: number;
  body: string;
}

export class KeptFrames {
  /** New where nobody knows the numbers of before any more. */
  readonly epoch: string;
  /** ms since the epoch at which the last observer went; 0: there is one. */
  leftAt: number;
  #first: number;
  #next: number;
  #records: string;

  private constructor(epoch: string, leftAt: number, first: number, records: string) {
    this.epoch = epoch;
    this.leftAt = leftAt;
    this.#first = first;
    this.#records = records;
    this.#next = first + records.split(SEPARATOR).length - 1;
  }

  static begin(epoch: string): KeptFrames {
    return new KeptFrames(epoch, 0, 1, "");
  }

  /** `null`: it is not as it was written. */
  static read(text: string): KeptFrames | null {
    const [, epoch, leftAt, first, records] = /^([0-9a-f]{8})\.(\d{1,16})\.(\d{1,15})\.(.*)$/s.exec(text) ?? [];
    if (epoch === undefined || records === undefined) return null;
    return new KeptFrames(epoch, Number(leftAt), Number(first), records);
  }

  get text(): string {
    return `${this.epoch}.${this.leftAt}.${this.#first}.${this.#records}`;
  }

  /** Of the newest frame; 0: there was none. */
  get last(): number {
    return this.#next - 1;
  }

  frame(direction: "in" | "out", at: number, text: string): void {
    if (text.length <= FRAME_MAX_LENGTH) this.#add(direction, at, text);
    else this.#add(`cut-${direction}`, at, text.slice(0, HEAD_LENGTH));
  }

  /** What the log has is named by its sequence. */
  event(kind: "event-out" | "event", at: number, sequence: number): void {
    this.#add(kind, at, String(sequence));
  }

  #add(kind: Kind, at: number, body: string): void {
    const clean = body.includes(SEPARATOR) ? body.replaceAll(SEPARATOR, "\ufffd") : body;
    this.#records += `${SEPARATOR}${KINDS[kind]}${at.toString(36)}:${clean}`;
    this.#next++;
    if (this.#records.length > KEPT_MAX_LENGTH) this.#trim();
  }

  /** Some at once: it is looked at for each frame. */
  #trim(): void {
    const least = this.#records.length - KEPT_MAX_LENGTH + TRIM_LENGTH;
    let start = 0;
    while (start < least && start !== -1) {
      start = this.#records.indexOf(SEPARATOR, start + 1);
      this.#first++;
    }
    this.#records = start === -1 ? "" : this.#records.slice(start);
  }

  /** The log has that CALL now. */
  answered(messageId: string, sequence: number): void {
    let end = this.#records.length;
    for (let looked = 0; looked < LOOK_BACK && end > 0; looked++) {
      const start = this.#records.lastIndexOf(SEPARATOR, end - 1);
      const letter = this.#records.charAt(start + 1);
      if (letter === KINDS.in || letter === KINDS["cut-in"]) {
        const body = this.#records.indexOf(":", start) + 1;
        // What stands for no payload is not kept as it was written.
        if (
          callIdOf(this.#records.slice(body, Math.min(end, body + 200))) === messageId &&
          !this.#records.slice(0, end).endsWith(",null]")
        ) {
          const at = this.#records.slice(start + 2, body - 1);
          const record = `${SEPARATOR}${KINDS["event-in"]}${at}:${sequence}`;
          this.#records = this.#records.slice(0, start) + record + this.#records.slice(end);
          return;
        }
      }
      end = start;
    }
  }

  /** Those behind a number; `null`: they are not all there. */
  behind(number: number): KeptFrame[] | null {
    if (number < this.#first - 1 || number > this.last) return null;
    const records = this.#records.split(SEPARATOR).slice(1 + number - (this.#first - 1));
    return records.map((record, index) => {
      const colon = record.indexOf(":");
      const kind = KIND_OF[record.charAt(0)] ?? "cut-in";
      return {
        number: number + 1 + index,
        kind,
        at: Number.parseInt(record.slice(1, colon), 36),
        body: record.slice(colon + 1),
      };
    });
  }
}
