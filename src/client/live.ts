/**
 * What a station says and is told, as it happens: frames in their order, resumed behind the last one seen whenever the line breaks. Must
 * not know how a socket is made.
 */
import type { LIVE_PROTOCOL } from "../ocpp/live-protocol.ts";
import { backOffMs, pause, type WebSocketLike } from "./api.ts";

/** [docs/history.md] */
export type LiveMessage = { cursor: string } & (
  | { at: string; sequence?: number; direction: "in" | "out"; frame: unknown[] }
  | { at: string; sequence?: number; direction: "in" | "out"; text: string }
  | { at: string; sequence: number; type: string; connection: Record<string, unknown> }
  /** An event of the log, in the place of frames that are not kept. */
  | { entry: Record<string, unknown> }
  | { gap: { frames: number | null } | { from: number; to: number } }
  /** Once, behind what was missed. */
  | { live: { online: boolean; heartbeats: number } }
);

export interface LiveOptions {
  /** The last cursor seen, or a sequence; without it from now on. */
  after?: string | number;
  signal?: AbortSignal;
  /** The line broke, and is opened again in a while; a browser tells no more of a refusal than the code 1006. */
  onBreak?: (end: { code: number; reason: string }) => void;
}

const PROTOCOL: typeof LIVE_PROTOCOL = "kerbside.live.v1";
/** ms before it is opened again, doubled each time; half of it is random. */
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 30_000;
/** Attempts in a row that come to nothing, before it is given up. */
const ATTEMPTS_MAX = 8;
/** Messages that wait to be read: whoever reads slower begins anew behind the last one that was read. */
const WAITING_MAX = 10_000;
/** The station is gone. */
const FINAL = "deregistered";

/** @throws where it cannot be opened any more */
export async function* live(
  open: (after: string | undefined, protocol: string) => WebSocketLike,
  { after, signal, onBreak }: LiveOptions,
): AsyncGenerator<LiveMessage> {
  let cursor = after === undefined ? undefined : String(after);
  const isLeft = () => signal?.aborted === true;
  for (let failures = 0; !isLeft(); ) {
    let seen = false;
    const line = new Line(open(cursor, PROTOCOL), signal);
    for await (const message of line) {
      seen = true;
      cursor = message.cursor;
      yield message;
    }
    if (line.reason === FINAL || isLeft()) return;
    onBreak?.({ code: line.code, reason: line.reason });
    failures = seen ? 0 : failures + 1;
    if (failures >= ATTEMPTS_MAX)
      throw new Error(`the live tail cannot be opened: ${line.reason || "the connection fails"}`);
    // Left meanwhile, it ends like any other.
    await pause(backOffMs(failures, RETRY_MIN_MS, RETRY_MAX_MS), signal).catch(() => {});
  }
}

/** One socket, as what comes on it. */
class Line implements AsyncIterable<LiveMessage> {
  readonly #socket: WebSocketLike;
  readonly #waiting: LiveMessage[] = [];
  #wake: () => void = () => {};
  #isOver = false;
  code = 0;
  reason = "";

  constructor(socket: WebSocketLike, signal: AbortSignal | undefined) {
    this.#socket = socket;
    const over = (code: number, reason: string) => {
      this.code = code;
      this.reason = reason;
      this.#isOver = true;
      this.#wake();
    };
    socket.addEventListener("message", ({ data }) => {
      this.#waiting.push(...(JSON.parse(String(data)) as LiveMessage[]));
      if (this.#waiting.length > WAITING_MAX) socket.close(1000, "read too slowly");
      this.#wake();
    });
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", ({ code, reason }) => over(code, reason));
    signal?.addEventListener("abort", () => socket.close(1000), { once: true });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LiveMessage> {
    try {
      for (;;) {
        for (let message = this.#waiting.shift(); message !== undefined; message = this.#waiting.shift()) yield message;
        if (this.#isOver) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#socket.close(1000);
    }
  }
}
