/**
 * An observer of a station: keeps what it is told, comes back where it was. Must not know what a test expects.
 */
import { WebSocket } from "ws";
import { until } from "./http-peers.ts";

// biome-ignore lint/suspicious/noExplicitAny: it is what the test is to find out
type Told = any;

export class ObserverSocket {
  readonly socket: WebSocket;
  readonly told: Told[] = [];
  closed: { code: number; reason: string } | null = null;
  /** Of the refusal of an upgrade. */
  status = 0;

  constructor(url: string, headers: Record<string, string>, protocols: string[] = ["kerbside.live.v1"]) {
    this.socket = new WebSocket(url, protocols, { headers, perMessageDeflate: false });
    this.socket.on("message", (data) => this.told.push(...JSON.parse(String(data))));
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on("open", () => {
      this.status = 101;
    });
    this.socket.on("unexpected-response", (_, response) => {
      this.status = response.statusCode ?? 0;
      response.resume();
    });
    this.socket.on("error", () => {});
  }

  /** Behind what it missed. */
  static async connect(url: string, key: string): Promise<ObserverSocket> {
    const observer = new ObserverSocket(url, { authorization: `Bearer ${key}` });
    await until("the observer", () => observer.told.some(({ live }) => live !== undefined) || observer.status > 101);
    return observer;
  }

  get frames(): Told[] {
    return this.told.filter((each) => each.frame !== undefined || each.text !== undefined);
  }

  get cursor(): string {
    return this.told.at(-1)?.cursor;
  }

  end(): void {
    this.socket.terminate();
  }
}
