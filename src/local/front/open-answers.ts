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

  /**
   * Calls `then` when what came whole is answered, at once if it is. A request whose rest can't come any more is not waited for.
   * @param maxMs after which the connection is ended without
   */
  afterThose(socket: Duplex, maxMs: number, then: () => void): void {
    const awaited = [...(this.#open.get(socket) ?? [])].filter(({ req, headersSent }) => req.complete || headersSent);
    // They leave in the order of their requests.
    const last = awaited.at(-1);
    if (last === undefined) {
      then();
      return;
    }
    const late = setTimeout(() => socket.destroy(), maxMs);
    socket.once("close", () => clearTimeout(late));
    last.once("close", () => {
      clearTimeout(late);
      then();
    });
  }
}
