/**
 * A command as backends see it, in the API's answer and in `ocpp.command.completed`. Must not know how it is stored.
 */
import type { Deviation } from "../ocpp/schemas/validate.ts";
import type { OutcomeError } from "../ocpp/session.ts";
import type { Command, CommandState } from "./command-store.ts";

export interface CommandView {
  commandId: string;
  stationId: string;
  action: string;
  state: CommandState;
  payload?: Record<string, unknown>;
  /** What lenient validation let pass in the answer. */
  deviations?: readonly Deviation[];
  error?: { code: string; description: string; details: Record<string, unknown>; origin: "station" | "edge" };
  /** What the station sent, where it is the edge that says that it cannot be used. */
  received?: unknown;
  createdAt: string;
  sentAt?: string;
  completedAt?: string;
}

const iso = (at: number): string => new Date(at).toISOString();

export function viewOf(stationId: string, command: Command): CommandView {
  const { id, action, state, outcome, createdAt, sentAt, completedAt } = command;
  return {
    commandId: id,
    stationId,
    action,
    state,
    ...(outcome?.state === "result" && { payload: outcome.payload }),
    ...(outcome?.state === "result" && outcome.deviations && { deviations: outcome.deviations }),
    ...(outcome?.state === "error" && errorView(state, outcome.error)),
    createdAt: iso(createdAt),
    ...(sentAt !== null && { sentAt: iso(sentAt) }),
    ...(completedAt !== null && { completedAt: iso(completedAt) }),
  };
}

/** Characters of what was received that are shown twice; the event with a longer one would not fit its row. */
const SHOWN_TWICE_MAX = 50_000;

/** `details.received` is where the first release had it. */
function errorView(state: CommandState, error: OutcomeError): Pick<CommandView, "error" | "received"> {
  const { details, origin = formerOrigin(state, error) } = error;
  if (origin === "station" || !Object.hasOwn(details, "received")) return { error: { ...error, origin } };
  const { received } = details;
  const isLong = (JSON.stringify(received)?.length ?? 0) > SHOWN_TWICE_MAX;
  return { error: { ...error, ...(isLong && { details: {} }), origin }, received: received ?? null };
}

/** The first release wrote no origin; its own verdicts begin with a path, and carry nothing but what was received. */
function formerOrigin(state: CommandState, { description, details }: OutcomeError): "station" | "edge" {
  const isVerdict = description.startsWith("/") && Object.keys(details).join() === "received";
  return state === "cancelled" || isVerdict ? "edge" : "station";
}
