/**
 * Tells a campaign, by the fleet's queue, what became of its command here. Must not fail or hold up what it tells of.
 */
import type { Env } from "../../env.ts";
import { outcomeOf } from "../../fleet/campaigns/campaign-outcome.ts";
import { log, messageOf } from "../../log.ts";
import { inTime } from "../../time-limit.ts";
import type { Command } from "./command-row.ts";
import { viewOf } from "./command-view.ts";

/** ms the queue has to take it. */
const TOLD_WITHIN_MS = 10_000;

/** Never throws. What the queue does not take the campaign finds when it asks: it knows by when it should have heard. */
export async function reportToCampaign(env: Env, stationId: string, command: Command): Promise<void> {
  const { campaignId, completedAt } = command;
  if (campaignId === undefined) return;
  try {
    const outcome = outcomeOf(stationId, viewOf(stationId, command), completedAt ?? command.createdAt);
    await inTime(env.TRANSITIONS.send({ campaignId, outcome }), TOLD_WITHIN_MS, "the queue");
  } catch (error) {
    log("warn", "a campaign was not told", { stationId, campaignId, reason: messageOf(error) });
  }
}
