/**
 * Real HTTP servers for tests: a webhook receiver that checks signatures, and a CSMS. Must not know what a test expects.
 */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface Received {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** Who asked has given up before there was an answer. */
  abandoned: boolean;
}

/** What a peer answers; `"hang"` never answers, `"reset"` breaks the connection. */
export type Reply =
  | {
      status?: number;
      headers?: http.OutgoingHttpHeaders;
      /** As JSON. */
      body?: unknown;
      /** As it is, in place of `body`. */
      text?: string;
      delayMs?: number;
      /** Answers only then. */
      after?: Promise<unknown>;
    }
  | "hang"
  | "reset";

export class HttpPeer {
  readonly requests: Received[] = [];
  /** That were made to it. */
  connections = 0;
  /** May be changed at any time. */
  reply: (received: Received) => Reply = () => ({ status: 204 });
  readonly #server: http.Server;
  readonly url: string;

  private constructor(server: http.Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on("connection", () => this.connections++);
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<HttpPeer> {
    const server = http.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new HttpPeer(server);
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = "";
    try {
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
    } catch {
      return;
    }
    const { method = "", url: path = "", headers } = request;
    const received: Received = { method, path, headers, body, abandoned: false };
    this.requests.push(received);
    response.on("close", () => {
      received.abandoned = !response.writableFinished;
    });
    const reply = this.reply(received);
    if (reply === "hang") return;
    if (reply === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs));
    await reply.after;
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    response.end(reply.text ?? (reply.body === undefined ? "" : JSON.stringify(reply.body)));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

export const SECRET = `whsec_${Buffer.from("a secret of thirty-two bytes....").toString("base64")}`;

// biome-ignore lint/suspicious/noExplicitAny: events of any type
export type TestEvent = any;

/** The events of verified deliveries, each once, in the order they were acknowledged. */
export function eventsOf(peer: HttpPeer, secret = SECRET): TestEvent[] {
  const seen = new Map<string, TestEvent>();
  for (const { headers, body } of peer.requests) {
    const batch = new Webhook(secret).verify(body, headers as Record<string, string>) as TestEvent[];
    for (const event of batch) if (!seen.has(event.id)) seen.set(event.id, event);
  }
  return [...seen.values()];
}

/** Waits, bounded, until something holds. */
export async function until<T>(what: string, probe: () => T | Promise<T>, waitMs = 15_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const found = await probe();
    if (found) return found as NonNullable<T>;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
