/**
 * Finds the close frame in what a server says on a WebSocket, by the frames' heads alone. Must not know what frames hold, nor
 * what is done once one closes.
 */

/** [RFC 6455 §5.2] */
const OPCODE = 0x0f;
const CLOSE = 0x8;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

export class CloseWatch {
  /** Bytes of the current frame's payload that are still to come. */
  #left = 0;
  /** A head that a chunk's end cut through. */
  #head: number[] = [];
  #seen = false;

  /** `true`: a close frame has begun in this chunk or in one before. A server's frames are not masked. */
  sees(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length && !this.#seen) {
      if (this.#left > 0) {
        const skipped = Math.min(this.#left, chunk.length - at);
        this.#left -= skipped;
        at += skipped;
      } else {
        this.#head.push(chunk[at++] as number);
        this.#readHead();
      }
    }
    return this.#seen;
  }

  #readHead(): void {
    const [first = 0, second] = this.#head;
    if ((first & OPCODE) === CLOSE) this.#seen = true;
    if (second === undefined) return;
    const short = second & LENGTH;
    const lengthBytes = short === LENGTH_64 ? 8 : short === LENGTH_16 ? 2 : 0;
    if (this.#head.length < 2 + lengthBytes) return;
    this.#left = lengthBytes === 0 ? short : this.#head.slice(2).reduce((length, byte) => length * 256 + byte, 0);
    this.#head = [];
  }
}
