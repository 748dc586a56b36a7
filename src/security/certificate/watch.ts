/**
 * The end of a station's certificate, seen from afar: when it is told of, and when the station is asked to have it renewed. Must not know
 * clocks, nor how a station is asked.
 */
import type { Protocol } from "../../ocpp/protocol.ts";

/** Of the certificate that the station connected by last; read by releases before and after: what is added is optional. */
export interface WatchedCertificate {
  fingerprint: string;
  /** ms since the epoch */
  notAfter: number;
  /** ms since the epoch: when it was used first. */
  since: number;
  /** Days left of which was told last; absent: of none yet. */
  told?: number;
  renewal?: Renewal;
}

export interface Renewal {
  /** How often the station was asked. */
  asks: number;
  /** ms since the epoch */
  againAt: number;
  /** By which it was asked last. */
  command?: string;
  /** What came of it; absent: nothing yet, or the station said that it will. */
  failed?: string;
}

/** ms */
const DAY_MS = 86_400_000;
/** Days before its end; each is told of once. */
export const TOLD_DAYS = [30, 14, 7, 1] as const;
/** Of the time before the end: over so much of it a fleet's requests are spread that was given its certificates on one day. */
const SPREAD = 0.25;
/** Of the time that is left, until the station is asked again. */
const AGAIN = 0.25;
const AGAIN_MIN_MS = 6 * 3_600_000;
const AGAIN_MAX_MS = 7 * DAY_MS;

/** ms since the epoch of the next thing to tell; `null`: all is told, or it has ended. */
export function toldNextAt({ notAfter, told }: WatchedCertificate, now: number): number | null {
  if (notAfter <= now) return null;
  const next = TOLD_DAYS.find((days) => (told === undefined || days < told) && notAfter - days * DAY_MS > now);
  const due = dueToTell({ notAfter, told }, now);
  return due !== null ? now : next === undefined ? null : notAfter - next * DAY_MS;
}

/** The fewest days of which is to be told; `null`: none. */
export function dueToTell(
  { notAfter, told }: { notAfter: number; told?: number | undefined },
  now: number,
): number | null {
  if (notAfter <= now) return null;
  const due = TOLD_DAYS.filter((days) => notAfter - days * DAY_MS <= now).at(-1);
  return due !== undefined && (told === undefined || due < told) ? due : null;
}

export const daysLeft = (notAfter: number, now: number): number => Math.floor((notAfter - now) / DAY_MS);

/** ms since the epoch; `null`: it has ended, and who would be asked cannot connect. @param beforeDays RENEW_BEFORE_DAYS */
export function renewalAt({ fingerprint, notAfter, since, renewal }: WatchedCertificate, beforeDays: number): number {
  if (renewal !== undefined) return renewal.againAt;
  const window = beforeDays * DAY_MS;
  // A fingerprint is as good as chance, and after a crash the same.
  const chance = Number.parseInt(fingerprint.slice(0, 8), 16) / 2 ** 32;
  // One that lives shorter than that would be renewed as soon as it is there.
  const half = since + (notAfter - since) / 2;
  return Math.max(notAfter - window, half) + chance * SPREAD * Math.min(window, notAfter - half);
}

/** The station was asked. */
export function asked({ notAfter, renewal }: WatchedCertificate, command: string | null, now: number): Renewal {
  const wait = Math.min(Math.max((notAfter - now) * AGAIN, AGAIN_MIN_MS), AGAIN_MAX_MS);
  return { asks: (renewal?.asks ?? 0) + 1, againAt: now + wait, ...(command !== null && { command }) };
}

/** [1.6 security whitepaper §5.4; OCPP 2.x F06, A02] */
export function renewalTrigger(protocol: Protocol): { action: string; payload: Record<string, unknown> } {
  return protocol === "ocpp1.6"
    ? { action: "ExtendedTriggerMessage", payload: { requestedMessage: "SignChargePointCertificate" } }
    : { action: "TriggerMessage", payload: { requestedMessage: "SignChargingStationCertificate" } };
}
