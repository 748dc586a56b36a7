/**
 * What a deregistration excuses, and how narrowly: it tries what is undelivered once, and then it is gone with the
 * registration. Must not know how the ledgers were come by.
 */
import type { Deregistration, Ledgers, StationMessage } from "./ledger.ts";

/** How long the one attempt may go on in the background after the DELETE is answered. */
export const LAST_ATTEMPT_MS = 20_000;

/** The deregistration that ended the registration under which something came on a connection opened then; the first behind it. */
export function endOf(
  { deregistrations }: Ledgers,
  stationId: string,
  { connectedAt }: { connectedAt: number },
): Deregistration | undefined {
  return deregistrations
    .filter((each) => each.stationId === stationId && each.endedAt > connectedAt)
    .sort((a, b) => a.sentAt - b.sentAt)[0];
}

/**
 * An event that was undelivered when its station was deregistered may be missing at a webhook that failed the one attempt, or
 * was failing it already, or where a kill ended it. A webhook that took what it was given must have it.
 */
export function wasLostWithRegistration(
  ledgers: Ledgers,
  webhook: string,
  stationId: string,
  message: Pick<StationMessage, "connectedAt">,
): boolean {
  const end = endOf(ledgers, stationId, message);
  if (end === undefined) return false;
  const until = end.endedAt + LAST_ATTEMPT_MS;
  if (ledgers.interruptions.some((each) => each.from <= until && each.until >= end.sentAt)) return true;
  return ledgers.deliveries.some(
    (each) =>
      each.webhook === webhook &&
      each.stationId === stationId &&
      !each.acknowledged &&
      each.at <= until &&
      each.endedAt >= end.sentAt,
  );
}

/** Whether a deregistration of the station came between: what was asked before was forgotten with it. */
export const wasForgotten = (
  { deregistrations }: Ledgers,
  stationId: string,
  from: number,
  until = Infinity,
): boolean =>
  deregistrations.some((each) => each.stationId === stationId && each.endedAt > from && each.sentAt < until);
