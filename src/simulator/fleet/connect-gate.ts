/**
 * Who may begin to connect, and when: so many a second, so many at once. Must not know sockets.
 */
import { ConnectPace } from "../../programs/connect-pace.ts";
import type { ConnectTurn } from "../station/station-line.ts";

export class ConnectGate implements ConnectTurn {
  readonly #pace: ConnectPace;
  readonly #atOnce: number;
  #inside = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(perSecond: number, atOnce: number) {
    this.#pace = new ConnectPace(perSecond);
    this.#atOnce = atOnce;
  }

  async pass<T>(isStorm: boolean, signal: AbortSignal, connect: () => Promise<T>): Promise<T | null> {
    if (!isStorm && !(await this.#pace.turn(signal))) return null;
    if (this.#inside >= this.#atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside++;
    try {
      return signal.aborted ? null : await connect();
    } finally {
      // The place goes on to the next one without becoming free in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#inside--;
      else next();
    }
  }
}
