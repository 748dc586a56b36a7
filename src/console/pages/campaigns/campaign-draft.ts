/**
 * A campaign as it is being written: what is wrong with it, and the request that it makes. Must not know the form, nor ask anybody.
 */
import type { CampaignRequest, Protocol } from "../../../client/kerbside.ts";
import { type Draft, draftOf } from "../../command-form/payload-draft.ts";
import type { CampaignTarget } from "../../data/target-in-address.ts";
import { EMPTY, plainOf } from "../../json/json-tree.ts";

/** As it stands in the fields. */
export interface CampaignDraft {
  name: string;
  /** Whose form the payload is written in; the campaign goes to stations of any version in which it is valid. */
  protocol: Protocol;
  action: string;
  payload: Draft;
  rate: string;
  expires: string;
  /** Of a field of the browser, in its own zone. */
  startAt: string;
}

export const EMPTY_DRAFT: CampaignDraft = {
  ...{ name: "", protocol: "ocpp1.6", action: "", payload: draftOf(EMPTY), rate: "10", expires: "0", startAt: "" },
};

const RATE_MAX = 100;
export type DraftFaults = Partial<Record<keyof CampaignDraft, string>>;

export function faultsOf({ name, action, payload, rate, startAt }: CampaignDraft): DraftFaults {
  const isRate = /^\d+$/.test(rate) && Number(rate) >= 1 && Number(rate) <= RATE_MAX;
  const { fault } = payload;
  return {
    ...(name.trim() === "" && { name: "It needs a name" }),
    ...(action.trim() === "" && { action: "It needs an action" }),
    ...(fault !== null && { payload: `Line ${fault.line}, column ${fault.column}: ${fault.message}` }),
    ...(!isRate && { rate: `A whole number, 1 to ${RATE_MAX}` }),
    ...(startAt !== "" && Number.isNaN(Date.parse(startAt)) && { startAt: "A date and a time" }),
  };
}

/** Of a draft without faults. */
export function requestOf(draft: CampaignDraft, target: Exclude<CampaignTarget, { kind: "unclear" }>): CampaignRequest {
  const { name, action, payload, rate, expires, startAt } = draft;
  return {
    ...{ name: name.trim(), action: action.trim(), payload: plainOf(payload.json) as Record<string, unknown> },
    ...{ ratePerSecond: Number(rate), expiresInSeconds: Number(expires) },
    ...(startAt !== "" && { startAt: new Date(startAt).toISOString() }),
    ...(target.kind === "filter" ? { filter: target.filter } : { stationIds: [...target.stationIds] }),
  };
}
