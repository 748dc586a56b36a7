/**
 * One request to Kerbside's API: with its key, tried again where that does no harm, its problems as errors. Must not know what is asked.
 */
import { KerbsideProblem, KerbsideUnreachable, type ProblemBody } from "./problem.ts";

export interface ClientOptions {
  /** Of Kerbside, without a path: `https://ocpp.example.com`. */
  url: string;
  /** An API key. */
  key: string;
  /** In place of the platform's; a Worker gives a service binding's. */
  fetch?: (input: string, init: RequestInit) => Promise<Response>;
  /** Further attempts at a request that failed (4). */
  retries?: number;
  /** ms that one attempt may take (150,000: a command may be waited for 120 s). */
  timeoutMs?: number;
  /** In place of the platform's, which Node has from 22 on: `ws` has one for Node 20. */
  WebSocket?: WebSocketClass;
}

/** As browsers, Workers, Node and the package `ws` have it. */
export type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike;
export interface WebSocketLike {
  readonly protocol: string;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
}

export interface Asked {
  /** Sent as JSON, or as it is where `media` names what it is. */
  body?: unknown;
  media?: string;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Readonly<Record<string, string>>;
  /** Statuses that are an answer though they are no success. */
  also?: readonly number[];
  /** The answer is no JSON. */
  isText?: boolean;
  /** Done twice it does what it does once. */
  isRepeatable?: boolean;
  signal?: AbortSignal;
}

/** An answer with its body read; `null`: it has none. */
export interface Answered<T> {
  status: number;
  body: T;
}

const RETRIES = 4;
const TIMEOUT_MS = 150_000;
/** ms before the first other attempt, doubled each time; half of it is random. */
const RETRY_BASE_MS = 250;
/** ms that is waited at most, whatever Retry-After says. */
const RETRY_MAX_MS = 60_000;
/** Answers that decided nothing. */
const UNDECIDED = [429, 502, 503];

export class Api {
  readonly #options: ClientOptions;
  readonly #url: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#url = options.url.replace(/\/+$/, "");
  }

  /** @throws {KerbsideProblem} @throws {KerbsideUnreachable} */
  async ask<T>(method: string, path: string, asked: Asked = {}): Promise<Answered<T>> {
    const { isRepeatable = method !== "POST" } = asked;
    const most = isRepeatable ? (this.#options.retries ?? RETRIES) : 0;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt<T>(method, path, asked);
      if (outcome.kind === "answer") return outcome;
      if (attempt >= most || !outcome.mayRetry) throw outcome.error;
      await pause(outcome.retryAfterMs ?? backOffMs(attempt, RETRY_BASE_MS, Number.POSITIVE_INFINITY), asked.signal);
    }
  }

  /** What is read and no more. @throws as `ask` */
  async get<T>(path: string, query: NonNullable<Asked["query"]> = {}): Promise<T> {
    return (await this.ask<T>("GET", path, { query })).body;
  }

  /** A WebSocket; the key goes beside the subprotocol, never into the URL. */
  socket(path: string, protocol: string): WebSocketLike {
    const Class = this.#options.WebSocket ?? (globalThis as { WebSocket?: WebSocketClass }).WebSocket;
    if (Class === undefined)
      throw new TypeError("there is no WebSocket here; give the option WebSocket, of the package ws");
    const url = `${this.#url.replace(/^http/, "ws")}${path}`;
    return new Class(url, [protocol, `kerbside.bearer.${base64url(this.#options.key)}`]);
  }

  async #attempt<T>(method: string, path: string, asked: Asked): Promise<Outcome<T>> {
    const { body, media, query = {}, headers = {}, also = [], signal } = asked;
    const url = new URL(`${this.#url}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const timeout = AbortSignal.timeout(this.#options.timeoutMs ?? TIMEOUT_MS);
    const init: RequestInit = {
      method,
      headers: {
        authorization: `Bearer ${this.#options.key}`,
        ...(body !== undefined && { "content-type": media ?? "application/json" }),
        ...headers,
      },
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      ...(body !== undefined && {
        body: media === undefined ? JSON.stringify(body) : (body as NonNullable<RequestInit["body"]>),
      }),
    };
    let response: Response;
    let text: string;
    try {
      response = await (this.#options.fetch ?? fetch)(url.href, init);
      text = await response.text();
    } catch (cause) {
      signal?.throwIfAborted();
      return failed(new KerbsideUnreachable(`${method} ${path}: ${messageOf(cause)}`, { cause }), true);
    }
    const { status } = response;
    const isProblem = (response.headers.get("content-type") ?? "").startsWith("application/problem+json");
    const read = text === "" ? null : asked.isText === true && !isProblem ? text : json(text);
    if (!isProblem && (response.ok || also.includes(status)) && read !== undefined)
      return { kind: "answer", status, body: read as T };
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN) * 1000;
    const retryAfterMs = Number.isFinite(retryAfter) ? Math.min(Math.max(retryAfter, 0), RETRY_MAX_MS) : null;
    const mayRetry = UNDECIDED.includes(status);
    if (!isProblem)
      return failed(
        new KerbsideUnreachable(`${method} ${path}: ${status}, no answer of Kerbside`),
        mayRetry,
        retryAfterMs,
      );
    const requestId = response.headers.get("x-request-id");
    return failed(new KerbsideProblem((read ?? {}) as ProblemBody, status, requestId), mayRetry, retryAfterMs);
  }
}

type Outcome<T> =
  | ({ kind: "answer" } & Answered<T>)
  | { kind: "failed"; error: Error; mayRetry: boolean; retryAfterMs: number | null };

const failed = (error: Error, mayRetry: boolean, retryAfterMs: number | null = null): Outcome<never> => ({
  ...{ kind: "failed", error, mayRetry, retryAfterMs },
});

/** Doubled each time up to the longest; half of it is random. */
export const backOffMs = (failures: number, minMs: number, maxMs: number): number =>
  Math.min(minMs * 2 ** failures, maxMs) * (0.5 + Math.random() / 2);

/** @throws the signal's reason */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** `undefined`: it is none. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error
    ? cause.cause instanceof Error
      ? `${cause.message}: ${cause.cause.message}`
      : cause.message
    : String(cause);

function base64url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
