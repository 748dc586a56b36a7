/**
 * Counts what comes on sockets after they were closed here: not all are read to their end, and each frame costs what an answer
 * costs. Must not know stations, nor what is done about it.
 */
import { lengthOf } from "./frame-gate.ts";

/** Frames, and 8 KB each of larger ones, that a socket may bring after its close: what was on its way then. */
const FRAMES_MAX = 1_000;
const FRAME_LENGTH = 8_192;

export class StrayFrames {
  readonly #counts = new WeakMap<WebSocket, number>();
  #isOver = false;

  /** Whether it is one too many; once. */
  isTooMany(socket: WebSocket, frame: string | ArrayBuffer): boolean {
    const count = (this.#counts.get(socket) ?? 0) + 1 + lengthOf(frame) / FRAME_LENGTH;
    this.#counts.set(socket, count);
    if (count <= FRAMES_MAX || this.#isOver) return false;
    this.#isOver = true;
    return true;
  }
}
