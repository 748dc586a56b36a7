/**
 * One observer's socket: what rides with it, how much it has not taken, how much it may say. Must not know what it is told.
 */
import { log } from "../../log.ts";
import { fields, flag, isRecord, number, text } from "../../shape.ts";
import { closeSocket } from "../connection/attachment.ts";
import { CLOSE_REASONS, type CloseReason } from "../connection/close-reasons.ts";
import { lengthOf } from "../connection/frame-gate.ts";
import { type Bound, boundLabels } from "../object/bound-labels.ts";

/** As for the station's attachment: raised only where a release before would misread what is written. */
const VERSION = 1;
/** Bytes that wait to be sent to one observer before it is closed: eight of the largest frames. */
const UNSENT_MAX_BYTES = 4_000_000;
/** Frames, and 1,000 characters each of larger ones, that an observer may send in WINDOW_MS: it has nothing to say, and each wakes the object. */
const SAID_MAX = 60;
const SAID_LENGTH = 1_000;
const WINDOW_MS = 60_000;

const ATTACHMENT = fields({ version: number, id: text, isMasked: flag, kept: text, labels: boundLabels });

interface Left extends Bound {
  id: string;
  isMasked: boolean;
  kept: string;
}

export class Observer {
  readonly socket: WebSocket;
  readonly id: string;
  readonly isMasked: boolean;
  readonly bound: Bound;
  /** What the watch has kept, as it was when this came, or when no station's socket was there to carry it. */
  kept: string;
  #said = { from: 0, count: 0 };

  private constructor(socket: WebSocket, { id, isMasked, kept, labels }: Left) {
    this.socket = socket;
    this.id = id;
    this.isMasked = isMasked;
    this.bound = labels === undefined ? {} : { labels };
    this.kept = kept;
  }

  static begin(socket: WebSocket, begun: Omit<Left, "id">): Observer {
    const observer = new Observer(socket, { id: crypto.randomUUID(), ...begun });
    observer.save(begun.kept);
    return observer;
  }

  /** As it was when the object slept. `null`: it is nobody's, or cannot be read and comes again. */
  static left(socket: WebSocket): Observer | null {
    const left = leftWith(socket);
    if (left === null) return null;
    if (left !== undefined) return new Observer(socket, left);
    socket.serializeAttachment(null);
    closeSocket(socket, CLOSE_REASONS.unreadable.code, CLOSE_REASONS.unreadable.reason);
    return null;
  }

  save(kept: string): void {
    this.kept = kept;
    const { id, isMasked, bound } = this;
    this.socket.serializeAttachment({ version: VERSION, id, isMasked, ...bound, kept });
  }

  /** `false`: it does not take what it is sent, or is gone, and is closed. */
  send(message: string, stationId: string): boolean {
    const { socket } = this;
    if (socket.readyState !== WebSocket.OPEN) return false;
    // The platform keeps what is not taken, without a bound, and the object awake with it.
    if (socket.bufferedAmount > UNSENT_MAX_BYTES) {
      log("info", "an observer is too slow", { stationId, observerId: this.id, unsent: socket.bufferedAmount });
      this.close(CLOSE_REASONS.tooSlow);
      return false;
    }
    try {
      socket.send(message);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether what it says is more than it may. */
  isTooLoud(frame: string | ArrayBuffer, now: number): boolean {
    if (Math.abs(now - this.#said.from) >= WINDOW_MS) this.#said = { from: now, count: 0 };
    this.#said.count += 1 + Math.floor(lengthOf(frame) / SAID_LENGTH);
    return this.#said.count > SAID_MAX;
  }

  close({ code, reason }: CloseReason): void {
    this.socket.serializeAttachment(null);
    closeSocket(this.socket, code, reason);
  }
}

/** `null`: it is nobody's, `undefined`: what was left there cannot be read. */
function leftWith(socket: WebSocket): Left | null | undefined {
  try {
    const left: unknown = socket.deserializeAttachment();
    if (left === null) return null;
    if (!isRecord(left) || left.version !== VERSION || ATTACHMENT(left) !== null) return undefined;
    return left as unknown as Left;
  } catch {
    return undefined;
  }
}
