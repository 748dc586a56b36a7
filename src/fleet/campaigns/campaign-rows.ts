/**
 * Campaigns as the database has them: what each asks of whom, and a copy of how it stands. Must not know how a campaign runs, nor its
 * members.
 */
import { parseJson } from "../../json.ts";
import type { Reach } from "../../security/fleet-part.ts";
import { type AuditPlace, auditCursor } from "../audit-place.ts";
import { MEMBER_STATES, type MemberState } from "./campaign-outcome.ts";

/** `draft`: it is being made, and nobody knows of it. After `cancelled` and `complete` late answers may still come. */
export type CampaignState = "draft" | "scheduled" | "running" | "paused" | "cancelling" | "cancelled" | "complete";

export interface CampaignRequest {
  name: string;
  action: string;
  payload: Record<string, unknown>;
  ratePerSecond: number;
  expiresInSeconds: number;
  /** ms since the epoch; `null`: at once. */
  startAt: number | null;
}

export type Sums = Record<MemberState, number>;

export interface CampaignView extends Omit<CampaignRequest, "startAt" | "payload"> {
  campaignId: string;
  state: CampaignState;
  actor: string;
  stations: number;
  createdAt: string;
  startAt?: string;
  startedAt?: string;
  endedAt?: string;
  progress: Sums;
}

interface Row {
  id: string;
  created_at: number;
  name: string;
  actor: string;
  reach: string;
  action: string;
  payload: string;
  rate_per_second: number;
  expires_in_seconds: number;
  start_at: number | null;
  state: CampaignState;
  stations: number;
  started_at: number | null;
  ended_at: number | null;
  sums: string | null;
}

/** The same text for all keys that are bound in the same way. */
export const reachText = (reach: Reach): string => {
  if (reach === "all" || "prefix" in reach) return JSON.stringify(reach);
  return JSON.stringify({
    label: Object.fromEntries(Object.entries(reach.label).sort(([a], [b]) => (a < b ? -1 : 1))),
  });
};

const SUMS = `(SELECT json_group_object(state, stations) FROM campaign_sums WHERE campaign_id = campaigns.id) AS sums`;
const LISTED = `id, created_at, name, actor, action, rate_per_second, expires_in_seconds, start_at, state, stations, started_at, ended_at`;

export function sumsOf(text: string | null): Sums {
  const known = text === null ? {} : parseJson<Partial<Sums>>(text);
  return Object.fromEntries(MEMBER_STATES.map((state) => [state, known[state] ?? 0])) as Sums;
}

const iso = (at: number): string => new Date(at).toISOString();

function viewOf(row: Row): CampaignView {
  return {
    campaignId: row.id,
    ...{ name: row.name, action: row.action, state: row.state, actor: row.actor, stations: row.stations },
    ...{ ratePerSecond: row.rate_per_second, expiresInSeconds: row.expires_in_seconds },
    createdAt: iso(row.created_at),
    ...(row.start_at !== null && { startAt: iso(row.start_at) }),
    ...(row.started_at !== null && { startedAt: iso(row.started_at) }),
    ...(row.ended_at !== null && { endedAt: iso(row.ended_at) }),
    progress: sumsOf(row.sums),
  };
}

export interface NewCampaign extends CampaignRequest {
  id: string;
  actor: string;
  reach: Reach;
  /** Of the request: the same key and body make one campaign. */
  request: { key: string | null; digest: string };
}

/** The campaign that this request made, or made before. */
export async function insertDraft(
  directory: D1Database,
  campaign: NewCampaign,
  now: number,
): Promise<{ id: string; state: CampaignState; digest: string }> {
  const { id, name, actor, reach, request, action, payload, ratePerSecond, expiresInSeconds, startAt } = campaign;
  const [, known] = await directory.batch<{ id: string; state: CampaignState; digest: string }>([
    directory
      .prepare(
        `INSERT INTO campaigns (id, created_at, name, actor, reach, request_key, request_digest, action, payload, rate_per_second,
           expires_in_seconds, start_at, state, stations) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'draft', 0)
         ON CONFLICT DO NOTHING`,
      )
      .bind(
        ...[id, now, name, actor, reachText(reach), request.key, request.digest, action, JSON.stringify(payload)],
        ...[ratePerSecond, expiresInSeconds, startAt],
      ),
    directory
      .prepare("SELECT id, state, request_digest AS digest FROM campaigns WHERE id = ?1 OR request_key = ?2")
      .bind(id, request.key),
  ]);
  const [row] = known?.results ?? [];
  if (row === undefined) throw new Error("a campaign was not written");
  return row;
}

