/**
 * A live fleet as lines of text. Must not know terminals, nor how the stations came to be.
 */
import type { EvseStatus } from "../station/station-messages.ts";

export interface StationLook {
  stationId: string;
  protocol: string;
  profile: string;
  isIn: boolean;
  status: EvseStatus;
  powerW: number;
  /** Of the session; `null`: there is none. */
  energyWh: number | null;
  socPercent: number | null;
}

export interface FleetLook {
  stations: readonly StationLook[];
  calls: number;
  failed: number;
  sessions: number;
  p50Ms: number | null;
}

const BAR_CELLS = 10;

export function demoLines({ stations, calls, failed, sessions, p50Ms }: FleetLook): string[] {
  const online = stations.filter(({ isIn }) => isIn).length;
  const powerKw = stations.reduce((sum, { powerW }) => sum + powerW, 0) / 1_000;
  const roundTrip = p50Ms === null ? "" : `, half of them within ${p50Ms.toFixed(1)} ms`;
  return [
    `${online} of ${stations.length} in, ${powerKw.toFixed(1)} kW; ${sessions} sessions ended; ` +
      `${calls} CALLs answered${roundTrip}, ${failed} failed`,
    "",
    "station    protocol   profile  status           power    energy  battery",
    ...stations.map(stationLine),
  ];
}

function stationLine({
  stationId,
  protocol,
  profile,
  isIn,
  status,
  powerW,
  energyWh,
  socPercent,
}: StationLook): string {
  return [
    stationId.padEnd(10),
    protocol.padEnd(10),
    profile.padEnd(8),
    (isIn ? status : "offline").padEnd(12),
    (powerW > 0 ? `${(powerW / 1_000).toFixed(1)} kW` : "").padStart(9),
    (energyWh === null ? "" : `${(energyWh / 1_000).toFixed(3)} kWh`).padStart(10),
    socPercent === null ? "" : `${bar(socPercent / 100)} ${socPercent} %`,
  ]
    .join(" ")
    .trimEnd();
}

function bar(share: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * BAR_CELLS);
  return "█".repeat(full) + "░".repeat(BAR_CELLS - full);
}
