/**
 * The filters of the list of stations as they stand in an address, and as the API takes them. Must not know who shows the list.
 */
import type { OfflineKind, StationFilter, StationQuery } from "../../client/fleet/station-list.ts";
import type { Protocol, SecurityProfile } from "../../client/views.ts";

export type AddressQuery = Readonly<Record<string, string>>;

/** In the address: relative times, so that it means the same tomorrow. */
export const FILTER_NAMES = [
  ...["q", "online", "securityProfile", "protocol", "vendor", "model", "label"],
  ...["certificateWithin", "offlineFor", "offlineKind", "undelivered", "hasCsms"],
] as const;

export const SORTS = ["id", "changed", "offline"] as const;
export type Sort = (typeof SORTS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @param now ms since the epoch */
export function filterOf(query: AddressQuery, now: number): StationFilter {
  const { q, online, securityProfile, protocol, vendor, model, label, certificateWithin, offlineFor } = query;
  const labels = labelsOf(label ?? "");
  return {
    ...(isGiven(q) && { q }),
    ...flag("online", online),
    ...flag("undelivered", query.undelivered),
    ...flag("hasCsms", query.hasCsms),
    ...(isGiven(securityProfile) && { securityProfile: Number(securityProfile) as SecurityProfile }),
    ...(isGiven(protocol) && { protocol: protocol as Protocol }),
    ...(isGiven(vendor) && { vendor }),
    ...(isGiven(model) && { model }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(isNumber(certificateWithin) && { certificateExpiresBefore: iso(now + Number(certificateWithin) * DAY_MS) }),
    ...(isGiven(query.offlineKind) && { offlineKind: query.offlineKind as OfflineKind }),
    ...(isNumber(offlineFor) && { offlineSince: iso(now - Number(offlineFor) * HOUR_MS) }),
  };
}

export const sortOf = ({ sort }: AddressQuery): Sort => SORTS.find((each) => each === sort) ?? "id";

export const queryOf = (query: AddressQuery, now: number): StationQuery => ({
  ...filterOf(query, now),
  sort: sortOf(query),
});

/** "site=north, floor=2"; what has no value is part of none. */
export const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(",")
      .map((each) => each.trim())
      .filter((each) => /^[^=]+=./.test(each))
      .map((each) => [each.slice(0, each.indexOf("=")).trim(), each.slice(each.indexOf("=") + 1).trim()]),
  );

/** Of a list, and nothing else that may stand in its address. */
export const filtersIn = (query: AddressQuery): Record<string, string> =>
  Object.fromEntries(FILTER_NAMES.flatMap((name) => (isGiven(query[name]) ? [[name, query[name]]] : [])));

const isGiven = (value: string | undefined): value is string => value !== undefined && value !== "";
const isNumber = (value: string | undefined): value is string => isGiven(value) && Number.isFinite(Number(value));
const iso = (at: number): string => new Date(at).toISOString();
const flag = <Name extends string>(name: Name, value: string | undefined): { [N in Name]?: boolean } =>
  value === "true" || value === "false" ? ({ [name]: value === "true" } as { [N in Name]?: boolean }) : {};
