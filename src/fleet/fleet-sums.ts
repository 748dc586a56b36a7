/**
 * What the fleet comes to, from sums that every change of a row keeps up to date (migration 0004). Must not look at the stations.
 */

/** Stations that are alike. */
export interface FleetCount {
  registeredProfile: number;
  online: boolean;
  /** Of the connection; `null` while offline. */
  protocol: string | null;
  securityProfile: number | null;
  /** How the last connection ended (offline-reason.ts); `null` while online. */
  offlineKind: string | null;
  stations: number;
  /** Of them those some webhook of which does not take its events, or was not given some. */
  undelivered: number;
  deadLetters: number;
}

const CELLS = `SELECT registered_profile AS registeredProfile, online, nullif(protocol, '') AS protocol,
    nullif(security_profile, -1) AS securityProfile, nullif(offline_kind, '') AS offlineKind,
    stations, undelivered, dead_letters AS deadLetters
  FROM fleet_cells WHERE stations > 0`;
type Cell = Omit<FleetCount, "online"> & { online: number };
const countOf = (cell: Cell): FleetCount => ({ ...cell, online: cell.online === 1 });

export const readCells = (directory: D1Database): D1PreparedStatement => directory.prepare(CELLS);
export const cellsOf = ({ results }: D1Result): FleetCount[] => (results as unknown as Cell[]).map(countOf);

export async function countStations(directory: D1Database): Promise<FleetCount[]> {
  return cellsOf(await readCells(directory).all());
}

/** Vendors that a summary names. */
const VENDORS_MAX = 50;

export interface FleetSummary {
  stations: number;
  online: number;
  offline: number;
  /** As registered. */
  bySecurityProfile: Record<string, number>;
  /** Of those that are online, as the next: by the connection's own. */
  onlineBySecurityProfile: Record<string, number>;
  byProtocol: Record<string, number>;
  /** The largest; `otherVendors`: the rest, and `unknownVendor` those that have not said theirs. */
  byVendor: VendorCount[];
  otherVendors: number;
  unknownVendor: number;
  /** Of those that are offline: how their last connection ended. */
  byOfflineReason: Record<string, number>;
  /** Those some webhook of which does not take its events, or was not given some. */
  undeliveredStations: number;
  /** Of each station's worst served webhook. */
  deadLetters: number;
}

/** In one transaction: all of it is of one moment. */
export async function summarize(directory: D1Database): Promise<FleetSummary> {
  const [cells, largest, unknown] = await directory.batch([
    directory.prepare(CELLS),
    directory.prepare(
      `SELECT vendor, stations FROM fleet_vendors INDEXED BY fleet_vendors_largest ORDER BY stations DESC, vendor LIMIT ${VENDORS_MAX + 1}`,
    ),
    directory.prepare("SELECT stations FROM fleet_vendors WHERE vendor = ''"),
  ]);
  const named = (largest as D1Result<VendorCount>).results.filter(({ vendor }) => vendor !== "").slice(0, VENDORS_MAX);
  const [{ stations: unnamed } = { stations: 0 }] = (unknown as D1Result<{ stations: number }>).results;
  return summaryOf((cells as D1Result<Cell>).results.map(countOf), named, unnamed);
}

export interface VendorCount {
  vendor: string;
  stations: number;
}

function summaryOf(counts: readonly FleetCount[], byVendor: VendorCount[], unknownVendor: number): FleetSummary {
  const sumBy = (keyOf: (count: FleetCount) => string | number | null) => {
    const sums: Record<string, number> = {};
    for (const count of counts) {
      const key = keyOf(count);
      if (key !== null) sums[key] = (sums[key] ?? 0) + count.stations;
    }
    return sums;
  };
  const { true: online = 0, false: offline = 0 } = sumBy((count) => String(count.online));
  const named = byVendor.reduce((sum, { stations }) => sum + stations, 0);
  return {
    ...{ stations: online + offline, online, offline },
    bySecurityProfile: sumBy(({ registeredProfile }) => registeredProfile),
    onlineBySecurityProfile: sumBy(({ securityProfile }) => securityProfile),
    byProtocol: sumBy(({ protocol }) => protocol),
    byVendor,
    ...{ otherVendors: online + offline - unknownVendor - named, unknownVendor },
    byOfflineReason: sumBy(({ offlineKind }) => offlineKind),
    undeliveredStations: counts.reduce((sum, { undelivered }) => sum + undelivered, 0),
    deadLetters: counts.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
  };
}
