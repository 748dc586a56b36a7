/**
 * A command as backends see it, in the API's answer and in `ocpp.command.completed`. Must not know how it is stored.
 */
import { type ShownError, shownError } from "../../ocpp/outcome-error.ts";
import type { Deviation } from "../../ocpp/schemas/validate.ts";
import type { Command, CommandState } from "./command-row.ts";

export interface CommandView extends Partial<ShownError> {
  commandId: string;
  stationId: string;
  action: string;
  state: CommandState;
  payload?: Record<string, unknown>;
  /** What lenient validation let pass in the answer. */
  deviations?: readonly Deviation[];
  /** The name of an API key, or `csms-link`; `null`: it was not kept. */
  actor: string | null;
  /** That it is part of. */
  campaignId?: string;
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
    ...(outcome?.state === "error" && shownError(outcome.error, state === "cancelled")),
    actor: command.actor ?? null,
    ...(command.campaignId !== undefined && { campaignId: command.campaignId }),
    createdAt: iso(createdAt),
    ...(sentAt !== null && { sentAt: iso(sentAt) }),
    ...(completedAt !== null && { completedAt: iso(completedAt) }),
  };
}
