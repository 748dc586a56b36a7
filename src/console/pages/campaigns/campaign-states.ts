/**
 * The states of a campaign and of each station in it, in words and tones. Must not know how they are drawn.
 */
import type { Campaign, CampaignMemberState } from "../../../client/kerbside.ts";
import type { Tone } from "../../parts/badge.tsx";

export const CAMPAIGN_TONES: Readonly<Record<Campaign["state"], Tone>> = {
  scheduled: "plain",
  running: "good",
  paused: "warn",
  cancelling: "warn",
  cancelled: "plain",
  complete: "plain",
};

/** What somebody who looks at a bar wants to tell apart. */
export type Part = "answered" | "failed" | "under way" | "never sent" | "to come";

interface StateWords {
  label: string;
  part: Part;
  tone: Tone;
  /** What it means, as docs/campaigns.md has it. */
  meaning: string;
}

/** In the order in which they are shown. */
export const MEMBER_STATES: Readonly<Record<CampaignMemberState, StateWords>> = {
  result: { label: "Answered", part: "answered", tone: "good", meaning: "The station answered" },
  error: { label: "Error", part: "failed", tone: "bad", meaning: "The station answered with an error" },
  timeout: { label: "No answer", part: "failed", tone: "bad", meaning: "Sent, or it may have been; nobody answered" },
  invalid: { label: "Not valid", part: "failed", tone: "bad", meaning: "Never sent: not valid in its version" },
  refused: {
    label: "Refused",
    part: "failed",
    tone: "bad",
    meaning: "Never sent: offline, not there, or its queue full",
  },
  expired: { label: "Expired", part: "never sent", tone: "warn", meaning: "Never sent: it did not come back in time" },
  cancelled: { label: "Cancelled", part: "never sent", tone: "plain", meaning: "Never sent: taken back" },
  sent: { label: "Sent", part: "under way", tone: "plain", meaning: "Sent, not answered yet" },
  sending: { label: "Sending", part: "under way", tone: "plain", meaning: "Its turn has come" },
  queued: { label: "Waiting", part: "under way", tone: "warn", meaning: "Waits at its station, which is off or busy" },
  pending: { label: "To come", part: "to come", tone: "plain", meaning: "Its turn has not come" },
};
export const STATES_IN_ORDER = Object.keys(MEMBER_STATES) as CampaignMemberState[];
export const PARTS: readonly Part[] = ["answered", "failed", "never sent", "under way", "to come"];

export function partsOf(progress: Campaign["progress"]): Record<Part, number> {
  const sums: Record<Part, number> = { answered: 0, failed: 0, "never sent": 0, "under way": 0, "to come": 0 };
  for (const state of STATES_IN_ORDER) sums[MEMBER_STATES[state].part] += progress[state] ?? 0;
  return sums;
}

export const isOver = ({ state }: Campaign): boolean => state === "complete" || state === "cancelled";

/** Stations of which no more is to come. */
export const settledOf = (progress: Campaign["progress"]): number => {
  const parts = partsOf(progress);
  return parts.answered + parts.failed + parts["never sent"];
};
