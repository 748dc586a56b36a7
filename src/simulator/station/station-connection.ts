/**
 * One WebSocket of one station: CALLs out, one at a time, and commands in, all checked against OCPP's schemas. Must not
 * know what the CALLs are about, nor what happens after it closed.
 */
import { type ClientOptions, WebSocket } from "ws";
import { isCsmsAction } from "../../ocpp/actions.ts";
import { encodeResultFault, judgeResult } from "../../ocpp/call-result.ts";
import { decode } from "../../ocpp/decode.ts";
import { type Call, type CallError, type CallResult, encode, encodeFault, type Payload } from "../../ocpp/message.ts";
import { checkPayload } from "../../ocpp/payload-check.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import { err, ok, type Result } from "../../result.ts";
import type { CommandAnswer } from "./command.ts";

export interface ConnectionOptions {
  url: string;
  protocol: Protocol;
  socket: ClientOptions;
  /** The answer goes out before `after` is called. */
  onCommand(call: Call): { answer: CommandAnswer; after(): void };
}

export interface ConnectFailure {
  /** `HTTP 403`, `ECONNREFUSED`, `timeout`, … */
  reason: string;
  /** What a 429 or 503 asked for. */
  retryAfterMs: number;
}

export type CallOutcome =
  | { state: "result"; payload: Payload; ms: number }
  | { state: "failed"; reason: string }
  /** The connection went before the answer came. */
  | { state: "lost"; reason: string }
  /** The connection went before the CALL had its turn. */
  | { state: "unsent" };

const CONNECT_TIMEOUT_MS = 30_000;
/** [2.x P4 §4.1.2] The guideline for MessageTimeout. */
const CALL_TIMEOUT_MS = 30_000;
/** ms that the other side may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 2_000;

interface OpenCall {
  messageId: string;
  action: string;
  sentAt: number;
  settle(outcome: CallOutcome): void;
}

export class StationConnection {
  readonly closed: Promise<string>;
  readonly #socket: WebSocket;
  readonly #options: ConnectionOptions;
  #open: OpenCall | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("message", (data, isBinary) => this.#onFrame(isBinary ? new ArrayBuffer(0) : String(data)));
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    socket.on("close", (code, reason) => {
      const text = `closed ${code}${reason.length > 0 ? ` ${reason}` : ""}`;
      this.#open?.settle({ state: "lost", reason: text });
      resolve(text);
    });
  }

  static open(options: ConnectionOptions): Promise<Result<StationConnection, ConnectFailure>> {
    const { promise, resolve } = Promise.withResolvers<Result<StationConnection, ConnectFailure>>();
    const socket = new WebSocket(options.url, [options.protocol], {
      perMessageDeflate: false,
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      ...options.socket,
    });
    const fail = (reason: string, retryAfterMs = 0) => resolve(err({ reason, retryAfterMs }));
    socket.once("open", () => resolve(ok(new StationConnection(socket, options))));
    socket.on("error", (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once("unexpected-response", (request, { statusCode, headers }) => {
      fail(`HTTP ${statusCode}`, Number(headers["retry-after"] ?? 0) * 1_000 || 0);
      request.destroy();
    });
    return promise;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** [OCPP-J 1.6 §4.1.1, 2.x P4 §4.1.2] One open CALL: the next one waits for its turn. */
  call(action: string, payload: Payload): Promise<CallOutcome> {
    const outcome = this.#turn.then(() => this.#exchange(action, payload));
    this.#turn = outcome;
    return outcome;
  }

  /** Without a word, as a lost line. */
  drop(): void {
    this.#socket.terminate();
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.#socket.terminate(), CLOSE_TIMEOUT_MS);
    this.#socket.close(1000);
    await this.closed;
    clearTimeout(timer);
  }

  async #exchange(action: string, payload: Payload): Promise<CallOutcome> {
    if (!this.isOpen) return { state: "unsent" };
    const { promise, resolve } = Promise.withResolvers<CallOutcome>();
    const messageId = crypto.randomUUID();
    const timer = setTimeout(() => resolve({ state: "failed", reason: "timeout" }), CALL_TIMEOUT_MS);
    this.#open = { messageId, action, sentAt: performance.now(), settle: resolve };
    this.#socket.send(encode({ type: "call", messageId, action, payload }));
    const outcome = await promise;
    clearTimeout(timer);
    this.#open = null;
    return outcome;
  }

  #onFrame(frame: string | ArrayBuffer): void {
    const { protocol } = this.#options;
    const decoded = decode(protocol, frame);
    if (!decoded.ok) {
      if (decoded.error.answer !== null) this.#send(decoded.error.answer);
      this.#open?.settle({ state: "failed", reason: `unreadable: ${decoded.error.reason}` });
      return;
    }
    const message = decoded.value;
    if (message.type === "call") this.#onCommand(message);
    // An answer that came after its deadline is nobody's any more.
    else if (message.type !== "send" && this.#open?.messageId === message.messageId) {
      this.#open.settle(this.#outcomeOf(this.#open, message));
    }
  }

  #outcomeOf({ action, sentAt }: OpenCall, message: CallResult | CallError): CallOutcome {
    const ms = performance.now() - sentAt;
    if (message.type !== "callResult") {
      return { state: "failed", reason: `${action}: ${message.code} ${message.description}`.trim() };
    }
    const { protocol } = this.#options;
    const outcome = judgeResult(protocol, "strict", action, message);
    if (outcome.state === "result") return { state: "result", payload: outcome.payload, ms };
    const complaint = encodeResultFault(protocol, message.messageId, outcome);
    if (complaint !== null) this.#send(complaint);
    const code = outcome.state === "error" ? outcome.error.code : "no answer";
    return { state: "failed", reason: `${action}: bad CALLRESULT, ${code}` };
  }

  #onCommand(call: Call): void {
    const { protocol, onCommand } = this.#options;
    const { messageId } = call;
    // First, so that answers may rely on it; what the version does not have has no schema to be held to.
    const isKnown = isCsmsAction(protocol, call.action);
    const fault = isKnown ? checkPayload(protocol, call.action, "request", call.payload, "strict").fault : null;
    if (fault !== null) {
      this.#send(encodeFault(protocol, messageId, fault.kind, fault.description));
      return;
    }
    const { answer, after } = onCommand(call);
    if ("fault" in answer) this.#send(encodeFault(protocol, messageId, answer.fault, answer.description));
    else this.#send(encode({ type: "callResult", messageId, payload: answer.payload }));
    after();
  }

  #send(frame: string): void {
    if (this.isOpen) this.#socket.send(frame);
  }
}
