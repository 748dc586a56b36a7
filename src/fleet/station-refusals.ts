/**
 * How often a registered station was refused since it was connected last: three figures on its row of the directory. Must not know
 * who refused it, nor where that is shown.
 */
import type { TurnedAway } from "./door-report.ts";

/** ms; a time that is further ahead was told by a clock that was set back since, and orders nothing. */
const CLOCK_AHEAD_MS = 60_000;

/** @param now ms since the epoch @returns what `?2` is in the statements here, and in those with `REFUSALS_AFTER` */
export const horizonOf = (now: number): number => now + CLOCK_AHEAD_MS;

/**
 * Of one report, in which a station is but once. What is not later than the connection that the row knows of came late, and says
 * nothing of what was since.
 */
export const addRefusals = (directory: D1Database, refusals: readonly TurnedAway[], now: number): D1PreparedStatement =>
  directory
    .prepare(
      `UPDATE stations SET
         refused_count = refused_count + told.count,
         refused_since = max(iif(connected_at > ?2, 0, connected_at), min(coalesce(refused_since, told.first), told.first)),
         refused_reason = iif(told.last >= coalesce(refused_at, 0) OR refused_at > ?2, told.reason, refused_reason),
         refused_at = iif(told.last >= coalesce(refused_at, 0) OR refused_at > ?2, told.last, refused_at)
       FROM (SELECT value ->> 'stationId' AS id, value ->> 'firstAt' AS first, value ->> 'lastAt' AS last,
               value ->> 'count' AS count, value ->> 'reason' AS reason FROM json_each(?1)) AS told
       WHERE station_id = told.id AND (told.last > connected_at OR connected_at > ?2)`,
    )
    .bind(JSON.stringify(refusals), horizonOf(now));

const TOLD = "told.value ->> '$.station.connectedAt'";
/** Another connection than the row knows of. */
export const IS_NEW = `coalesce(${TOLD}, connected_at) <> connected_at`;
const IS_OVER = `${IS_NEW} AND (refused_at <= ${TOLD} OR refused_at > ?2)`;

/** Of a transition `told`: a connection ends what was refused before it, and of what was refused since it is the beginning. */
export const REFUSALS_AFTER = `connected_at = coalesce(${TOLD}, connected_at),
  refused_count = iif(${IS_OVER}, 0, refused_count), refused_reason = iif(${IS_OVER}, NULL, refused_reason),
  refused_since = CASE WHEN ${IS_OVER} THEN NULL WHEN ${IS_NEW} THEN max(refused_since, ${TOLD}) ELSE refused_since END,
  refused_at = iif(${IS_OVER}, NULL, refused_at)`;
