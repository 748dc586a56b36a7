/**
 * What of the fleet's standing no sum is kept of: vendors of those that are online, certificates that end, what waits. Counted when
 * somebody asks, of a large fleet once in five minutes. Must not know who asks.
 */
import { parseJson } from "../json.ts";
import { ONLINE_SINCE_NEVER } from "../list-cursor.ts";
import { backlogOf, type ProfileBacklog, readBacklog } from "./backlog.ts";
import type { VendorCount } from "./fleet-sums.ts";

/** ms for which a count stands: it reads a row for each station that is online, and for each certificate that ends soon. */
const COUNTED_EVERY_MS = 300_000;
/** Stations up to which it is counted anew each time. */
const SMALL_FLEET = 2_000;
/** Vendors that are named. */
const VENDORS_MAX = 50;
/** Days within which a certificate ends; 0: it has ended. */
const WITHIN_DAYS = [0, 1, 7, 14, 30] as const;
const DAY_MS = 86_400_000;

export interface FleetStanding {
  /** The largest, as the last count found them. */
  onlineByVendor: VendorCount[];
  /** Stations by days within which their last connection's certificate ends: each has those before it. 0: it has ended. */
  certificatesExpiring: Record<string, number>;
  /** When these two were counted. */
  countedAt: string;
  /** That wait, of the worst served webhook of each station in trouble. */
  undeliveredEvents: number;
  /** `null`: none waits of which that is known. */
  oldestUndelivered: string | null;
}

type Counted = Pick<FleetStanding, "onlineByVendor" | "certificatesExpiring" | "countedAt">;

/** @param stations of the fleet */
export async function standingOf(directory: D1Database, stations: number, now: number): Promise<FleetStanding> {
  const [backlog, kept] = await directory.batch([readBacklog(directory), directory.prepare(KEPT)]);
  const { events, since } = backlogOf((backlog as D1Result<ProfileBacklog>).results);
  const [known] = (kept as D1Result<{ sums: string; at: number }>).results;
  const isNew = known !== undefined && now >= known.at && now - known.at < COUNTED_EVERY_MS;
  const counted = isNew && stations > SMALL_FLEET ? parseJson<Counted>(known.sums) : await count(directory, now);
  if (!isNew && stations > SMALL_FLEET) await directory.prepare(KEEP).bind(JSON.stringify(counted), now).run();
  return {
    ...counted,
    undeliveredEvents: events,
    oldestUndelivered: since === null ? null : new Date(since).toISOString(),
  };
}

const KEPT = "SELECT sums, at FROM metrics WHERE name = 'standing'";
const KEEP = `INSERT INTO metrics VALUES ('standing', ?1, '[]', ?2)
  ON CONFLICT (name) DO UPDATE SET sums = excluded.sums, at = excluded.at`;
const VENDORS = `SELECT vendor, count(*) AS stations FROM stations INDEXED BY stations_offline
  WHERE offline_since = ${ONLINE_SINCE_NEVER} AND vendor IS NOT NULL GROUP BY vendor ORDER BY stations DESC, vendor LIMIT ${VENDORS_MAX}`;
const CERTIFICATES = `SELECT ${WITHIN_DAYS.map((days, index) => `sum(certificate_not_after < ?${index + 1}) AS d${days}`).join(", ")}
  FROM stations INDEXED BY stations_certificate WHERE certificate_not_after < ?${WITHIN_DAYS.length}`;

async function count(directory: D1Database, now: number): Promise<Counted> {
  const ends = WITHIN_DAYS.map((days) => now + days * DAY_MS);
  const [vendors, certificates] = await directory.batch([
    directory.prepare(VENDORS),
    directory.prepare(CERTIFICATES).bind(...ends),
  ]);
  const [sums = {}] = (certificates as D1Result<Record<string, number | null>>).results;
  return {
    onlineByVendor: (vendors as D1Result<VendorCount>).results,
    certificatesExpiring: Object.fromEntries(WITHIN_DAYS.map((days) => [String(days), sums[`d${days}`] ?? 0])),
    countedAt: new Date(now).toISOString(),
  };
}
