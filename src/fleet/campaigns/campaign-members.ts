/**
 * The stations of a campaign in the database, each with what became of its command. Must not know how a station is asked, nor when.
 */
import { cut, furthestOfEach, type MemberState, type Outcome, rankOf, rankSql } from "./campaign-outcome.ts";
import { type Sums, sumsOf } from "./campaign-rows.ts";

/** ms behind a command's own time at which its station is asked what became of it. */
export const CHECK_AFTER_MS = 10_000;

/** @param reason of those that are no station of the campaign's key: they are sent nothing */
export const insertMembers = (
  directory: D1Database,
  campaignId: string,
  stationIds: readonly string[],
  now: number,
  reason: string | null = null,
): Promise<unknown> =>
  directory
    .prepare(
      `INSERT INTO campaign_members (campaign_id, station_id, state, changed_at, reason)
       SELECT ?1, value, ?3, ?4, ?5 FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(campaignId, JSON.stringify(stationIds), reason === null ? "pending" : "refused", now, reason)
    .run();

/** Takes the next ones: from then on each may have been sent its command. */
export async function claimMembers(
  directory: D1Database,
  campaignId: string,
  limit: number,
  now: number,
): Promise<string[]> {
  const { results } = await directory
    .prepare(
      `UPDATE campaign_members SET state = 'sending', changed_at = ?3, check_at = ?3 WHERE campaign_id = ?1 AND station_id IN (
         SELECT station_id FROM campaign_members WHERE campaign_id = ?1 AND state = 'pending' ORDER BY station_id LIMIT ?2)
       RETURNING station_id AS id`,
    )
    .bind(campaignId, limit, now)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

export interface DueMember {
  stationId: string;
  state: MemberState;
  changedAt: number;
  attempts: number;
  commandId: string | null;
}

const DUE = `station_id AS stationId, state, changed_at AS changedAt, attempts, command_id AS commandId`;

/** Of whom it should have been heard by now. */
export async function dueMembers(
  directory: D1Database,
  campaignId: string,
  limit: number,
  now: number,
): Promise<DueMember[]> {
  const { results } = await directory
    .prepare(
      `SELECT ${DUE} FROM campaign_members INDEXED BY campaign_members_due
       WHERE campaign_id = ?1 AND check_at <= ?2 ORDER BY check_at LIMIT ?3`,
    )
    .bind(campaignId, now, limit)
    .all<DueMember>();
  return results;
}

/** Of whom it is heard next, at the latest; `null`: of nobody. */
export async function nextCheck(directory: D1Database, campaignId: string): Promise<number | null> {
  const row = await directory
    .prepare("SELECT min(check_at) AS at FROM campaign_members WHERE campaign_id = ?1 AND check_at IS NOT NULL")
    .bind(campaignId)
    .first<{ at: number | null }>();
  return row?.at ?? null;
}

/** A process ended, and with it what was on its way. */
export const checkSoon = (
  directory: D1Database,
  campaignId: string,
  states: readonly MemberState[],
  now: number,
): Promise<unknown> =>
  directory
    .prepare(
      `UPDATE campaign_members SET check_at = ?3 WHERE campaign_id = ?1 AND check_at > ?3
         AND state IN (SELECT value FROM json_each(?2))`,
    )
    .bind(campaignId, JSON.stringify(states), now)
    .run();

export interface Noted extends Outcome {
  /** ms since the epoch at which it is asked, if nothing is heard before; `null`: it has ended. */
  checkAt: number | null;
}

/** Each once, and never back: what is known already says no more than it did. */
export async function noteOutcomes(
  directory: D1Database,
  campaignId: string,
  outcomes: readonly Noted[],
): Promise<void> {
  if (outcomes.length === 0) return;
  const told = furthestOfEach(outcomes).map((each) => ({ ...each, rank: rankOf(each.state) }));
  await directory
    .prepare(
      `UPDATE campaign_members SET state = told.value ->> 'state', changed_at = told.value ->> 'at',
         check_at = told.value ->> 'checkAt', command_id = coalesce(told.value ->> 'commandId', command_id),
         answer = told.value ->> 'answer', reason = told.value ->> 'reason'
       FROM json_each(?2) AS told WHERE campaign_id = ?1 AND station_id = told.value ->> 'stationId'
         AND (told.value ->> 'rank') > ${rankSql("campaign_members.state")}`,
    )
    .bind(campaignId, JSON.stringify(told))
    .run();
}

/** To be asked again later; each time counts. */
export async function postponeMembers(
  directory: D1Database,
  campaignId: string,
  members: readonly { stationId: string; state: MemberState; checkAt: number }[],
): Promise<void> {
  if (members.length === 0) return;
  await directory
    .prepare(
      `UPDATE campaign_members SET check_at = told.value ->> 'checkAt', attempts = attempts + 1
       FROM json_each(?2) AS told WHERE campaign_id = ?1 AND station_id = told.value ->> 'stationId'
         AND state = told.value ->> 'state'`,
    )
    .bind(campaignId, JSON.stringify(members))
    .run();
}

/** Ends what nobody was sent; @returns whether that was all */
export async function cancelPending(
  directory: D1Database,
  campaignId: string,
  limit: number,
  now: number,
): Promise<boolean> {
  const { meta } = await directory
    .prepare(
      `UPDATE campaign_members SET state = 'cancelled', changed_at = ?3, check_at = NULL WHERE campaign_id = ?1 AND station_id IN (
         SELECT station_id FROM campaign_members WHERE campaign_id = ?1 AND state = 'pending' ORDER BY station_id LIMIT ?2)`,
    )
    .bind(campaignId, limit, now)
    .run();
  return meta.changes === 0;
}

/** Whose command waits at its station. */
export async function queuedMembers(directory: D1Database, campaignId: string, limit: number): Promise<DueMember[]> {
  const { results } = await directory
    .prepare(
      `SELECT ${DUE} FROM campaign_members INDEXED BY campaign_members_by_state
       WHERE campaign_id = ?1 AND state = 'queued' ORDER BY station_id LIMIT ?2`,
    )
    .bind(campaignId, limit)
    .all<DueMember>();
  return results;
}

export async function readSums(directory: D1Database, campaignId: string): Promise<Sums> {
  const row = await directory
    .prepare("SELECT json_group_object(state, stations) AS sums FROM campaign_sums WHERE campaign_id = ?1")
    .bind(campaignId)
    .first<{ sums: string | null }>();
  return sumsOf(row?.sums ?? null);
}

export interface MemberView {
  stationId: string;
  state: MemberState;
  changedAt: string;
  commandId?: string;
  answer?: string;
  reason?: string;
}

type MemberRow = DueMember & { answer: string | null; reason: string | null };

/** In the order of ids. */
export async function listMembers(
  directory: D1Database,
  campaignId: string,
  { state, after, limit }: { state: MemberState | null; after: string; limit: number },
): Promise<{ stations: MemberView[]; cursor: string | null }> {
  const where = state === null ? "?4 IS NULL" : "state = ?4";
  const { results } = await directory
    .prepare(
      `SELECT ${DUE}, answer, reason FROM campaign_members${state === null ? "" : " INDEXED BY campaign_members_by_state"}
       WHERE campaign_id = ?1 AND ${where} AND station_id > ?2 ORDER BY station_id LIMIT ?3`,
    )
    .bind(campaignId, after, limit + 1, state)
    .all<MemberRow>();
  const rows = results.slice(0, limit);
  const cursor = results.length > limit ? (rows.at(-1)?.stationId ?? null) : null;
  return { stations: rows.map(memberView), cursor };
}

const memberView = ({ stationId, state, changedAt, commandId, answer, reason }: MemberRow): MemberView => ({
  ...{ stationId, state, changedAt: new Date(changedAt).toISOString() },
  ...(commandId !== null && { commandId }),
  ...(answer !== null && { answer }),
  ...(reason !== null && { reason: cut(reason) }),
});
