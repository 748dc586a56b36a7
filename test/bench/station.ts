/**
 * A charging station that costs its own process as little as can be, so that what is measured is the server.
 * Must not know which server it is.
 */
import { WebSocket } from "ws";

const ANSWER_WITHIN_MS = 60_000;

export class BenchStation {
  readonly #socket: WebSocket;
  #answered: ((frame: string) => void) | null = null;
  #calls = 0;
  closed = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#heard(data.toString()));
    socket.on("close", () => {
      this.closed = true;
      this.#answered?.("closed");
    });
  }

  /** Resolves with the open connection. Compression is never offered: it would be most of the memory. */
  static connect(url: string): Promise<BenchStation> {
    const socket = new WebSocket(url, ["ocpp1.6"], { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.terminate(), ANSWER_WITHIN_MS);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(new Error(`${url}: ${error.message}`, { cause: error }));
      };
      // Stays: an error after it was opened ends in a close, which is what a CALL is told.
      socket.on("error", fail);
      socket.once("open", () => {
        clearTimeout(timer);
        resolve(new BenchStation(socket));
      });
    });
  }

  /** @throws where the answer is no CALLRESULT, or none comes */
  async call(action: string, payload: object): Promise<void> {
    const messageId = `b${++this.#calls}`;
    const answer = await new Promise<string>((resolve) => {
      if (this.closed) return resolve("closed");
      const timer = setTimeout(() => resolve("no answer in time"), ANSWER_WITHIN_MS);
      this.#answered = (frame) => {
        clearTimeout(timer);
        resolve(frame);
      };
      this.#socket.send(JSON.stringify([2, messageId, action, payload]));
    });
    this.#answered = null;
    if (!answer.startsWith(`[3,"${messageId}"`)) throw new Error(`${action}: ${answer.slice(0, 200)}`);
  }

  /** As a network that fails: without a close frame. */
  drop(): void {
    this.#socket.terminate();
  }

  #heard(frame: string): void {
    if (frame.startsWith("[2,")) {
      const [, messageId] = JSON.parse(frame) as [number, string];
      this.#socket.send(JSON.stringify([3, messageId, { status: "Accepted" }]));
    } else this.#answered?.(frame);
  }
}
