/**
 * A station as the API shows it: its registration, and live from its object what it is and does. Must not decide anything.
 */
import { offlineReason } from "../fleet/offline-reason.ts";
import type { ConnectorStatus } from "../ocpp/station-status.ts";
import type { Conversation } from "./connection/conversation.ts";
import { hasCsms } from "./connection/csms.ts";
import type { CsmsLink } from "./link/csms-link.ts";
import { viewRegistration } from "./registration/registrar.ts";
import type { StationParts } from "./station-parts.ts";
import type { StationView } from "./station-rpc.ts";
import type { StoredRegistration } from "./storage/facts.ts";

const iso = (at: number): string => new Date(at).toISOString();

export function stationView(parts: StationParts, registration: StoredRegistration): StationView {
  const { commands, connections, context, link } = parts;
  const { eventLog, store, id, env, config } = context;
  const conversation = connections.current();
  const { csms, ...registered } = viewRegistration(id, registration);
  const { boot, connectors } = eventLog.status;
  const spoken = conversation?.session.protocol ?? "ocpp1.6";
  const is2x = connectors.some(({ evseId }) => evseId !== undefined) || spoken !== "ocpp1.6";
  const [counted] = store.run<{ rows: number }>("SELECT count(*) AS rows FROM facts");
  return {
    ...registered,
    online: conversation !== null,
    connection: conversation && connectionOf(conversation),
    ...(conversation === null && offlineOf(parts)),
    boot,
    csms: {
      kind: csms ?? (link.isLive ? "link" : hasCsms(env, config) ? "http" : "standalone"),
      ...linkOf(link.view),
      ...(csms !== undefined && { registered: csms }),
    },
    ...(is2x ? { evses: byEvse(connectors) } : { connectors }),
    queue: { commands: commands.queued.length, events: eventLog.backlog, deadLetters: eventLog.deadLetters },
    storage: {
      bytes: store.bytes,
      rows: (counted?.rows ?? 0) + eventLog.rows,
      rowsWritten: store.rowsWritten,
      rowsRead: store.rowsRead,
    },
  };
}

function offlineOf({ announcements, context }: StationParts): Pick<StationView, "offlineSince" | "offlineReason"> {
  const { disconnect } = announcements.transition()?.station ?? {};
  return {
    ...(disconnect != null && { offlineSince: iso(disconnect.at) }),
    offlineReason: offlineReason(disconnect, null, context.now()),
  };
}

const linkOf = ({ since, backlog }: CsmsLink["view"]) => ({ since: since === null ? null : iso(since), backlog });

function connectionOf({ connection, lastMessageAt }: Conversation): StationView["connection"] {
  const { protocol, securityProfile, since, remoteAddress, certificate } = connection;
  return {
    protocol,
    securityProfile,
    since: iso(since),
    lastMessageAt: iso(lastMessageAt),
    remoteAddress,
    certificate: certificate && { fingerprint: certificate.fingerprint, notAfter: iso(certificate.notAfter) },
  };
}

function byEvse(connectors: ConnectorStatus[]): NonNullable<StationView["evses"]> {
  const evses = new Map<number, Omit<ConnectorStatus, "evseId">[]>();
  for (const { evseId = 0, ...connector } of connectors) {
    evses.set(evseId, [...(evses.get(evseId) ?? []), connector]);
  }
  return Array.from(evses, ([evseId, list]) => ({ evseId, connectors: list }));
}
