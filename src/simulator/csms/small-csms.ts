/**
 * A small CSMS that speaks OCPP-J at its own door and accepts whatever a station asks, to try a bridge on. Must not know Kerbside.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { edgeAnswer, standaloneAnswer } from "../../ocpp/built-in-answers.ts";
import type { Payload } from "../../ocpp/message.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { chooseProtocol } from "../../ocpp/subprotocol.ts";
import { PROTOCOLS } from "../../ocpp/protocol.ts";

const HEARTBEAT_INTERVAL_SECONDS = 60;

export class SmallCsms {
  /** Called with each frame that comes. */
  onFrame: (protocol: string, frame: string) => void = () => {};
  readonly #server: WebSocketServer;
  #transactions = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => {
      socket.on("error", () => socket.terminate());
      socket.on("message", (data) => this.#answer(socket, String(data)));
    });
  }

  /** On loopback, at any free port. */
  static async start(): Promise<SmallCsms> {
    const server = new WebSocketServer({
      ...{ host: "127.0.0.1", port: 0, perMessageDeflate: false },
      handleProtocols: (offered) => chooseProtocol([...offered], PROTOCOLS) ?? false,
    });
    await once(server, "listening");
    return new SmallCsms(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ocpp`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** What is no CALL is nobody's: it asks nothing itself. */
  #answer(socket: WebSocket, text: string): void {
    this.onFrame(socket.protocol, text);
    const [type, messageId, action, payload] = JSON.parse(text) as [number, string, string, Payload];
    if (type !== 2) return;
    const now = Date.now();
    const decided = standaloneAnswer(socket.protocol as Protocol, action, payload, {
      ...{ authorization: "Accepted", heartbeatIntervalSeconds: HEARTBEAT_INTERVAL_SECONDS, now },
      transactionId: action === "StartTransaction" ? ++this.#transactions : 0,
    });
    socket.send(JSON.stringify([3, messageId, decided ?? edgeAnswer(action, now)]));
  }
}
