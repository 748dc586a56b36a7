/**
 * A campaign as it is being written: what is wrong with it, and the request that it makes. Must not know the form, nor ask anybody.
 */
import type { CampaignRequest } from "../../../client/kerbside.ts";
import type { CampaignTarget } from "../../data/campaign-target.ts";

/** As it stands in the fields. */
export interface CampaignDraft {
  name: string;
  action: string;
  payload: string;
  rate: string;
  expires: string;
  /** Of a field of the browser, in its own zone. */
  startAt: string;
}

export const EMPTY_DRAFT: CampaignDraft = {
  ...{ name: "", action: "", payload: "{}", rate: "10", expires: "0", startAt: "" },
};

const RATE_MAX = 100;
export type DraftFaults = Partial<Record<keyof CampaignDraft, string>>;

export function faultsOf({ name, action, payload, rate, startAt }: CampaignDraft): DraftFaults {
  const payloadFault = faultOfPayload(payload);
  const isRate = /^\d+$/.test(rate) && Number(rate) >= 1 && Number(rate) <= RATE_MAX;
  return {
    ...(name.trim() === "" && { name: "It needs a name" }),
    ...(action.trim() === "" && { action: "It needs an action" }),
    ...(payloadFault !== null && { payload: payloadFault }),
    ...(!isRate && { rate: `A whole number, 1 to ${RATE_MAX}` }),
    ...(startAt !== "" && Number.isNaN(Date.parse(startAt)) && { startAt: "A date and a time" }),
  };
}

function faultOfPayload(text: string): string | null {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? null : "It has to be an object: { … }";
  } catch (error) {
    return `It is no JSON: ${(error as Error).message}`;
  }
}

/** Of a draft without faults. */
export function requestOf(draft: CampaignDraft, target: CampaignTarget): CampaignRequest {
  const { name, action, payload, rate, expires, startAt } = draft;
  return {
    ...{ name: name.trim(), action: action.trim(), payload: JSON.parse(payload) as Record<string, unknown> },
    ...{ ratePerSecond: Number(rate), expiresInSeconds: Number(expires) },
    ...(startAt !== "" && { startAt: new Date(startAt).toISOString() }),
    ...(target.kind === "filter" ? { filter: target.filter } : { stationIds: [...target.stationIds] }),
  };
}
