/**
 * RFC 9457 problems, the one form of every error this service answers. Must never hold what only the log may know.
 */

export interface Fault {
  /** JSON pointer into the request's body, or the name of a parameter. */
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

const make =
  (status: number, slug: string, title: string) =>
  (detail: string, more: Pick<Problem, "errors" | "headers"> = {}): ProblemError =>
    new ProblemError({ status, slug, title, detail, ...more });

export const problems = {
  malformedJson: make(400, "malformed-json", "Bad Request"),
  noSubprotocol: make(400, "no-common-subprotocol", "Bad Request"),
  illegalIdentity: make(400, "illegal-identity", "Bad Request"),
  unauthorized: make(401, "unauthorized", "Unauthorized"),
  forbidden: make(403, "missing-scope", "Forbidden"),
  boundKey: make(403, "bound-key", "Forbidden"),
  httpsRequired: make(403, "https-required", "Forbidden"),
  notFound: make(404, "not-found", "Not Found"),
  stationNotFound: make(404, "station-not-found", "Not Found"),
  methodNotAllowed: make(405, "method-not-allowed", "Method Not Allowed"),
  commandNotFound: make(404, "command-not-found", "Not Found"),
  webhookNotFound: make(404, "webhook-not-found", "Not Found"),
  stationOffline: make(409, "station-offline", "Conflict"),
  stationNotAccepted: make(409, "station-not-accepted", "Conflict"),
  idempotencyConflict: make(409, "idempotency-conflict", "Conflict"),
  notQueued: make(409, "command-not-queued", "Conflict"),
  tooManyWebhooks: make(409, "too-many-webhooks", "Conflict"),
  bodyTooLarge: make(413, "body-too-large", "Content Too Large"),
  unsupportedEncoding: make(415, "unsupported-content-encoding", "Unsupported Media Type"),
  invalid: make(422, "invalid-request", "Unprocessable Content"),
  tooManyAttempts: make(429, "too-many-attempts", "Too Many Requests"),
  upgradeRequired: make(426, "upgrade-required", "Upgrade Required"),
  queueFull: make(429, "queue-full", "Too Many Requests"),
  internal: make(500, "internal-error", "Internal Server Error"),
  unavailable: make(503, "unavailable", "Service Unavailable"),
};

export const unknownStation = (): ProblemError => problems.stationNotFound("No such Charging Station.");
