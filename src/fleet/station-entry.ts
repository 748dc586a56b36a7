/**
 * A row of the directory as the list shows it. Must not know which rows are asked for.
 */
import { parseJson } from "../json.ts";
import { type Disconnect, offlineReason, type Refusals } from "./offline-reason.ts";

export interface DirectoryEntry {
  stationId: string;
  /** As registered. */
  securityProfile: number;
  labels: Record<string, string>;
  online: boolean;
  connection: { protocol: string; securityProfile: number } | null;
  vendor: string | null;
  model: string | null;
  serialNumber: string | null;
  /** Of the last connection's certificate; ISO 8601, as all that follows. */
  certificateExpires: string | null;
  undelivered: boolean;
  hasCsms: boolean;
  changedAt: string;
  /** Both while it is offline alone. */
  offlineSince?: string;
  offlineReason?: string;
}

/** Of a row what says whether it is on a page, and where. */
export interface Found {
  station_id: string;
  changed_at: number;
  offline_since: number;
  /** Whether all filters take it. */
  hit: number;
}
export interface StationRow extends Found {
  registered_profile: number;
  labels: string;
  online: number;
  protocol: string | null;
  security_profile: number | null;
  vendor: string | null;
  model: string | null;
  serial_number: string | null;
  certificate_not_after: number | null;
  undelivered: number;
  has_csms: number;
  offline_kind: string;
  disconnect: string | null;
  refused_count?: number | null;
  refused_since?: number | null;
  refused_reason?: string | null;
}
export const PLACE_COLUMNS = "s.station_id, s.changed_at, s.offline_since";
/** All that an entry shows, and not what is searched. */
export const ENTRY_COLUMNS = `${PLACE_COLUMNS}, s.registered_profile, s.labels, s.online, s.protocol, s.security_profile, s.vendor, s.model,
  s.serial_number, s.certificate_not_after, s.undelivered, s.has_csms, s.offline_kind, s.disconnect,
  s.refused_count, s.refused_since, s.refused_reason`;

const iso = (at: number): string => new Date(at).toISOString();

export function toEntry(row: StationRow, now: number): DirectoryEntry {
  const { protocol, security_profile: securityProfile, certificate_not_after: notAfter } = row;
  return {
    stationId: row.station_id,
    securityProfile: row.registered_profile,
    labels: parseJson<Record<string, string>>(row.labels),
    online: row.online === 1,
    connection: protocol === null || securityProfile === null ? null : { protocol, securityProfile },
    vendor: row.vendor,
    model: row.model,
    serialNumber: row.serial_number,
    certificateExpires: notAfter === null ? null : iso(notAfter),
    undelivered: row.undelivered === 1,
    hasCsms: row.has_csms === 1,
    changedAt: iso(row.changed_at),
    ...(row.online !== 1 && offlineOf(row, now)),
  };
}

function offlineOf(row: StationRow, now: number): { offlineSince: string; offlineReason: string } {
  return {
    offlineSince: iso(Math.min(row.offline_since, now)),
    offlineReason: offlineReason(disconnectOf(row), refusalsOf(row), now),
  };
}

function disconnectOf({ disconnect, offline_kind: kind }: StationRow): Disconnect | null | undefined {
  if (disconnect !== null) return parseJson<Disconnect>(disconnect);
  return kind === "never" ? null : undefined;
}

function refusalsOf(row: Pick<StationRow, "refused_count" | "refused_since" | "refused_reason">): Refusals | null {
  const { refused_count: count, refused_since: since, refused_reason: reason } = row;
  return count == null || since == null || reason == null ? null : { count, since, reason };
}

/** What the directory alone knows of a station that is offline; `null`: it has no such station. */
export async function offlineRow(
  directory: D1Database,
  stationId: string,
): Promise<{ since: string | null; refusals: Refusals | null } | null> {
  const row = await directory
    .prepare("SELECT * FROM stations WHERE station_id = ?1")
    .bind(stationId)
    .first<StationRow>();
  if (row === null) return null;
  return { since: row.online === 1 ? null : iso(row.offline_since), refusals: refusalsOf(row) };
}
