/**
 * Which stations a campaign is to be for, on the way from the list where they were chosen to the page that makes it. Must not know
 * either.
 */
import type { StationFilter } from "../../client/fleet/station-list.ts";
import { href, type Route } from "./route.ts";
import { type AddressQuery, filterOf, filtersIn } from "./station-filter.ts";

export type CampaignTarget =
  /** Chosen one by one. */
  | { kind: "stations"; stationIds: readonly string[] }
  /** All that match, `{}`: all there are. */
  | { kind: "filter"; filter: StationFilter; query: AddressQuery };

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
  const stored = query.chosen === undefined ? null : sessionStorage.getItem(STORED);
  if (stored !== null) return { kind: "stations", stationIds: JSON.parse(stored) as string[] };
  return { kind: "filter", filter: filterOf(query, now), query: filtersIn(query) };
}
