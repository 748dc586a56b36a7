/**
 * What waits to be delivered in the whole fleet, as stations in trouble said last. Must not know how it is shown.
 */

/** Stations in trouble that are looked at: beyond them the figures are those of so many. */
export const LOOKED_AT_MAX = 10_000;

const BACKLOG = `SELECT registered_profile AS profile, sum(backlog_events) AS events, min(backlog_since) AS since FROM (
    SELECT registered_profile, backlog_events, backlog_since FROM stations INDEXED BY stations_undelivered
    WHERE undelivered = 1 LIMIT ${LOOKED_AT_MAX})
  GROUP BY registered_profile`;

export interface ProfileBacklog {
  /** As registered. */
  profile: number;
  events: number | null;
  /** ms since the epoch of the oldest; `null`: it is not known. */
  since: number | null;
}

export const readBacklog = (directory: D1Database): D1PreparedStatement => directory.prepare(BACKLOG);

export interface FleetBacklog {
  events: number;
  /** ms since the epoch of the oldest; `null`: nothing waits of which that is known. */
  since: number | null;
}

export const backlogOf = (rows: readonly ProfileBacklog[]): FleetBacklog => ({
  events: rows.reduce((sum, { events }) => sum + (events ?? 0), 0),
  since: rows.reduce<number | null>((oldest, { since }) => {
    if (since === null) return oldest;
    return oldest === null ? since : Math.min(oldest, since);
  }, null),
});
