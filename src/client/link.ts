/**
 * A CSMS's own socket to one station: OCPP-J both ways, opened again whenever it breaks. Must not know how a socket is made.
 */
import type { LINK_PROTOCOL } from "../ocpp/link-protocol.ts";
import { backOffMs, type WebSocketLike } from "./api.ts";
import { CallError } from "./call-error.ts";
import type { StationView } from "./views.ts";

/** How the station stands. */
export interface Standing {
  online: boolean;
  protocol: string | null;
  securityProfile: number | null;
  since: string | null;
  boot: StationView["boot"];
}

export interface LinkOptions {
  /**
   * Answers a station's CALL with the CALLRESULT's payload; what it throws is a CALLERROR (`CallError` says which). The same CALL may
   * come again under its messageId, where its answer was lost.
   */
  onCall: (action: string, payload: Record<string, unknown>, messageId: string) => unknown;
  /** First on every link, and at each change. */
  onStation?: (station: Standing) => void;
  /** [OCPP 2.1] A message that nobody answers. */
  onSend?: (action: string, payload: Record<string, unknown>) => void;
  /** It broke, and is opened again after `retryMs`; `null`: it is not, since Kerbside will not have it. */
  onBreak?: (code: number, reason: string, retryMs: number | null) => void;
}

const PROTOCOL: typeof LINK_PROTOCOL = "kerbside.csms.v1";
/** ms before it is opened again, doubled each time; half of it is random. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 60_000;
/** Whoever came later has it now, or the station is gone: to open it again would be a quarrel. */
const FINAL = ["superseded", "deregistered"];
/** ms that the station's answer is waited for; a command has 30 s at Kerbside. */
const ANSWER_WITHIN_MS = 35_000;

interface Waiting {
  resolve: (payload: Record<string, unknown>) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class CsmsLink {
  readonly #open: (protocol: string) => WebSocketLike;
  readonly #options: LinkOptions;
  readonly #waiting = new Map<string, Waiting>();
  #socket: WebSocketLike | null = null;
  #isOpen = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #isClosed = false;

  constructor(open: (protocol: string) => WebSocketLike, options: LinkOptions) {
    this.#open = open;
    this.#options = options;
    this.#dial();
  }

  /**
   * Asks the station for something.
   * @throws {CallError} what the station, or Kerbside for it, answered; an Error where nothing came: its outcome is unknown
   */
  call(
    action: string,
    payload: Record<string, unknown>,
    messageId: string = crypto.randomUUID(),
  ): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.#socket === null || !this.#isOpen)
        return reject(new Error("the link is not open; the station was not asked"));
      const timer = setTimeout(
        () => this.#settle(messageId)?.reject(new Error("the station did not answer")),
        ANSWER_WITHIN_MS,
      );
      this.#waiting.set(messageId, { resolve, reject, timer });
      this.#socket.send(JSON.stringify([2, messageId, action, payload]));
    });
  }

  /** For good. */
  close(): void {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.close(1000);
    this.#broken("the link was closed");
  }

  #dial(): void {
    const socket = this.#open(PROTOCOL);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#isOpen = true;
      this.#failures = 0;
    });
    socket.addEventListener("error", () => {});
    socket.addEventListener("message", ({ data }) => void this.#heard(socket, String(data)));
    socket.addEventListener("close", ({ code, reason }) => this.#closed(socket, code, reason));
  }

  #closed(socket: WebSocketLike, code: number, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#isOpen = false;
    this.#broken("the link broke before the station's answer");
    if (this.#isClosed) return;
    if (FINAL.includes(reason)) {
      this.#options.onBreak?.(code, reason, null);
      return;
    }
    const retryMs = backOffMs(this.#failures++, RETRY_MIN_MS, RETRY_MAX_MS);
    this.#retry = setTimeout(() => this.#dial(), retryMs);
    this.#options.onBreak?.(code, reason, retryMs);
  }

  #broken(why: string): void {
    for (const messageId of [...this.#waiting.keys()]) this.#settle(messageId)?.reject(new Error(why));
  }

  #settle(messageId: string): Waiting | undefined {
    const waiting = this.#waiting.get(messageId);
    if (waiting !== undefined) clearTimeout(waiting.timer);
    this.#waiting.delete(messageId);
    return waiting;
  }

  async #heard(socket: WebSocketLike, text: string): Promise<void> {
    const frame = JSON.parse(text) as { station: Standing } | [number, string, ...unknown[]];
    if (!Array.isArray(frame)) return this.#options.onStation?.(frame.station);
    const [type, messageId, third, fourth, fifth] = frame;
    if (type === 3) this.#settle(messageId)?.resolve(third as Record<string, unknown>);
    else if (type === 4) {
      const error = new CallError(String(third), String(fourth ?? ""), (fifth ?? {}) as Record<string, unknown>);
      this.#settle(messageId)?.reject(error);
    } else if (type === 6) this.#options.onSend?.(String(third), fourth as Record<string, unknown>);
    else if (type === 2) {
      const answer = await this.#answer(String(third), (fourth ?? {}) as Record<string, unknown>, messageId);
      // On another link it comes again.
      if (this.#socket === socket) socket.send(JSON.stringify(answer));
    }
  }

  async #answer(action: string, payload: Record<string, unknown>, messageId: string): Promise<unknown[]> {
    try {
      return [3, messageId, (await this.#options.onCall(action, payload, messageId)) ?? {}];
    } catch (error) {
      const { code, description, details } = CallError.of(error);
      return [4, messageId, code, description, details];
    }
  }
}
