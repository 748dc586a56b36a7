/**
 * What stations tell of campaigns' commands, as it comes by the queue: into the database, then each campaign is told to count. Must not
 * know where a message came from.
 */
import type { Env } from "../../env.ts";
import { noteOutcomes } from "./campaign-members.ts";
import type { CampaignMessage } from "./campaign-outcome.ts";
import { campaignStub } from "./campaign-stub.ts";

/** Said again it changes nothing. @throws where the database, or a campaign's object, is out of reach */
export async function takeOutcomes(env: Env, messages: readonly CampaignMessage[]): Promise<void> {
  const byCampaign = Map.groupBy(messages, ({ campaignId }) => campaignId);
  for (const [campaignId, told] of byCampaign) {
    await noteOutcomes(
      env.DIRECTORY,
      campaignId,
      told.map(({ outcome }) => ({ ...outcome, checkAt: null })),
    );
    await campaignStub(env, campaignId).progressed();
  }
}
