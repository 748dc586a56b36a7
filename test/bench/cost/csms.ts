/**
 * The CSMS of a measured day: on its own socket to the station, or asked over HTTP, and slow at will. Must not know what is
 * counted.
 */
import { setTimeout as delay } from "node:timers/promises";
import { CsmsSocket } from "../../support/csms-socket.ts";
import { HttpPeer } from "../../support/http-peers.ts";
import type { CsmsKind } from "./measurement.ts";

/** What the measuring Worker knows its requests by. */
const CSMS_PATH = "csms";

export class DayCsms {
  readonly kind: CsmsKind;
  /** ms until an answer. */
  thinkMs = 0;
  /** On its own socket. */
  answers = 0;
  failure: Error | null = null;
  readonly #peer: HttpPeer | null;
  #socket: CsmsSocket | null = null;
  #transactionId = 0;

  private constructor(kind: CsmsKind, peer: HttpPeer | null) {
    this.kind = kind;
    this.#peer = peer;
    if (peer === null) return;
    peer.reply = ({ body }) => {
      const { action } = JSON.parse(body) as { action: string };
      return { body: { payload: this.#payload(action) }, delayMs: this.thinkMs };
    };
  }

  static async start(kind: CsmsKind): Promise<DayCsms> {
    return new DayCsms(kind, kind === "url" ? await HttpPeer.start() : null);
  }

  get env(): Record<string, string> {
    return this.#peer === null ? {} : { CSMS_URL: `${this.#peer.url}${CSMS_PATH}` };
  }

  /** To a station that is registered; nothing where it has no socket. */
  async link(url: string, key: string): Promise<void> {
    if (this.kind !== "link") return;
    this.#socket = await CsmsSocket.connect(url, key, () => null);
    this.#socket.socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      if (Array.isArray(frame) && frame[0] === 2) void this.#answer(frame[1], frame[2]);
    });
  }

  async stop(): Promise<void> {
    this.#socket?.end();
    await this.#peer?.stop();
  }

  async #answer(messageId: string, action: string): Promise<void> {
    try {
      await delay(this.thinkMs);
      this.#socket?.send([3, messageId, this.#payload(action)]);
      this.answers++;
    } catch (error) {
      this.failure = error as Error;
    }
  }

  #payload(action: string): object {
    const idTagInfo = { status: "Accepted" };
    switch (action) {
      case "BootNotification":
        return { status: "Accepted", currentTime: new Date().toISOString(), interval: 300 };
      case "StartTransaction":
        return { transactionId: ++this.#transactionId, idTagInfo };
      case "Authorize":
      case "StopTransaction":
        return { idTagInfo };
      default:
        return {};
    }
  }
}
