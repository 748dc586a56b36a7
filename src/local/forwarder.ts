/**
 * Passes requests and WebSocket upgrades on to workerd, and its answers back. Must not know ports, keys or stations.
 */
import http, { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";
import type { EdgeProperties } from "./edge-properties.ts";
import { answeredHeaders, forwardedHeaders, pathOf } from "./front-headers.ts";
import { discardRest, passBody } from "./request-body.ts";
import { lingerThenDestroy, tunnel } from "./tunnel.ts";

export interface ForwarderOptions {
  /** Scheme and authority of the listener: what a client says in Host is its own affair. */
  origin: string;
  secret: string;
  /** workerd's own port, once it has one. */
  upstreamPort: () => number | undefined;
  properties: EdgeProperties;
}

const UPSTREAM_HOST = "127.0.0.1";
const RETRY_AFTER_SECONDS = 1;
/** Below workerd's own 5 s, or a request could be sent into a socket that it is just closing. */
const UPSTREAM_IDLE_MS = 4_000;
const NOTHING = Buffer.alloc(0);

type Problem = { status: 400 | 502 | 503; slug: string; detail: string };

const BAD_TARGET: Problem = { status: 400, slug: "bad-request", detail: "The request target is not a path." };
const NOT_RUNNING: Problem = { status: 503, slug: "unavailable", detail: "The local edge is not ready." };
const NO_ANSWER: Problem = { status: 502, slug: "bad-gateway", detail: "The local edge gave no answer." };

export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket";
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #host: string;
  readonly #requests = new http.Agent({ keepAlive: true, timeout: UPSTREAM_IDLE_MS });
  readonly #upgrades = new http.Agent({ keepAlive: false });

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#host = new URL(options.origin).host;
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    // Some stations leave out `Connection: Upgrade`, and the parser then sees a plain request.
    if (isWebSocketUpgrade(request)) {
      this.upgrade(request, takeSocket(request, response), NOTHING);
      return;
    }
    const asked = this.#ask(request, this.#requests, bodyHeaders(request));
    if ("problem" in asked) {
      response.writeHead(asked.problem.status, problemHeaders(asked.problem)).end(problemBody(asked.problem));
      return;
    }
    const { ask } = asked;
    ask.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answeredHeaders(answer.rawHeaders));
      pipeline(answer, response, (error) => {
        if (error) response.destroy();
        else if (!request.complete) discardRest(request, ask);
      });
    });
    ask.on("error", (error) => {
      const problem = problemOf(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(problem.status, problemHeaders(problem)).end(problemBody(problem));
    });
    response.on("close", () => {
      if (!response.writableFinished) ask.destroy();
    });
    passBody(request, ask);
  }

  upgrade(request: IncomingMessage, station: Socket, head: Buffer): void {
    station.on("error", ignore);
    const asked = this.#ask(request, this.#upgrades, ["Connection", "Upgrade", "Upgrade", "websocket"]);
    this.#options.properties.forget(station);
    if ("problem" in asked) {
      refuse(station, asked.problem);
      return;
    }
    const { ask } = asked;
    const abandon = () => ask.destroy();
    station.once("close", abandon);
    ask.on("upgrade", (answer, upstream, upstreamHead) => {
      station.off("close", abandon);
      tunnel(station, upstream);
      station.write(headText(answer, answer.rawHeaders));
      if (upstreamHead.length > 0) station.write(upstreamHead);
      // Held back until now: had workerd refused, it would have read these bytes as a further, unfiltered request.
      if (head.length > 0) upstream.write(head);
    });
    ask.on("response", (answer) => {
      station.write(headText(answer, [...answeredHeaders(answer.rawHeaders), "Connection", "close"]));
      answer.on("error", () => station.destroy());
      answer.pipe(station);
      station.resume();
      lingerThenDestroy(station);
    });
    ask.on("error", (error) => refuse(station, problemOf(error)));
    ask.end();
  }

  close(): void {
    this.#requests.destroy();
    this.#upgrades.destroy();
  }

  #ask(request: IncomingMessage, agent: http.Agent, extra: string[]) {
    const { origin, properties, secret, upstreamPort } = this.#options;
    const path = pathOf(request.url ?? "");
    if (path === undefined) return { problem: BAD_TARGET };
    const port = upstreamPort();
    if (port === undefined) return { problem: NOT_RUNNING };
    const isUpgrade = agent === this.#upgrades;
    const headers = [
      "Host",
      this.#host,
      "MF-CF-Blob",
      properties.of(request.socket, request.httpVersion),
      "MF-Original-URL",
      origin + path,
      "CF-Connecting-IP",
      request.socket.remoteAddress ?? "",
      "X-Kerbside-Front",
      secret,
      ...forwardedHeaders(request.rawHeaders, isUpgrade),
      ...extra,
    ];
    return { ask: http.request({ host: UPSTREAM_HOST, port, method: request.method, path, agent, headers }) };
  }
}

function bodyHeaders(request: IncomingMessage): string[] {
  return request.headers["transfer-encoding"] === undefined ? [] : ["Transfer-Encoding", "chunked"];
}

/** Takes the connection from the HTTP parser, which would read the frames to come as requests. */
function takeSocket(request: IncomingMessage, response: ServerResponse): Socket {
  const { socket } = request;
  response.detachSocket(socket);
  // "close" stays: by it Node lets go of the parser.
  for (const event of ["data", "end", "error", "drain", "timeout"]) socket.removeAllListeners(event);
  socket.pause();
  return socket;
}

function headText(answer: IncomingMessage, headers: readonly string[]): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `${text}\r\n`;
}

function refuse(station: Socket, problem: Problem): void {
  const body = problemBody(problem);
  const headers = { ...problemHeaders(problem), "Content-Length": Buffer.byteLength(body), Connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  station.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`);
  station.resume();
  lingerThenDestroy(station);
}

function problemOf(error: Error): Problem {
  return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? NOT_RUNNING : NO_ANSWER;
}

function problemHeaders(problem: Problem): Record<string, string | number> {
  const retry = problem.status === 400 ? {} : { "Retry-After": RETRY_AFTER_SECONDS };
  return { "Content-Type": "application/problem+json", ...retry };
}

function problemBody({ status, slug, detail }: Problem): string {
  return JSON.stringify({ type: `/problems/${slug}`, title: STATUS_CODES[status], status, detail });
}

function ignore(): void {}
