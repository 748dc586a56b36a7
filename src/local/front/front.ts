/**
 * A listener of the local edge on loopback: plain, TLS, or TLS that asks for a client certificate.
 * Must not know OCPP, nor who is let in.
 */
import { constants } from "node:crypto";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Revocations } from "./certificate/client-certificate.ts";
import { EdgeProperties } from "./certificate/edge-properties.ts";
import { Forwarder } from "./forwarder.ts";
import type { Upstream } from "./upstream.ts";
import { isShakingHands, logFailedHandshake } from "./failed-handshake.ts";
import {
  answerProblem,
  BAD_TARGET,
  EXPECTATION_FAILED,
  type Problem,
  problemOfParser,
  refuse,
  TOO_MANY_PIPELINED,
} from "./front-problem.ts";
import { guarded } from "./guarded.ts";
import { LISTENERS_MAX, OpenAnswers } from "./open-answers.ts";
import type { PendingConnections } from "./pending-connections.ts";
import { endAndLinger, ignore } from "./tunnel.ts";
import { isBareUpgrade, originsOf } from "./upgrade-request.ts";

export interface FrontOptions {
  /** 0 takes any free port. */
  port: number;
  /** Proves to the gate that a request came through a front. */
  secret: string;
  /** Of all the edge's listeners; each adds its own. */
  ownOrigins: Set<string>;
  upstreams: readonly Upstream[];
  /** What stands in the way of passing a request on; `null`: nothing. */
  barred: (isHealthCheck: boolean) => Problem | null;
  pending: PendingConnections;
  /** Whether there was something to repair that a request asks to be; once, then it is whole. */
  repaired: (method: string, path: string) => boolean;
  /** PEM texts, each with a key and its certificate. */
  serverCertificates?: readonly string[];
  clientCertificates?: {
    rootPem: string;
    /** PEM texts of the CAs below the root: a station may send its leaf alone. */
    intermediates: readonly string[];
    revocations: Revocations;
  };
}

export interface Front {
  port: number;
  /** Ends all connections; new ones are taken. */
  drop(): void;
  close(): void;
}

/** Both, since `localhost` is either. */
const IPV4_LOOPBACK = "127.0.0.1";
const IPV6_LOOPBACK = "::1";
const MAX_HEADER_BYTES = 16 * 1024;
const PORT_ATTEMPTS = 20;
/** Requests of one connection that are not answered; each waits for those before it. */
const PIPELINED_MAX = 32;
/** ms for a TLS handshake, for a request's head, and for the whole of a request. */
const CLIENT_MAX_MS = 10_000;
/** ms in which a client takes nothing of an answer; it is seen after up to twice as long. */
const UNREAD_MAX_MS = 30_000;
/** ms between two looks at who took longer. */
const TIMEOUT_LOOK_MS = 1_000;
/** With Node's 511, the kernel drops part of a fleet that comes at once, which then waits a second and more. */
const BACKLOG = 4_096;

export async function startFront(options: FrontOptions): Promise<Front> {
  for (let attempt = 1; ; attempt++) {
    const front = new Listeners(options);
    try {
      const port = await front.listen(IPV4_LOOPBACK, options.port);
      await front.listen(IPV6_LOOPBACK, port);
      front.forward(port);
      return { port, drop: () => front.drop(), close: () => front.close() };
    } catch (error) {
      front.close();
      // The port that was free on one address may be taken on the other.
      if (options.port !== 0 || attempt === PORT_ATTEMPTS) throw portError(error, options.port);
    }
  }
}

