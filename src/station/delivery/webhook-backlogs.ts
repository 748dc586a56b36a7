/**
 * How far each webhook is with a station's events, for who looks for what is stuck. Must not know who asks.
 */
import { type WebhookBacklog, waitingFor } from "../../delivery/backlog.ts";
import { lostEvents } from "../../delivery/outbox.ts";
import type { EventLog } from "../storage/event-log.ts";

/** One row is read for each of which something waits. */
export function webhookBacklogs(log: EventLog): WebhookBacklog[] {
  return Object.entries(log.cursors).map(([key, cursor]) => {
    let oldestAt: number | null = null;
    log.read(cursor, ({ at }) => {
      oldestAt = at;
      return false;
    });
    const { failures, failure = null, retryAt } = cursor;
    return {
      // `cursorKey`: a name has no "@".
      webhook: key.slice(0, key.lastIndexOf("@")),
      ...{ events: waitingFor(cursor, log.head), oldestAt, failures, failure },
      ...{ retryAt: failures > 0 && retryAt > 0 ? retryAt : null, deadLetters: lostEvents(cursor) },
    };
  });
}
