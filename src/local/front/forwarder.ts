/**
 * Passes requests and WebSocket upgrades on to workerd, and its answers back. Must not know ports, keys or stations.
 */
import http, { type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { pipeline } from "node:stream";
import type { EdgeProperties } from "./certificate/edge-properties.ts";
import { askFleet } from "./fleet-requests.ts";
import { answeredHeaders, forwardedHeaders, isOfWorker, pathOf } from "./passed-on-headers.ts";
import {
  answerProblem,
  BAD_TARGET,
  FOREIGN_ORIGIN,
  NO_HTTP,
  NO_KEY,
  NO_ROOM,
  NOT_ONE_HOST,
  NOT_RUNNING,
  type Problem,
  PIPELINED_UPGRADE,
  problemOf,
  problemOfRuntime,
  refuse,
  UNKNOWN_CODING,
  UPGRADE_WITH_BODY,
} from "./front-problem.ts";
import { guarded } from "./guarded.ts";
import { passUpgrade } from "./passed-upgrade.ts";
import type { PendingConnections } from "./pending-connections.ts";
import { bodyHeaders, discardRest, passBody } from "./request-body.ts";
import { routeOf } from "../runtime/shards.ts";
import { takeSocket } from "./station-socket.ts";
import { ignore } from "./tunnel.ts";
import type { Upstream } from "./upstream.ts";
import { announcesBody, hasKey, hasOneHost, isForeign, isHttp1, isWebSocketUpgrade } from "./upgrade-request.ts";

export interface ForwarderOptions {
  /** Scheme and authority of the listener: what a client says in Host is its own affair. */
  origin: string;
  /** Of all the edge's listeners: from there alone a web page may open a WebSocket. */
  ownOrigins: ReadonlySet<string>;
  secret: string;
  /** One or more; a station is always behind the same one. */
  upstreams: readonly Upstream[];
  properties: EdgeProperties;
  /** What stands in the way of passing a request on; `null`: nothing. */
  barred: (isHealthCheck: boolean) => Problem | null;
  pending: PendingConnections;
  /** Whether there was something to repair that a request asks to be; once, then it is whole. */
  repaired: (method: string, path: string) => boolean;
}

const UPSTREAM_HOST = "127.0.0.1";
/** Below workerd's own 5 s, or a request could be sent into a socket that it is just closing. */
const UPSTREAM_IDLE_MS = 4_000;
/** ms without a word of workerd, for what asks all of them: one that hangs is told of, by /healthz soon. */
const SILENT_MAX_MS = 30_000;
const HEALTH_MAX_MS = 5_000;
const NOTHING = Buffer.alloc(0);

/** An upgrade whose turn it is. */
interface Admitted {
  request: IncomingMessage;
  station: Socket;
  /** What came behind its head. */
  head: Buffer;
  path: string;
  upstream: Upstream;
  decided: () => void;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #host: string;
  readonly #requests = new http.Agent({ keepAlive: true, timeout: UPSTREAM_IDLE_MS });
  readonly #upgrades = new http.Agent({ keepAlive: true, timeout: UPSTREAM_IDLE_MS });
  /** What Node's parser still finds on them is nobody's request. */
  readonly #taken = new WeakSet<Socket>();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#host = new URL(options.origin).host;
  }

  handshaken(socket: TLSSocket): void {
    this.#options.pending.opened(socket);
    this.#options.properties.handshaken(socket);
  }

  /** Whether a connection is a station's, whatever the parser still finds on it. */
  isTaken(socket: Socket): boolean {
    return this.#taken.has(socket) || socket.destroyed;
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // Behind an upgrade nothing is asked any more; what it is answered is on its way.
    if (this.isTaken(socket)) {
      if (response.socket === socket) response.detachSocket(socket);
      return void request.resume();
    }
    const { pending } = this.#options;
    pending.asks(socket);
    response.once("close", () => pending.answered(socket));
    // Some stations leave out `Connection: Upgrade`, and the parser then sees a plain request.
    if (isWebSocketUpgrade(request)) {
      if (announcesBody(request)) answerProblem(response, UPGRADE_WITH_BODY);
      // Behind another request it is not its turn to have the socket.
      else if (response.socket !== socket) answerProblem(response, PIPELINED_UPGRADE);
      else {
        this.upgrade(request, takeSocket(request, response), NOTHING);
      }
      return;
    }
    const path = pathOf(request.url ?? "");
    const problem = this.#problemOf(request, path);
    if (path === undefined || problem !== null) {
      answerProblem(response, problem ?? BAD_TARGET);
      return;
    }
    const route = routeOf(request.method ?? "", path, this.#options.upstreams.length);
    if (route.kind === "one") this.#pass(request, response, path, route.shard);
    else {
      const { upstreams, secret } = this.#options;
      const ask = (port: number | undefined, extra: string[]) =>
        this.#ask(request, this.#requests, path, port, extra, SILENT_MAX_MS);
      void askFleet(request, response, { kind: route.kind, path, upstreams, secret, ask });
    }
  }

  upgrade(request: IncomingMessage, station: Socket, head: Buffer): void {
    station.on("error", ignore);
    // The parser may still find an upgrade in what had come, when the request before it has ended or taken the connection.
    if (this.isTaken(station)) {
      station.destroy();
      return;
    }
    this.#taken.add(station);
    this.#options.pending.asks(station);
    const path = pathOf(request.url ?? "");
    const problem = this.#problemOf(request, path) ?? this.#problemOfUpgrade(request);
    if (path === undefined || problem !== null) {
      refuse(station, problem ?? BAD_TARGET);
      return;
    }
    const route = routeOf("GET", path, this.#options.upstreams.length);
    const upstream = this.#options.upstreams[route.kind === "one" ? route.shard : 0] as Upstream;
    const enter = (decided: () => void) => {
      try {
        // Gone while it waited, and not yet called off.
        if (station.destroyed) decided();
        else this.#upgrade({ request, station, head, path, upstream, decided });
      } catch (error) {
        // It would count as undecided for ever.
        decided();
        throw error;
      }
    };
    // Guarded by itself: it may be called when another station's upgrade is over.
    const callOff = upstream.gate.pass(
      guarded((_: () => void) => station, enter),
      () => refuse(station, NO_ROOM),
    );
    station.once("close", callOff);
  }

  /** Of what is passed on, upgrade or not. */
  #problemOf(request: IncomingMessage, path: string | undefined): Problem | null {
    if (!isHttp1(request)) return NO_HTTP;
    if (!hasOneHost(request)) return NOT_ONE_HOST;
    if (!/^chunked$/i.test(request.headers["transfer-encoding"] ?? "chunked")) return UNKNOWN_CODING;
    return path === undefined ? BAD_TARGET : this.#options.barred(isHealthCheck(path));
  }

  #problemOfUpgrade(request: IncomingMessage): Problem | null {
    if (isForeign(request, this.#options.ownOrigins)) return FOREIGN_ORIGIN;
    return hasKey(request) ? null : NO_KEY;
  }

  #upgrade({ request, station, head, path, upstream: { port, gate }, decided }: Admitted): void {
    const ask = this.#ask(request, this.#upgrades, path, port(), ["Connection", "Upgrade", "Upgrade", "websocket"]);
    this.#options.properties.forget(station);
    if (ask === null) {
      decided();
      refuse(station, NOT_RUNNING);
      return;
    }
    passUpgrade(ask, { station, head, decided, gate, pending: this.#options.pending });
  }

  #pass(request: IncomingMessage, response: ServerResponse, path: string, shard: number): void {
    const port = this.#options.upstreams[shard]?.port();
    const ask = this.#ask(request, this.#requests, path, port, bodyHeaders(request));
    if (ask === null) {
      answerProblem(response, NOT_RUNNING);
      return;
    }
    const itsOwn = <A extends unknown[]>(listener: (...args: A) => unknown) => guarded(() => response, listener);
    const answered = (answer: IncomingMessage) => {
      // The Worker does not learn why its storage failed: the folder tells.
      const problem = answer.statusCode === 503 ? this.#options.barred(true) : null;
      if (answer.statusCode === 503 && problem === null && this.#options.repaired(request.method ?? "", path)) {
        // Its object could not be started for it; now it can.
        answer.resume();
        this.#pass(request, response, path, shard);
        return;
      }
      if (problem !== null) {
        answer.resume();
        answerProblem(response, problem);
        return;
      }
      if (!isOfWorker(answer)) {
        answer.resume();
        answerProblem(response, problemOfRuntime(answer.statusCode));
        discardRest(request);
        return;
      }
      // Said of the connection by what names Upgrade, too: Node would leave one open that the client wants to end.
      const connection = response.shouldKeepAlive ? [] : ["close"];
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answeredHeaders(answer, connection));
      pipeline(answer, response, (error) => {
        if (error) response.destroy();
        else discardRest(request);
      });
    };
    const failed = (error: Error) => {
      if (response.headersSent) return void response.destroy();
      answerProblem(response, problemOf(error));
      discardRest(request);
    };
    ask.on("response", itsOwn(answered));
    ask.on("error", itsOwn(failed));
    response.on("close", () => {
      if (!response.writableFinished) ask.destroy();
    });
    passBody(request, ask);
  }

  close(): void {
    this.#requests.destroy();
    this.#upgrades.destroy();
  }

  /** @param silentMs without a word of workerd, after which it is asked no longer; /healthz has its own @returns `null`: there is no workerd to ask */
  #ask(
    request: IncomingMessage,
    agent: http.Agent,
    path: string,
    port: number | undefined,
    extra: string[],
    silentMs?: number,
  ): ClientRequest | null {
    const { origin, properties, secret } = this.#options;
    if (port === undefined) return null;
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
      ...forwardedHeaders(request.rawHeaders, isUpgrade, extra),
      ...extra,
    ];
    const ask = http.request({ host: UPSTREAM_HOST, port, method: request.method, path, agent, headers });
    const maxMs = isHealthCheck(path) ? HEALTH_MAX_MS : silentMs;
    if (maxMs !== undefined) ask.setTimeout(maxMs, () => ask.destroy(new Error("workerd gave no answer in time")));
    return ask;
  }
}

const isHealthCheck = (path: string): boolean => /^\/healthz(?:\?|$)/.test(path);
