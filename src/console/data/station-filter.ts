/**
 * The filters of the list of stations as they stand in an address, and as the API takes them. Must not know who shows the list.
 */
import type { OfflineKind, StationFilter, StationQuery } from "../../client/fleet/station-list.ts";
import type { Protocol, SecurityProfile } from "../../client/views.ts";
import { OFFLINE_KINDS } from "./offline-kinds.ts";

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

/** As hours or days in an address: more than a date can take is none. */
export const isSpan = (value: string): boolean => /^\d{1,5}(?:\.\d{1,9})?$/.test(value);
const isFlag = (value: string): boolean => value === "true" || value === "false";
/** What of a filter's values is one; a filter that is not named takes any text. */
const TAKES: Readonly<Partial<Record<(typeof FILTER_NAMES)[number], (value: string) => boolean>>> = {
  ...{ online: isFlag, undelivered: isFlag, hasCsms: isFlag, certificateWithin: isSpan, offlineFor: isSpan },
  securityProfile: (value) => /^[0-3]$/.test(value),
  protocol: (value) => /^ocpp(?:1\.6|2\.0\.1|2\.1)$/.test(value),
  offlineKind: (value) => Object.hasOwn(OFFLINE_KINDS, value),
};

/** @param now ms since the epoch */
export function filterOf(address: AddressQuery, now: number): StationFilter {
  const query: AddressQuery = filtersIn(address);
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
    ...(isGiven(certificateWithin) && { certificateExpiresBefore: iso(now + Number(certificateWithin) * DAY_MS) }),
    ...(isGiven(query.offlineKind) && { offlineKind: query.offlineKind as OfflineKind }),
    ...(isGiven(offlineFor) && { offlineSince: iso(now - Number(offlineFor) * HOUR_MS) }),
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

/** Of a list, and nothing else that may stand in its address: values that are none too. */
export const filtersIn = (query: AddressQuery): Record<string, string> =>
  Object.fromEntries(
    FILTER_NAMES.flatMap((name) => {
      const value = query[name];
      return isGiven(value) && (TAKES[name]?.(value) ?? true) ? [[name, value]] : [];
    }),
  );

/** What stands in an address as a filter, and has a value that is none. */
export const oddFiltersIn = (query: AddressQuery): Record<string, string> => {
  const filters = filtersIn(query);
  // A part of it that is no label would be left out, and more stations meant than were named.
  const isLabels = (text: string) =>
    Object.keys(labelsOf(text)).length === text.split(",").filter((each) => each.trim() !== "").length;
  const isOdd = (name: string, value: string) => filters[name] === undefined || (name === "label" && !isLabels(value));
  return Object.fromEntries(
    FILTER_NAMES.flatMap((name) => {
      const value = query[name];
      return isGiven(value) && isOdd(name, value) ? [[name, value]] : [];
    }),
  );
};

const isGiven = (value: string | undefined): value is string => value !== undefined && value !== "";
const iso = (at: number): string => new Date(at).toISOString();
const flag = <Name extends string>(name: Name, value: string | undefined): { [N in Name]?: boolean } =>
  value === "true" || value === "false" ? ({ [name]: value === "true" } as { [N in Name]?: boolean }) : {};
