/**
 * Which answers a connection still gets: nothing else may be written to it before they are. Must not know what is answered.
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** For one event of an answer, or of a connection. */
export const LISTENERS_MAX = 32;

export class OpenAnswers {
  readonly #open = new WeakMap<Duplex, Set<ServerResponse>>();

  began(socket: Duplex, response: ServerResponse): void {
    // Each end of a pipeline listens some times, and an answer may be asked for twice: no leak, and not to be warned of.
    response.setMaxListeners(LISTENERS_MAX);
    const open = this.#open.get(socket) ?? new Set();
    this.#open.set(socket, open.add(response));
    response.once("close", () => open.delete(response));
  }

  /**
   * Calls `begin` when the requests before it on its connection are answered, at once if they are: what one client sends in one go would
   * otherwise be as many connections to workerd.
   */
  inTurn(socket: Duplex, response: ServerResponse, begin: () => void): void {
    const before = [...(this.#open.get(socket) ?? [])].filter((each) => each !== response).at(-1);
    if (before === undefined) begin();
    else before.once("close", begin);
  }

  /** Requests of a connection that are not answered as a whole. */
  count(socket: Duplex): number {
    return this.#open.get(socket)?.size ?? 0;
  }

  /** Requests before it are not answered as a whole. */
  has(socket: Duplex): boolean {
    return this.count(socket) > 0;
  }

  /**
   * Calls `then` when what came whole is answered, at once if it is. A request whose rest can't come any more is not waited for.
   * @param maxMs after which the connection is ended without
   */
  afterThose(socket: Duplex, maxMs: number, then: () => void): void {
    const late = setTimeout(() => socket.destroy(), maxMs);
    socket.once("close", () => clearTimeout(late));
    const look = () => {
      const open = [...(this.#open.get(socket) ?? [])];
      // They leave in the order of their requests; one may have begun while those before it were waited for.
      const last = open.filter(({ req, headersSent }) => req.complete || headersSent).at(-1);
      if (last !== undefined) last.once("close", look);
      else {
        clearTimeout(late);
        then();
      }
    };
    look();
  }
}
