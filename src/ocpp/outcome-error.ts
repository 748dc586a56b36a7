/**
 * How an outcome's error is shown, whichever release wrote it. Must not know commands.
 */
import type { OutcomeError } from "./session-state.ts";

export interface ShownError {
  error: OutcomeError & { origin: "station" | "edge" };
  /** What the station sent, where it is the edge that says that it cannot be used. */
  received?: unknown;
}

/** Characters of what was received that are shown twice; the event with a longer one would not fit its row. */
const SHOWN_TWICE_MAX = 50_000;

/** `details.received` is where the first release had it. */
export function shownError(error: OutcomeError, neverSent: boolean): ShownError {
  const { details, origin = formerOrigin(error, neverSent) } = error;
  if (origin === "station" || !Object.hasOwn(details, "received")) return { error: { ...error, origin } };
  const { received = null } = details;
  const isLong = JSON.stringify(received).length > SHOWN_TWICE_MAX;
  return { error: { ...error, ...(isLong && { details: {} }), origin }, received };
}

/** The first release wrote no origin; its own verdicts begin with a path, and carry nothing but what was received. */
function formerOrigin({ description, details }: OutcomeError, neverSent: boolean): "station" | "edge" {
  const isVerdict = description.startsWith("/") && Object.keys(details).join() === "received";
  return neverSent || isVerdict ? "edge" : "station";
}
