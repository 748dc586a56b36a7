/**
 * What a front answers itself, where workerd cannot. Must not know why.
 */
import { randomUUID } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { SmallChunksError } from "./request-body.ts";
import { endAndLinger } from "./tunnel.ts";

export interface Problem {
  status: 400 | 403 | 408 | 417 | 426 | 429 | 431 | 500 | 501 | 503;
  slug: string;
  detail: string;
  headers?: Record<string, string>;
}

const RETRY_AFTER_SECONDS = 1;

export const BAD_TARGET: Problem = { status: 400, slug: "bad-request", detail: "The request target is not a path." };
export const NOT_ONE_HOST: Problem = { status: 400, slug: "bad-request", detail: "A request has one Host header." };
export const UPGRADE_WITH_BODY: Problem = { status: 400, slug: "bad-request", detail: "An upgrade has no body." };
export const NO_KEY: Problem = {
  status: 400,
  slug: "bad-request",
  detail: "An upgrade has one header Sec-WebSocket-Key. Send 16 random bytes in it, as base64.",
};
export const PIPELINED_UPGRADE: Problem = {
  status: 400,
  slug: "bad-request",
  detail: "An upgrade is sent once the requests before it on its connection are answered.",
};
export const TOO_MANY_PIPELINED: Problem = {
  status: 429,
  slug: "too-many-requests",
  detail: "Too many requests of one connection wait for their answers. Wait for some before you send more.",
};
export const FOREIGN_ORIGIN: Problem = {
  status: 403,
  slug: "foreign-origin",
  detail: "A web page of another origin may not connect here.",
};
export const EXPECTATION_FAILED: Problem = {
  status: 417,
  slug: "expectation-failed",
  detail: "No expectation but 100-continue can be met.",
};
export const NO_HTTP: Problem = {
  status: 400,
  slug: "bad-request",
  detail: "This is no HTTP/1.1 request that can be read.",
};
const TOO_SLOW: Problem = { status: 408, slug: "request-timeout", detail: "The request did not come within 10 s." };
const HEADERS_TOO_LARGE: Problem = {
  status: 431,
  slug: "headers-too-large",
  detail: "The request's head is larger than 16 KiB.",
};
export const NO_ROOM: Problem = { status: 503, slug: "unavailable", detail: "The local edge has no room. Try again." };
export const NOT_RUNNING: Problem = { status: 503, slug: "unavailable", detail: "The local edge is not ready." };
const NO_ANSWER: Problem = { status: 503, slug: "unavailable", detail: "The local edge gave no answer. Try again." };

const SMALL_CHUNKS: Problem = {
  status: 400,
  slug: "bad-request",
  detail: "The body comes in too many small chunks. Send it in larger ones, or with a Content-Length.",
};
/** [RFC 9112 §6.1] */
export const UNKNOWN_CODING: Problem = {
  status: 501,
  slug: "not-implemented",
  detail: "No Transfer-Encoding but chunked is known here.",
};
const UNKNOWN_METHOD: Problem = { status: 501, slug: "not-implemented", detail: "No request has this method here." };
const OTHER_VERSION: Problem = {
  status: 426,
  slug: "upgrade-required",
  detail: "Version 13 of WebSocket is spoken here.",
  // [RFC 6455 §4.4]
  headers: { Upgrade: "websocket", "Sec-WebSocket-Version": "13" },
};
const FAILED: Problem = { status: 500, slug: "internal-error", detail: "The request could not be handled." };

/** In place of what workerd said for itself, which is no problem and may hold a stack. */
export function problemOfRuntime(status = 0): Problem {
  if (status === 501) return UNKNOWN_METHOD;
  if (status === 503) return NO_ANSWER;
  if (status === 426) return OTHER_VERSION;
  return status >= 400 && status < 500 ? NO_HTTP : FAILED;
}

export function problemOf(error: Error): Problem {
  if (error instanceof SmallChunksError) return SMALL_CHUNKS;
  return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? NOT_RUNNING : NO_ANSWER;
}

/** What Node's parser refused, and would answer itself without a word of why. */
export function problemOfParser({ code }: NodeJS.ErrnoException): Problem {
  if (code === "HPE_HEADER_OVERFLOW") return HEADERS_TOO_LARGE;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? TOO_SLOW : NO_HTTP;
}

export function answerProblem(response: ServerResponse, problem: Problem): void {
  const body = bodyOf(problem);
  // Without its length, to HTTP/1.0 and what Node takes for it, the answer to a request behind would be a part of it.
  response.setHeader("Content-Length", Buffer.byteLength(body));
  if (problem.status < 500) response.setHeader("Connection", connectionOf(problem));
  response.writeHead(problem.status, headersOf(problem)).end(body);
}

/** On a connection that Node's HTTP has let go of. */
export function refuse(station: Socket, problem: Problem): void {
  const body = bodyOf(problem);
  const headers = {
    ...headersOf(problem),
    "Content-Length": Buffer.byteLength(body),
    Connection: connectionOf(problem),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  station.write(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`);
  endAndLinger(station);
}

/** [RFC 9110 §7.8] What names another protocol says so of the connection. */
const connectionOf = ({ status }: Problem): string => (status === 426 ? "close, Upgrade" : "close");

function headersOf(problem: Problem): Record<string, string | number> {
  const retry = problem.status === 503 ? { "Retry-After": RETRY_AFTER_SECONDS } : {};
  return {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": randomUUID(),
    ...retry,
    ...problem.headers,
  };
}

function bodyOf({ status, slug, detail }: Problem): string {
  return JSON.stringify({ type: `/problems/${slug}`, title: STATUS_CODES[status], status, detail });
}

/** @param detail what is out of order, and what to do */
export const unavailable = (detail: string): Problem => ({ status: 503, slug: "unavailable", detail });
