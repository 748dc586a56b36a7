/**
 * What a front answers itself, where workerd cannot. Must not know why.
 */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { lingerThenDestroy } from "./tunnel.ts";

export interface Problem {
  status: 400 | 413 | 502 | 503;
  slug: string;
  detail: string;
}

const RETRY_AFTER_SECONDS = 1;

export const BAD_TARGET: Problem = { status: 400, slug: "bad-request", detail: "The request target is not a path." };
export const TOO_LARGE: Problem = { status: 413, slug: "body-too-large", detail: "The body is too large." };
export const NO_ROOM: Problem = { status: 503, slug: "unavailable", detail: "The local edge has no room. Try again." };
export const NOT_RUNNING: Problem = { status: 503, slug: "unavailable", detail: "The local edge is not ready." };
const NO_ANSWER: Problem = { status: 502, slug: "bad-gateway", detail: "The local edge gave no answer." };

export function problemOf(error: Error): Problem {
  return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? NOT_RUNNING : NO_ANSWER;
}

export function answerProblem(response: ServerResponse, problem: Problem): void {
  response.writeHead(problem.status, headersOf(problem)).end(bodyOf(problem));
}

/** On a connection that Node's HTTP has let go of. */
export function refuse(station: Socket, problem: Problem): void {
  const body = bodyOf(problem);
  const headers = { ...headersOf(problem), "Content-Length": Buffer.byteLength(body), Connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  station.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join("")}\r\n${body}`);
  station.resume();
  lingerThenDestroy(station);
}

function headersOf(problem: Problem): Record<string, string | number> {
  const retry = problem.status < 500 ? {} : { "Retry-After": RETRY_AFTER_SECONDS };
  return { "Content-Type": "application/problem+json", ...retry };
}

function bodyOf({ status, slug, detail }: Problem): string {
  return JSON.stringify({ type: `/problems/${slug}`, title: STATUS_CODES[status], status, detail });
}
