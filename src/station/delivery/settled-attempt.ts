/**
 * What an attempt to deliver changes in where a webhook stands with a log, told where events are lost by it. Must not know when
 * attempts are made.
 */
import { settled } from "../../delivery/attempt-outcome.ts";
import * as outbox from "../../delivery/outbox.ts";
import { log as writeLog } from "../../log.ts";
import type { StationContext } from "../object/context.ts";
import type { Attempted } from "./send-attempt.ts";
import type { EventLog } from "../storage/event-log.ts";

export function settle(
  context: StationContext,
  log: EventLog,
  webhook: outbox.Webhook,
  { attempt: made, outcome, tookMs, failure }: Attempted,
): void {
  const { id, config, now } = context;
  if (tookMs !== null) context.counts.delivery(webhook.name, outcome.kind, tookMs);
  // Not the one that the attempt began with: events may have been given up meanwhile.
  const cursor = log.cursorOf(webhook);
  if (cursor === undefined) return;
  const next = settled(cursor, made, outcome, {
    now: now(),
    baseMs: config.WEBHOOK_RETRY_BASE_MS,
    random: Math.random(),
    hasMore: made.upTo < log.head,
    proof: outcome.kind === "refused" ? log.acknowledgedBefore(cursor, webhook) : null,
  });
  const lost = outbox.lostEvents(next) - outbox.lostEvents(cursor);
  if (lost > 0) {
    const facts = {
      stationId: id,
      webhook: webhook.name,
      from: cursor.acknowledged + 1,
      to: next.deadTo,
      events: lost,
    };
    writeLog("warn", "events were given up", { ...facts, deadLetters: outbox.lostEvents(next) });
  }
  const { failure: _, ...rest } = next;
  // One that passes by a smaller batch, or a proof, has not failed.
  log.advance(webhook, rest.failures > 0 && failure !== undefined ? { ...rest, failure } : rest);
}
