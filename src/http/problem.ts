/**
 * RFC 9457 problems, the one form of every error this service answers. Must never hold what only the log may know.
 */
import type { ProblemKind } from "./problem-kind.ts";
import { API_PROBLEMS } from "./problem-kinds.ts";

export interface Fault {
  /** JSON pointer into the request's body, or to a parameter of its query; the name of a header, or of a part of the path. */
  path: string;
  message: string;
}

export interface Problem {
  status: number;
  /** Stable: what a client may switch on, behind `/problems/`. */
  slug: string;
  title: string;
  detail: string;
  errors?: Fault[];
  headers?: Record<string, string>;
}

/** Thrown by a handler to answer with a problem. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Characters of one name, and of a whole path or message: what a client sent is told apart, not repeated. */
const NAME_MAX = 100;
const TEXT_MAX = 1_000;

const cutTo = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max).toWellFormed()}…` : text;

/** A path, or a text that is one name. */
export const cut = (path: string): string =>
  cutTo(
    path
      .split("/")
      .map((name) => cutTo(name, NAME_MAX))
      .join("/"),
    TEXT_MAX,
  );

const cutFault = ({ path, message }: Fault): Fault => ({ path: cut(path), message: cutTo(message, 3 * NAME_MAX) });

export function problemResponse({ status, slug, title, detail, errors, headers }: Problem): Response {
  const body = {
    type: `/problems/${slug}`,
    title,
    status,
    detail,
    ...(errors !== undefined && { errors: errors.map(cutFault) }),
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/problem+json",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      ...headers,
    },
  });
}

type Make = (detail: string, more?: Pick<Problem, "errors" | "headers">) => ProblemError;

const make =
  ({ status, slug, title }: ProblemKind): Make =>
  (detail, more = {}) =>
    new ProblemError({ status, slug, title, detail, ...more });

export const problems = Object.fromEntries(
  Object.entries(API_PROBLEMS).map(([name, each]) => [name, make(each)]),
) as Record<keyof typeof API_PROBLEMS, Make>;

export const unknownStation = (): ProblemError => problems.stationNotFound("No such Charging Station.");
