/**
 * Which answers a connection still gets: nothing else may be written to it before they are. Must not know what is answered.
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export class OpenAnswers {
  readonly #open = new WeakMap<Duplex, Set<ServerResponse>>();

  began(socket: Duplex, response: ServerResponse): void {
    const open = this.#open.get(socket) ?? new Set();
    this.#open.set(socket, open.add(response));
    response.once("close", () => open.delete(response));
  }

  /** Requests before it are not answered as a whole. */
  has(socket: Duplex): boolean {
    return (this.#open.get(socket)?.size ?? 0) > 0;
  }

  /** A part of an answer is on its way. */
  isWithinOne(socket: Duplex): boolean {
    return [...(this.#open.get(socket) ?? [])].some(({ headersSent }) => headersSent);
  }
}
