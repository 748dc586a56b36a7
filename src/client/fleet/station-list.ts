/**
 * The fleet as its directory has it: the list of stations by pages, and its sums. Must not know how requests travel.
 */
import type { Asked } from "../api.ts";
import type { Paged, PageQuery } from "../pages.ts";
import type { Protocol, SecurityProfile } from "../views.ts";

export type OfflineKind =
  | "never"
  | "station"
  | "lost"
  | "silent"
  | "operator"
  | "superseded"
  | "registration-changed"
  | "certificate-expired"
  | "certificate-revoked"
  | "too-many-messages"
  | "unreadable"
  | "unknown";

/** Filters of the list; all that are given must hold. */
export interface StationFilter {
  online?: boolean;
  protocol?: Protocol;
  securityProfile?: SecurityProfile;
  vendor?: string;
  model?: string;
  labels?: Record<string, string>;
  /** Part of an identity, a label, vendor, model or serial number; or the fingerprint of its last certificate. */
  q?: string;
  /** ISO 8601, as `offlineSince`: offline since before it. */
  certificateExpiresBefore?: string;
  offlineSince?: string;
  /** How its last connection ended, as the summary counts it: `lost`, `silent`, … */
  offlineKind?: OfflineKind;
  undelivered?: boolean;
  hasCsms?: boolean;
}

/** `limit`: 100, and 1,000 at most. */
export interface StationQuery extends StationFilter, PageQuery {
  /** By identity, by what changed last, or by what is offline the longest. */
  sort?: "id" | "changed" | "offline";
}

export interface StationEntry {
  stationId: string;
  securityProfile: SecurityProfile;
  labels: Record<string, string>;
  online: boolean;
  connection: { protocol: Protocol; securityProfile: SecurityProfile } | null;
  vendor: string | null;
  model: string | null;
  serialNumber: string | null;
  /** Of the last connection's certificate. */
  certificateExpires: string | null;
  /** Some webhook does not take its events, or was not given some. */
  undelivered: boolean;
  /** Somebody answers what the edge does not decide. */
  hasCsms: boolean;
  changedAt: string;
  /** While it is offline, as is the reason: a sentence for people. */
  offlineSince?: string;
  offlineReason?: string;
}

export interface StationPage extends Paged {
  stations: StationEntry[];
}

/** By what it was found. */
export type FoundStation = { stationId: string; online: boolean } & (
  | { by: "command"; commandId: string }
  | { by: "certificate"; fingerprint: string }
);

export interface FleetSummary {
  stations: number;
  online: number;
  offline: number;
  /** As registered. */
  bySecurityProfile: Record<string, number>;
  /** Of those that are online. */
  byProtocol: Record<string, number>;
  /** The 50 largest, the largest first. */
  byVendor: { vendor: string; stations: number }[];
  otherVendors: number;
  /** Those that have not booted. */
  unknownVendor: number;
  /** Of those that are offline. */
  byOfflineReason: Record<string, number>;
  /** Of those that are online, by their connection's profile. */
  onlineBySecurityProfile: Record<string, number>;
  /** The 50 largest, as of `countedAt`. */
  onlineByVendor: { vendor: string; stations: number }[];
  /** Stations whose last connection's certificate ends within 1, 7, 14, 30 days, each with those before it; 0: it has ended. As of `countedAt`. */
  certificatesExpiring: Record<string, number>;
  countedAt: string;
  /** Stations some webhook of which does not take their events, or was not given some. */
  undeliveredStations: number;
  /** Events that wait for the worst served webhook of each of them. */
  undeliveredEvents: number;
  oldestUndelivered: string | null;
  deadLetters: number;
}

/** As the API has them in its query. */
export function stationQuery({ labels = {}, ...rest }: StationQuery): NonNullable<Asked["query"]> {
  return { ...rest, ...Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label.${name}`, value])) };
}
