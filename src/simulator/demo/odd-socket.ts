/**
 * A station's socket for those that misbehave: what goes out is what it is told, and each command is declined. Must not know why.
 */
import { WebSocket } from "ws";
import type { RegisteredStation } from "../station/charging-station.ts";
import { encode, encodeFault } from "../../ocpp/message.ts";
import { messagesOf } from "../station/version-messages.ts";

const OPEN_WITHIN_MS = 10_000;
const CALL = 2;

export class OddSocket {
  readonly closed: Promise<void>;
  /** Answers commands. */
  isAwake = true;
  readonly #socket: WebSocket;
  readonly #station: RegisteredStation;
  #messageId = 0;

  private constructor(socket: WebSocket, station: RegisteredStation) {
    this.#socket = socket;
    this.#station = station;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("message", (data) => this.#decline(String(data)));
  }

  /** `null`: it was refused, or the signal came. */
  static open(station: RegisteredStation, signal: AbortSignal): Promise<OddSocket | null> {
    if (signal.aborted) return Promise.resolve(null);
    const options = { ...station.socket, handshakeTimeout: OPEN_WITHIN_MS };
    const socket = new WebSocket(station.url, [station.protocol], options);
    const end = () => socket.terminate();
    signal.addEventListener("abort", end, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", end));
    return new Promise((resolve) => {
      // Behind one that was refused there is always a close, and before it what is of no use here.
      socket.on("error", () => {});
      socket.once("open", () => resolve(new OddSocket(socket, station)));
      socket.once("close", () => resolve(null));
    });
  }

  boot(identification: { vendor: string; model: string }): void {
    const { protocol, stationId } = this.#station;
    const whole = { ...identification, serialNumber: stationId, firmwareVersion: "0.9.3" };
    const { action, payload } = messagesOf(protocol).boot(whole, "PowerUp");
    this.send(encode({ type: "call", messageId: `odd-${++this.#messageId}`, action, payload }));
  }

  send(frame: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  #decline(frame: string): void {
    const [type, messageId] = JSON.parse(frame) as [number, string];
    if (type !== CALL || !this.isAwake) return;
    this.send(encodeFault(this.#station.protocol, messageId, "not-supported", "This station is out of order"));
  }
}
