/**
 * Which answers of a receiver its sender has read, by the sender's own log: a receiver cannot tell, since one that was given up on while its
 * answer was on the way may have its connection kept. Must not know how the log is come by.
 */
import type { Delivery } from "./ledger.ts";

/** An answer that told to wait, as the log has it. */
export interface ReadAnswer {
  /** ms since the epoch, by the right clock: when the line came. */
  at: number;
  stationId: string;
  webhook: string;
  /** The last event of what was refused. */
  to: number;
}

/** `null`: the line is about something else. */
export function readAnswerOf(line: string, at: number): ReadAnswer | null {
  if (!line.includes('"reason":"status 429"')) return null;
  const { stationId, webhook, to } = JSON.parse(line) as ReadAnswer;
  return { at, stationId, webhook, to };
}

/** A line is about the newest delivery before it that none is about yet: it may come behind the next attempt. */
export function markUnread(deliveries: readonly Delivery[], answers: readonly ReadAnswer[]): void {
  const told = deliveries.filter(({ retryAfterMs }) => retryAfterMs !== undefined);
  const keyOf = (webhook: string, stationId: string, to: number | undefined) => `${webhook} ${stationId} ${to}`;
  const attempts = Map.groupBy(told, ({ webhook, stationId, events }) =>
    keyOf(webhook, stationId, events.at(-1)?.sequence),
  );
  for (const each of told) each.isUnread = true;
  for (const { at, webhook, stationId, to } of answers) {
    const read = attempts.get(keyOf(webhook, stationId, to))?.findLast((each) => each.isUnread && each.endedAt <= at);
    if (read !== undefined) delete read.isUnread;
  }
}
