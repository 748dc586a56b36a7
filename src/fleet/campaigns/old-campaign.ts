/**
 * Takes away a campaign that is not to be kept any more, a part at each turn of the clock. Must not know how long one is kept.
 */
import type { Env } from "../../env.ts";
import { pruneCampaigns } from "./campaign-rows.ts";
import { campaignStub } from "./campaign-stub.ts";

/** @throws where the database, or its object, is out of reach */
export async function forgetOldCampaign(env: Env, now: number): Promise<void> {
  const id = await pruneCampaigns(env.DIRECTORY, now);
  if (id !== null) await campaignStub(env, id).forget();
}
