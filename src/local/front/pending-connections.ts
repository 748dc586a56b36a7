/**
 * The connections that are no station's yet: bounded together, so that whoever only opens connections takes no station's place.
 * Must not know what comes on them.
 */
import type { Socket } from "node:net";

export class PendingConnections {
  readonly #max: number;
  /** In the order of their coming. */
  readonly #idle = new Set<Socket>();
  readonly #busy = new Set<Socket>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Beyond the bound the one that has waited longest without a request goes. */
  opened(socket: Socket): void {
    this.#idle.add(socket);
    socket.once("close", () => this.#forget(socket));
    if (this.#idle.size + this.#busy.size <= this.#max) return;
    const [longest] = this.#idle;
    longest?.destroy();
    if (longest !== undefined) this.#forget(longest);
  }

  /** A request of it is being answered. */
  asks(socket: Socket): void {
    if (this.#idle.delete(socket)) this.#busy.add(socket);
  }

  answered(socket: Socket): void {
    if (this.#busy.delete(socket)) this.#idle.add(socket);
  }

  /** It is a station's WebSocket from now on. */
  upgraded(socket: Socket): void {
    this.#forget(socket);
  }

  #forget(socket: Socket): void {
    this.#idle.delete(socket);
    this.#busy.delete(socket);
  }
}
