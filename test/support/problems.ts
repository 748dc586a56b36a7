/**
 * The refusals of interface.md §1 as a station sees them, written down once more so that the code is not its own
 * judge. Must not know how they are decided.
 */
import { expect } from "vitest";

export const REFUSALS = {
  upgrade: [426, "upgrade-required", "Upgrade Required", "This address takes OCPP WebSockets only."],
  identity: [400, "illegal-identity", "Bad Request", "The path does not name a legal Charging Station identity."],
  unknown: [404, "station-not-found", "Not Found", "No such Charging Station."],
  credentials: [401, "unauthorized", "Unauthorized", "Valid credentials are required."],
  forbidden: [403, "forbidden", "Forbidden", "This connection is not allowed."],
  attempts: [429, "too-many-attempts", "Too Many Requests", "Too many connection attempts. Try again later."],
  unreachable: [503, "unavailable", "Service Unavailable", "The decision cannot be made now. Try again later."],
  subprotocol: [400, "no-common-subprotocol", "Bad Request", "None of the offered subprotocols is accepted."],
} as const;

interface AnyAnswer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

/** The answer is this refusal to the letter: status, problem, and the headers that belong to it. */
export function expectRefusal(answer: AnyAnswer, kind: keyof typeof REFUSALS): void {
  const [status, slug, title, detail] = REFUSALS[kind];
  expect(answer.status, answer.body).toBe(status);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expect(JSON.parse(answer.body)).toEqual({ type: `/problems/${slug}`, title, status, detail });
  expect(answer.headers["www-authenticate"]).toBe(status === 401 ? 'Basic realm="ocpp"' : undefined);
  if (status === 429 || status === 503) expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
  else expect(answer.headers).not.toHaveProperty("retry-after");
}
