/**
 * A Charging Station down to the bytes: the upgrade and each WebSocket frame are what the test says, right or wrong.
 * Must not know OCPP, nor what is answered.
 */
import { once } from "node:events";
import net from "node:net";

export interface RawFrame {
  /** FIN, RSV1 to 3 and the opcode [RFC 6455 §5.2]. */
  first: number;
  body: Buffer;
}

export const TEXT = 0x81;
export const CLOSE = 0x88;
export const PING = 0x89;
export const PONG = 0x8a;
const MASK = Buffer.from([0x5a, 0x17, 0xc3, 0x08]);

export class RawStation {
  /** The answer to the upgrade: its status line and headers. */
  readonly head: string;
  readonly #socket: net.Socket;
  #received: Buffer;

  private constructor(socket: net.Socket, received: Buffer) {
    const end = received.indexOf("\r\n\r\n");
    this.head = received.subarray(0, end).toString("latin1");
    this.#socket = socket;
    this.#received = received.subarray(end + 4);
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on("error", () => {});
  }

  /** @param lines of the request's head, less those that every upgrade needs */
  static async connect(port: number, target: string, lines = ["Connection: Upgrade"]): Promise<RawStation> {
    const socket = net.connect(port, "127.0.0.1");
    const head = [
      `GET ${target} HTTP/1.1`,
      `Host: localhost:${port}`,
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol: ocpp1.6",
      ...lines,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    let received = Buffer.alloc(0);
    while (!received.includes("\r\n\r\n")) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    return new RawStation(socket, received);
  }

  get status(): number {
    return Number(this.head.split(" ")[1]);
  }

  /** One masked frame, not longer than 125 bytes. */
  send(first: number, body: string | Buffer): void {
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const masked = bytes.map((byte, i) => byte ^ (MASK[i % 4] as number));
    this.#socket.write(Buffer.concat([Buffer.from([first, 0x80 | bytes.length]), MASK, masked]));
  }

  /** The next frame of the other side; `null`: it closed the connection. */
  async next(): Promise<RawFrame | null> {
    for (;;) {
      const [first, length = 0] = this.#received;
      const [start, size] =
        length < 126 ? [2, length] : [4, this.#received.length < 4 ? 0 : this.#received.readUInt16BE(2)];
      if (first !== undefined && this.#received.length >= start + size && this.#received.length >= start) {
        const body = this.#received.subarray(start, start + size);
        this.#received = this.#received.subarray(start + size);
        return { first, body };
      }
      if (this.#socket.destroyed || this.#socket.readableEnded) return null;
      await Promise.race([once(this.#socket, "data"), once(this.#socket, "close")]);
    }
  }

  async nextJson(): Promise<unknown> {
    const frame = await this.next();
    return frame && JSON.parse(frame.body.toString());
  }

  kill(): void {
    this.#socket.destroy();
  }
}
