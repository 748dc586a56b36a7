/**
 * What became of one station's command in a campaign, and which word of it counts where several come, in whatever order. Must not
 * know where it is kept, nor who tells.
 */
import { fields, nullable, number, oneOf, text } from "../../shape.ts";

/**
 * In the order in which a member goes through them; those of one rank are ends. What is of no higher rank than what is known says
 * nothing new: a late or repeated word. A `timeout` may still be settled by a late answer.
 */
const RANKS = {
  pending: 0,
  sending: 1,
  queued: 2,
  sent: 3,
  timeout: 4,
  result: 5,
  error: 5,
  expired: 5,
  cancelled: 5,
  invalid: 5,
  refused: 5,
} as const;
export type MemberState = keyof typeof RANKS;
export const MEMBER_STATES = Object.keys(RANKS) as readonly MemberState[];
/** Of those something is still to be heard or done. */
export const OPEN_STATES = ["pending", "sending", "queued", "sent"] as const satisfies readonly MemberState[];

export const rankOf = (state: MemberState): number => RANKS[state];

/** The same in SQL. @param column that holds a state */
export const rankSql = (column: string): string =>
  `CASE ${column} ${MEMBER_STATES.map((state) => `WHEN '${state}' THEN ${RANKS[state]}`).join(" ")} ELSE 9 END`;

export interface Outcome {
  stationId: string;
  state: MemberState;
  /** ms since the epoch */
  at: number;
  commandId: string | null;
  /** The station's answer as JSON, cut short. */
  answer: string | null;
  /** Why it is no result. */
  reason: string | null;
}

/** Of several words on one station the one that says most. */
export function furthestOfEach(outcomes: readonly Outcome[]): Outcome[] {
  const furthest = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const known = furthest.get(outcome.stationId);
    if (known === undefined || rankOf(outcome.state) > rankOf(known.state)) furthest.set(outcome.stationId, outcome);
  }
  return [...furthest.values()];
}

/** As a station's object tells it, by the queue TRANSITIONS; written and read by releases before and after. */
export interface CampaignMessage {
  campaignId: string;
  outcome: Outcome;
}

const CAMPAIGN_MESSAGE = fields({
  campaignId: text,
  outcome: fields({
    stationId: text,
    state: oneOf(...MEMBER_STATES),
    at: number,
    commandId: nullable(text),
    answer: nullable(text),
    reason: nullable(text),
  }),
});
export const isCampaignMessage = (body: unknown): body is CampaignMessage => CAMPAIGN_MESSAGE(body) === null;

/** Characters of an answer, or a reason, that are kept: the command itself has all of it. */
const TEXT_MAX_LENGTH = 500;

/** As much of a command's view as is read here. */
interface Command {
  commandId: string;
  state: "queued" | "sent" | "result" | "error" | "timeout" | "expired" | "cancelled";
  payload?: Record<string, unknown> | undefined;
  error?: { code: string; description: string } | undefined;
}

export function outcomeOf(stationId: string, { commandId, state, payload, error }: Command, at: number): Outcome {
  const answer = state === "result" ? cut(JSON.stringify(payload ?? {})) : null;
  const reason = error === undefined ? null : cut(`${error.code}: ${error.description}`);
  // Queued while it was valid, and not any more when its turn came.
  const isInvalid = state === "cancelled" && error !== undefined;
  return { stationId, state: isInvalid ? "invalid" : state, at, commandId, answer, reason };
}

export const cut = (text: string): string =>
  text.length > TEXT_MAX_LENGTH ? `${text.slice(0, TEXT_MAX_LENGTH).toWellFormed()}…` : text;
