/**
 * What one station between its two sockets is given by who carries many. Must not know how any of it is come by.
 */
import type { WebSocket } from "ws";
import type { BridgeCounts } from "./bridge-counts.ts";
import type { Mirror } from "./mirror.ts";

/** How a socket of one side is opened. */
export interface Door {
  url: string;
  protocols: string[];
  options: WebSocket.ClientOptions;
}

export interface StationBridgeOptions {
  stationId: string;
  link: () => Door;
  csms: (protocol: string, standing: Standing) => Door;
  /** Waits for its turn to open a socket; `false`: called off. */
  turn: () => Promise<boolean>;
  counts: BridgeCounts;
  log: (level: "info" | "warn", message: string, facts: Record<string, unknown>) => void;
  random: () => number;
  mirror: Mirror | null;
}

/** Its last boot, as it was answered. */
export interface StandingBoot {
  /** Its time, by which it is told from another. */
  at?: string;
  status: string;
  /** s; of its Heartbeats, once it is accepted. */
  intervalSeconds?: number;
}

/** The station, as its link is told. */
export interface Standing {
  online: boolean;
  protocol: string | null;
  securityProfile: number | null;
  boot: StandingBoot | null;
  /** Absent: it is not known. */
  remoteAddress?: string;
}
