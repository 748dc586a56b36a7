/**
 * Which stations a campaign is to be for, on the way from the list where they were chosen to the page that makes it. Must not know
 * either.
 */
import { href, type Route } from "./route.ts";
import { type AddressQuery, filtersIn } from "./station-filter.ts";
import { type CampaignTarget, targetIn } from "./target-in-address.ts";

/** They are too many for an address. */
const STORED = "kerbside.chosen";

/** @returns where the campaign is made */
export function campaignOfStations(stationIds: readonly string[]): string {
  sessionStorage.setItem(STORED, JSON.stringify(stationIds));
  return href(["campaigns", "new"], { chosen: stationIds.length });
}

/** @param query of the list */
export const campaignOfAll = (query: AddressQuery): string => href(["campaigns", "new"], filtersIn(query));

/** @param now ms since the epoch */
export function campaignTarget({ query }: Route, now: number): CampaignTarget {
  const stored = sessionStorage.getItem(STORED);
  return targetIn(query, stored === null ? null : (JSON.parse(stored) as string[]), now);
}
