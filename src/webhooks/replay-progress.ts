/**
 * How far the last replay of each webhook has come, in a row of the directory's. Must not know what is replayed.
 */
import { countStations } from "../fleet/fleet-sums.ts";
import { log, messageOf } from "../log.ts";
import { parseJson } from "../json.ts";
import type { ReplayView } from "./webhook-views.ts";
import { fields, nullable, number, text } from "../shape.ts";

interface Kept {
  /** Names the replay. */
  order: string;
  /** ms since the epoch, as all times here; `null`: what was not delivered. */
  since: number | null;
  startedAt: number;
  /** `null`: it is not over. */
  finishedAt: number | null;
  /** Stations that were asked to send, and how many are to be, as it looked when it began. */
  asked: number;
  toAsk: number;
}

const KEPT = fields({
  order: text,
  since: nullable(number),
  startedAt: number,
  finishedAt: nullable(number),
  asked: number,
  toAsk: number,
});

interface Directory {
  DIRECTORY: D1Database;
}

const keyOf = (webhook: string): string => `replay/${webhook}`;

/** Where it cannot be kept the replay goes on without it. */
export async function beginProgress(
  { DIRECTORY }: Directory,
  { webhook, order, since, now }: { webhook: string; order: string; since: number | null; now: number },
): Promise<void> {
  try {
    const counts = await countStations(DIRECTORY);
    // Of those in trouble the connected ones are asked twice.
    const toAsk = counts.reduce(
      (sum, { online, stations, undelivered }) =>
        sum + (since === null ? undelivered + (online ? stations : 0) : stations),
      0,
    );
    const kept: Kept = { order, since, startedAt: now, finishedAt: null, asked: 0, toAsk };
    await DIRECTORY.prepare(
      "INSERT INTO fleet_marks VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
      .bind(keyOf(webhook), JSON.stringify(kept))
      .run();
  } catch (error) {
    log("warn", "how far a replay has come is not kept", { webhook, reason: messageOf(error) });
  }
}

/** Of the replay that was begun last; nothing of another. */
export async function keepProgress(
  { DIRECTORY }: Directory,
  { webhook, order }: { webhook?: string; order?: string },
  { asked, isOver, now }: { asked: number; isOver: boolean; now: number },
): Promise<void> {
  if (webhook === undefined || order === undefined) return;
  try {
    await DIRECTORY.prepare(
      `UPDATE fleet_marks SET value = json_set(value, '$.asked', ?3, '$.finishedAt', ?4)
       WHERE name = ?1 AND value ->> 'order' = ?2 AND value ->> 'finishedAt' IS NULL`,
    )
      .bind(keyOf(webhook), order, asked, isOver ? now : null)
      .run();
  } catch (error) {
    log("warn", "how far a replay has come is not kept", { webhook, reason: messageOf(error) });
  }
}

/** `null`: it was never replayed. */
export async function readProgress({ DIRECTORY }: Directory, webhook: string): Promise<ReplayView | null> {
  const row = await DIRECTORY.prepare("SELECT value FROM fleet_marks WHERE name = ?1")
    .bind(keyOf(webhook))
    .first<{ value: string }>();
  const kept: unknown = row === null ? null : parseJson<unknown>(row.value);
  if (KEPT(kept) !== null) return null;
  const { since, startedAt, finishedAt, asked, toAsk } = kept as Kept;
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: time(finishedAt),
    since: time(since),
    stations: { asked, toAsk: Math.max(toAsk, asked) },
  };
}

/** With the webhook goes what is known of it. */
export const forgetProgress = ({ DIRECTORY }: Directory, webhook: string): Promise<unknown> =>
  DIRECTORY.prepare("DELETE FROM fleet_marks WHERE name = ?1")
    .bind(keyOf(webhook))
    .run()
    .catch((error: unknown) => log("warn", "a replay's progress was not forgotten", { reason: messageOf(error) }));
