/**
 * Which of the newest calls in a station's log may be repeated, by a small key each: a repetition is found by reading one
 * row. Must not know by what a repetition is told.
 */
import { parseJson } from "../../json.ts";
import { fingerprint, isRecognisable, isRepetition, type CallIdentity, type KeptCall } from "../../ocpp/repetition.ts";
import type { Answer } from "../../ocpp/session.ts";
import { fields, nullable, record, text } from "../../shape.ts";
import type { Store } from "./store.ts";

/** Newest events among which a repeated CALL is looked for. */
const WITHIN_EVENTS = 1_000;
/** Calls that are known at once; each costs an awake object 8 bytes or 16. */
const CALLS_MAX = 500;
/** Characters of rows that are passed, and of those that are read, when the first such call comes after a wake: some 20 ms each. */
const PASSED_MAX_LENGTH = 16_000_000;
const READ_MAX_LENGTH = 2_000_000;
/** Stands for a call that has no answer to repeat; others may have it by chance. */
const NO_ANSWER = -1;

/** The data of a row begins with its key, protocol, messageId (36 characters of up to 6) and action: the payload is not looked into. */
const NEWEST = `
  SELECT sequence, substr(data, 1, 400) AS head, length(data) AS length FROM log
  WHERE sequence > ?1 AND sequence <= ?2 AND type = 'ocpp.call' ORDER BY sequence DESC`;
const ONE = "SELECT at, data FROM log WHERE sequence = ?1 AND type = 'ocpp.call'";

interface Kept {
  at: number;
  call: KeptCall;
}

export class Repetitions {
  readonly #store: Store;
  /** Two lists in step, oldest first: numbers in lists of their own are kept without a box. */
  readonly #fingerprints: number[] = [];
  readonly #sequences: number[] = [];
  /** Sequence of the newest BootNotification that was answered; 0: none is known. */
  #booted = 0;

  /** @param floor sequence behind which the log of this registration begins */
  constructor(store: Store, floor: number, head: number) {
    this.#store = store;
    let [passed, read] = [0, 0];
    const from = Math.max(head - WITHIN_EVENTS, floor);
    for (const row of store.each<{ sequence: number; head: string; length: number }>(NEWEST, from, head)) {
      passed += row.length;
      if (passed > PASSED_MAX_LENGTH) break;
      const [, action = ""] = /"action":"(\w+)"/.exec(row.head) ?? [];
      if (action === "BootNotification" && this.#booted === 0) this.#booted = row.sequence;
      // The payload tells no more than this of an action: whether it is asked for at all.
      if (!isRecognisable({ action, payload: { idToken: {} } }) || this.#sequences.length >= CALLS_MAX) continue;
      const [, written] = /^\{"key":(-?\d+),/.exec(row.head) ?? [];
      if (written === undefined) read += row.length;
      if (read > READ_MAX_LENGTH) break;
      const key = written === undefined ? this.#keyOfOld(row.sequence) : Number(written);
      if (key === null) continue;
      this.#fingerprints.push(key);
      this.#sequences.push(row.sequence);
    }
    this.#fingerprints.reverse();
    this.#sequences.reverse();
  }

  /** Of a row that an older release wrote. */
  #keyOfOld(sequence: number): number | null {
    const kept = this.#read(sequence);
    return kept && keyOf(kept.call);
  }

  /** A call was appended to the log, under this key. */
  note(sequence: number, { action }: KeptCall, key: number | null): void {
    if (action === "BootNotification") this.#booted = sequence;
    if (key === null) return;
    if (this.#sequences.length >= CALLS_MAX) {
      this.#fingerprints.shift();
      this.#sequences.shift();
    }
    this.#fingerprints.push(key);
    this.#sequences.push(sequence);
  }

  /** The answer that a repeated CALL was given before; `null`: it is new, or its like was never acknowledged. */
  answerTo(call: CallIdentity, now: number): Answer | null {
    if (!isRecognisable(call)) return null;
    const at = this.#fingerprints.lastIndexOf(fingerprint(call));
    const sequence = this.#sequences[at];
    const kept = sequence === undefined ? null : this.#read(sequence);
    if (sequence === undefined || kept === null || kept.call.answer === null) return null;
    const meanwhile = {
      keptAt: kept.at,
      elapsedMs: Math.abs(now - kept.at),
      booted: this.#booted > sequence,
      between: this.#behind(at),
    };
    return isRepetition(call, kept.call, meanwhile) ? { payload: kept.call.answer } : null;
  }

  *#behind(at: number): Generator<KeptCall & { at: number }> {
    for (const sequence of this.#sequences.slice(at + 1)) {
      const kept = this.#read(sequence);
      if (kept !== null) yield { ...kept.call, at: kept.at };
    }
  }

  /** `null`: its row was needed for a newer event, or cannot be read. */
  #read(sequence: number): Kept | null {
    const [row] = this.#store.run<{ at: number; data: string }>(ONE, sequence);
    const call = row === undefined ? null : keptCall(row.data);
    return row === undefined || call === null ? null : { at: row.at, call };
  }
}

const KEPT_CALL = fields({ messageId: text, action: text, payload: record, answer: nullable(record) });

function keptCall(data: string): KeptCall | null {
  try {
    const call = parseJson<KeptCall>(data);
    return KEPT_CALL(call) === null ? call : null;
  } catch {
    return null;
  }
}

/** The data of a call's row, with its key in front: at a wake no payload is read for it. Where a later release makes other keys, a repetition over the deploy is missed. */
export function keyed(call: KeptCall): { text: string; key: number | null } {
  const text = JSON.stringify(call);
  if (!isRecognisable(call)) return { text, key: null };
  const key = keyOf(call);
  return { text: `{"key":${key},${text.slice(1)}`, key };
}

/** The data as it was before. */
export function unkeyed({ key: _, ...data }: Record<string, unknown>): Record<string, unknown> {
  return data;
}

/** [1.6 §3.7.1, 2.x E13] What is repeated after a CALLERROR is another attempt. */
function keyOf(call: KeptCall): number {
  return call.answer === null || "error" in call.answer ? NO_ANSWER : fingerprint(call);
}
