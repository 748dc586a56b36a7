/**
 * Which stations an address means that a campaign is to be for. Must not know how it came about, nor what they are sent.
 */
import type { StationFilter } from "../../client/fleet/station-list.ts";
import { type AddressQuery, filterOf, filtersIn, oddFiltersIn } from "./station-filter.ts";

export type CampaignTarget =
  /** Chosen one by one. */
  | { kind: "stations"; stationIds: readonly string[] }
  /** All that match, `{}`: all there are. */
  | { kind: "filter"; filter: StationFilter; query: AddressQuery }
  /** The address means some, and does not say which: taken for no filter it would be the whole fleet. */
  | { kind: "unclear"; why: string; query: AddressQuery };

/**
 * @param chosen the ids that were chosen last; `null`: not known
 * @param now ms since the epoch
 */
export function targetIn(query: AddressQuery, chosen: readonly string[] | null, now: number): CampaignTarget {
  if (query.chosen !== undefined) {
    if (chosen !== null) return { kind: "stations", stationIds: chosen };
    const why = "Which stations were chosen is not known in this tab.";
    return { kind: "unclear", why, query: { chosen: query.chosen } };
  }
  const odd = oddFiltersIn(query);
  const [first] = Object.entries(odd);
  if (first !== undefined)
    return { kind: "unclear", why: `${first.join("=")} in the address is no filter.`, query: odd };
  return { kind: "filter", filter: filterOf(query, now), query: filtersIn(query) };
}