class Listeners {
  readonly #options: FrontOptions;
  readonly #servers: http.Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #answers = new OpenAnswers();
  /** Nothing more is read from them as requests. */
  readonly #unreadable = new WeakSet<Duplex>();
  #forwarder: Forwarder | undefined;

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  async listen(host: string, port: number): Promise<number> {
    const server = createServer(this.#options, this.#answers);
    const { pending, serverCertificates } = this.#options;
    server.setTimeout(UNREAD_MAX_MS, (socket: Socket) => {
      // A client that reads nothing would keep its answers here for ever. One that waits for an answer is waited with.
      if (socket.writableLength > 0) socket.destroy();
      else if (!this.#answers.has(socket)) endAndLinger(socket);
    });
    const ending = serverCertificates === undefined ? "connection" : "secureConnection";
    server.on(ending, (socket: Socket) => {
      // A TLS station's takes ten in the ordinary way of things: no leak, and not to be warned of.
      socket.setMaxListeners(LISTENERS_MAX);
      // What Node calls behind a last answer. It would close both sides at once.
      socket.destroySoon = () => endAndLinger(socket);
    });
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      if (serverCertificates === undefined) pending.opened(socket);
    });
    const ofSocket = (socket: TLSSocket) => socket;
    const ofRequest = ({ socket }: IncomingMessage, _: unknown) => socket;
    const ofUpgrade = (_: IncomingMessage, socket: Duplex, __: Buffer) => socket;
    const ofError = (_: Error, socket: Duplex) => socket;
    // Or a client that has closed its own side, as it may, would get as much of an answer as was sent by then.
    Object.assign(server, { httpAllowHalfOpen: true });
    type Begin = (request: IncomingMessage, response: ServerResponse) => void;
    const forward: Begin = (request, response) => this.#forwarder?.request(request, response);
    const take = (request: IncomingMessage, response: ServerResponse, begin: Begin) => {
      const { socket } = request;
      // Behind the last answer nothing is asked any more.
      if (!socket.writable || this.#unreadable.has(socket)) return void request.resume();
      if (this.#answers.count(socket) >= PIPELINED_MAX) {
        this.#unreadable.add(socket);
        request.resume();
        this.#refuseBehind(socket, TOO_MANY_PIPELINED);
        return;
      }
      this.#answers.began(socket, response);
      const pass = () => {
        // The answer before it was the last one: what is carried out now could be told to nobody.
        if (socket.writable) begin(request, response);
        else request.resume();
      };
      // Whether it may have the connection is decided when it comes.
      if (request.headers.upgrade === undefined) {
        const own = guarded(() => socket, pass);
        this.#answers.inTurn(socket, response, own);
        return;
      }
      // Node's parser may read nothing more behind one that names a protocol, whether it is taken up or not.
      response.shouldKeepAlive = false;
      pass();
    };
    const onRequest = (request: IncomingMessage, response: ServerResponse) => take(request, response, forward);
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#forwarder?.upgrade(request, socket as Socket, head);
    server.on(
      "secureConnection",
      guarded(ofSocket, (socket: TLSSocket) => this.#forwarder?.handshaken(socket)),
    );
    server.on("tlsClientError", logFailedHandshake);
    const onExpecting = (request: IncomingMessage, response: ServerResponse) =>
      take(request, response, () => {
        // Before its turn, Node would write this into the middle of another answer.
        if (response.socket === request.socket && !this.#isTaken(request)) response.writeContinue();
        forward(request, response);
      });
    server.on("request", guarded(ofRequest, onRequest));
    server.on("checkContinue", guarded(ofRequest, onExpecting));
    server.on("upgrade", guarded(ofUpgrade, onUpgrade));
    // Node would end the connection in the midst of the answers before it.
    const onConnect = (request: IncomingMessage, socket: Duplex) => {
      // What the upgrade before it is answered is on its way.
      if (this.#isTaken(request)) return;
      // Node listens no more, and unheard a reset would end the process.
      socket.on("error", ignore);
      this.#refuseBehind(socket, BAD_TARGET);
    };
    server.on("connect", guarded(ofUpgrade, onConnect));
    // Node's own answers to these are no problem+json.
    const onUnknown = (request: IncomingMessage, response: ServerResponse) => {
      // On a station's connection Node fails at the end of an answer, and with it the process.
      if (this.#isTaken(request)) request.socket.destroy();
      // In its turn; and it is the last one: what is behind it could be told to nobody.
      else take(request, response, () => answerProblem(response, EXPECTATION_FAILED));
    };
    server.on("checkExpectation", guarded(ofRequest, onUnknown));
    const onUnreadable = (error: Error, socket: Duplex) => {
      // Node tells of it again with whatever comes behind it.
      if (this.#unreadable.has(socket)) return;
      this.#unreadable.add(socket);
      // Who is not done with the handshake can be told nothing.
      if (isShakingHands(socket)) socket.destroy();
      else this.#refuseBehind(socket, problemOfParser(error));
    };
    server.on("clientError", guarded(ofError, onUnreadable));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG }, resolve);
    try {
      await promise;
    } catch (error) {
      // A machine without IPv6 has no such address; `localhost` is then the other one.
      if (host === IPV6_LOOPBACK && isAddressMissing(error)) return port;
      throw error;
    }
    this.#servers.push(server);
    return (server.address() as AddressInfo).port;
  }

  /** A problem in the middle of an answer would pass for a part of it, and an end there would cut it off. */
  #refuseBehind(socket: Duplex, problem: Problem): void {
    this.#answers.afterThose(socket, CLIENT_MAX_MS, () => {
      // Otherwise it is ended already, and lingers.
      if (socket.writable) refuse(socket as Socket, problem);
    });
  }

  #isTaken({ socket }: IncomingMessage): boolean {
    return this.#forwarder?.isTaken(socket) === true;
  }

