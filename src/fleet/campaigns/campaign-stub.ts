/**
 * From a campaign's id to the stub of its object. The only place that knows how the object is reached.
 */
import type { Env } from "../../env.ts";
import { inJurisdiction } from "../../residency.ts";
import type { Campaign, Done } from "./campaign.ts";
import { ittyStub } from "./itty-object.ts";

/** Arguments travel in a header: an id at most, never what a client wrote. */
export interface CampaignStub {
  begin(id: string): Promise<Done>;
  progress(): ReturnType<Campaign["progress"]>;
  progressed(): Promise<Done>;
  pause(): Promise<Done>;
  resume(): Promise<Done>;
  cancel(): Promise<Done>;
  forget(): Promise<Done>;
}
const METHODS: readonly (keyof CampaignStub)[] = [
  ...(["begin", "progress", "progressed", "pause", "resume", "cancel", "forget"] as const),
];

export const campaignStub = (env: Env, id: string): CampaignStub =>
  ittyStub<CampaignStub>(inJurisdiction(env.CAMPAIGNS, env), id, METHODS);
