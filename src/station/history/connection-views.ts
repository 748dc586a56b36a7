/**
 * The last connections of a station as the API shows them. Must not know its sockets, nor where past ones are kept.
 */
import type { StationContext } from "../object/context.ts";
import type { ConnectionView } from "../station-rpc.ts";
import type { ConnectionFacts, LoggedConnection } from "../storage/facts.ts";
import { PAST_CONNECTIONS_MAX, pastConnections } from "../storage/past-connections.ts";

/** Newest first, the live one among them. */
export function connectionViews({ eventLog, now }: StationContext, live: ConnectionFacts | null): ConnectionView[] {
  const past = pastConnections(eventLog.past).map(({ endedAt, code, reason, ...connection }) =>
    viewOf(connection, endedAt, { disconnectedAt: new Date(endedAt).toISOString(), code, reason }),
  );
  const { connection } = eventLog;
  const isLive = connection !== null && live?.id === connection.connectionId;
  const current = isLive ? [{ ...viewOf(connection, now(), OPEN), heartbeats: live.heartbeats ?? 0 }] : [];
  return [...current, ...past.reverse()].slice(0, PAST_CONNECTIONS_MAX);
}

const OPEN = { disconnectedAt: null, code: null, reason: null };

/** @param until ms since the epoch */
function viewOf(
  { connectionId, protocol, securityProfile, remoteAddress, certificate, since }: LoggedConnection,
  until: number,
  end: Pick<ConnectionView, "disconnectedAt" | "code" | "reason">,
): ConnectionView {
  const ms = until - Date.parse(since);
  return {
    ...{ connectionId, protocol, securityProfile, remoteAddress, certificate, connectedAt: since },
    disconnectedAt: end.disconnectedAt,
    // The clock may have been set back.
    durationSeconds: Math.max(0, Math.round(ms / 1000)),
    ...{ code: end.code, reason: end.reason },
  };
}