  forward(port: number): void {
    const { serverCertificates, clientCertificates, ownOrigins, ...shared } = this.#options;
    const scheme = serverCertificates === undefined ? "http" : "https";
    const properties = new EdgeProperties(clientCertificates);
    const origin = `${scheme}://localhost:${port}`;
    for (const own of originsOf(scheme, port)) ownOrigins.add(own);
    this.#forwarder = new Forwarder({ ...shared, origin, ownOrigins, properties });
  }

  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    for (const server of this.#servers) server.close();
    this.drop();
    this.#forwarder?.close();
  }
}

function createServer(options: FrontOptions, answers: OpenAnswers): http.Server {
  const { serverCertificates, clientCertificates } = options;
  const shared = {
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
    // Behind a request that is not answered yet, it would have the socket before it is its turn.
    shouldUpgradeCallback: (request: IncomingMessage) => isBareUpgrade(request) && !answers.has(request.socket),
    headersTimeout: CLIENT_MAX_MS,
    requestTimeout: CLIENT_MAX_MS,
    connectionsCheckingInterval: TIMEOUT_LOOK_MS,
    // [RFC 9112 §3.2] Looked at where the answer is a problem.
    requireHostHeader: false,
  };
  if (serverCertificates === undefined) return http.createServer(shared);
  const tls = {
    ...shared,
    key: [...serverCertificates],
    cert: [...serverCertificates],
    minVersion: "TLSv1.2" as const,
    handshakeTimeout: CLIENT_MAX_MS,
    // As for plain HTTP, where it is Node's default: or half a client's connection, closed, closes the other in the midst of an answer.
    allowHalfOpen: true,
    // A second handshake would bring another certificate under the first one's verdict.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  if (clientCertificates === undefined) return https.createServer(tls);
  return https.createServer({
    ...tls,
    ca: [clientCertificates.rootPem, ...clientCertificates.intermediates],
    requestCert: true,
    rejectUnauthorized: false,
    // A resumed session brings back the leaf without its chain, and a verdict from before the certificate expired.
    // Node keeps no sessions of its own, so without tickets none is resumed.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  });
}

function isAddressMissing(error: unknown): boolean {
  return ["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function portError(error: unknown, port: number): Error {
  const { code } = error as NodeJS.ErrnoException;
  const reason = code === "EADDRINUSE" ? "is already in use" : `cannot be listened on (${code})`;
  return new Error(`Port ${port} ${reason}`, { cause: error });
}
