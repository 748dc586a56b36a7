/**
 * Questions about the fleet that the client has no method for yet. Must not know who shows the answers.
 */
import type { Kerbside } from "../../client/kerbside.ts";
import type { Protocol } from "../../client/views.ts";

export interface FleetStation {
  stationId: string;
  securityProfile: number;
  labels: Record<string, string>;
  online: boolean;
  connection: { protocol: Protocol; securityProfile: number } | null;
  vendor: string | null;
  model: string | null;
  serialNumber: string | null;
  certificateExpires: string | null;
  undelivered: boolean;
  hasCsms: boolean;
  changedAt: string;
  offlineSince?: string;
  offlineReason?: string;
}

export interface StationPage {
  stations: FleetStation[];
  cursor: string | null;
}

export interface FleetSummary {
  stations: number;
  online: number;
  offline: number;
  bySecurityProfile: Record<string, number>;
  byProtocol: Record<string, number>;
  byVendor: { vendor: string; stations: number }[];
  otherVendors: number;
  unknownVendor: number;
  byOfflineReason: Record<string, number>;
}

export interface Newcomer {
  stationId: string;
  firstSeen: string;
  lastSeen: string;
  count: number;
  remoteAddress: string | null;
  protocols: string[];
  transport: string;
  certificate: {
    commonName?: string | null;
    organization?: string | null;
    fingerprint?: string | null;
  } | null;
  reason: string;
}

type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>;

export const stationPage = (client: Kerbside, query: Parameters): Promise<StationPage> =>
  client.request<StationPage>("GET", `/v1/stations${searchOf(query)}`);

export const fleetSummary = (client: Kerbside): Promise<FleetSummary> =>
  client.request<FleetSummary>("GET", "/v1/stations/summary");

export const newcomerPage = (
  client: Kerbside,
  query: Parameters,
): Promise<{ newcomers: Newcomer[]; cursor: string | null }> =>
  client.request("GET", `/v1/newcomers${searchOf(query)}`);

function searchOf(query: Parameters): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}