/** All its members are there. */
export const countMembers = (directory: D1Database, id: string): Promise<unknown> =>
  directory
    .prepare(
      `UPDATE campaigns SET stations = (SELECT coalesce(sum(stations), 0) FROM campaign_sums WHERE campaign_id = ?1) WHERE id = ?1`,
    )
    .bind(id)
    .run();

/** What its object needs of it; `null`: there is none. */
export async function readPlan(
  directory: D1Database,
  id: string,
): Promise<(CampaignRequest & { actor: string; reach: Reach; state: CampaignState }) | null> {
  const row = await directory.prepare("SELECT * FROM campaigns WHERE id = ?1").bind(id).first<Row>();
  if (row === null) return null;
  return {
    ...{ name: row.name, action: row.action, payload: parseJson<Record<string, unknown>>(row.payload) },
    ...{ ratePerSecond: row.rate_per_second, expiresInSeconds: row.expires_in_seconds, startAt: row.start_at },
    ...{ actor: row.actor, reach: parseJson<Reach>(row.reach), state: row.state },
  };
}

export interface Standing {
  state: CampaignState;
  startedAt: number | null;
  endedAt: number | null;
}

export const writeStanding = (directory: D1Database, id: string, standing: Standing): Promise<unknown> =>
  directory
    .prepare("UPDATE campaigns SET state = ?2, started_at = ?3, ended_at = ?4 WHERE id = ?1")
    .bind(id, standing.state, standing.startedAt, standing.endedAt)
    .run();

/** Of a key that reaches the same, or all; `null`: there is none for it. */
export async function readCampaign(directory: D1Database, id: string, reach: Reach): Promise<CampaignView | null> {
  const row = await directory
    .prepare(
      `SELECT ${LISTED}, ${SUMS} FROM campaigns WHERE id = ?1 AND (?2 = '"all"' OR reach = ?2) AND state <> 'draft'`,
    )
    .bind(id, reachText(reach))
    .first<Row>();
  return row === null ? null : viewOf(row);
}

/** Newest first. */
export async function listCampaigns(
  directory: D1Database,
  reach: Reach,
  { limit, before }: { limit: number; before: AuditPlace | null },
): Promise<{ campaigns: CampaignView[]; cursor: string | null }> {
  const isBound = reach !== "all";
  const { results } = await directory
    .prepare(
      `SELECT ${LISTED}, ${SUMS} FROM campaigns INDEXED BY ${isBound ? "campaigns_by_reach" : "campaigns_newest"}
       WHERE ${isBound ? "reach = ?4 AND" : "?4 IS NOT NULL AND"} (created_at, id) < (?1, ?2) AND state <> 'draft'
       ORDER BY created_at DESC, id DESC LIMIT ?3`,
    )
    .bind(before?.at ?? Number.MAX_SAFE_INTEGER, before?.id ?? "", limit + 1, reachText(reach))
    .all<Row>();
  const rows = results.slice(0, limit);
  const last = results.length > limit ? rows.at(-1) : undefined;
  const cursor = last === undefined ? null : auditCursor({ at: last.created_at, id: last.id });
  return { campaigns: rows.map(viewOf), cursor };
}

/** ms that an ended campaign is kept. */
const KEEP_MS = 90 * 86_400_000;
/** Ended campaigns that are kept. */
const KEEP_MAX = 1_000;
/** ms after which one that was never made whole is given up. */
const DRAFT_MAX_MS = 3_600_000;
/** Members that one statement takes away. */
const PRUNE_MEMBERS = 5_000;

/** A part of the oldest campaign that is not to be kept, once in a while; its id where that was the last of it. */
export async function pruneCampaigns(directory: D1Database, now: number): Promise<string | null> {
  const ended = "state IN ('cancelled', 'complete')";
  const row = await directory
    .prepare(
      `SELECT id FROM campaigns WHERE (${ended} AND (created_at < ?1 OR id IN (
           SELECT id FROM campaigns WHERE ${ended} ORDER BY created_at DESC, id DESC LIMIT -1 OFFSET ${KEEP_MAX})))
         OR (state = 'draft' AND created_at < ?2) ORDER BY created_at LIMIT 1`,
    )
    .bind(now - KEEP_MS, now - DRAFT_MAX_MS)
    .first<{ id: string }>();
  if (row === null) return null;
  const { meta } = await directory
    .prepare(
      `DELETE FROM campaign_members WHERE campaign_id = ?1 AND station_id IN (
         SELECT station_id FROM campaign_members WHERE campaign_id = ?1 LIMIT ${PRUNE_MEMBERS})`,
    )
    .bind(row.id)
    .run();
  if (meta.changes > 0) return null;
  await directory.batch([
    directory.prepare("DELETE FROM campaign_sums WHERE campaign_id = ?1").bind(row.id),
    directory.prepare("DELETE FROM campaigns WHERE id = ?1").bind(row.id),
  ]);
  return row.id;
}
