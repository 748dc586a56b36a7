/**
 * A station as the API shows it: its registration, and live from its object what it is and does. Must not decide anything.
 */
import type { ConnectorStatus } from "../ocpp/station-status.ts";
import type { Conversation } from "./connection/conversation.ts";
import type { StationContext } from "./object/context.ts";
import { viewRegistration } from "./registration/registrar.ts";
import type { StationView } from "./station-rpc.ts";
import type { StoredRegistration } from "./storage/store.ts";

const iso = (at: number): string => new Date(at).toISOString();

export function stationView(
  context: StationContext,
  registration: StoredRegistration,
  conversation: Conversation | null,
  queuedCommands: number,
): StationView {
  const { eventLog, store, id } = context;
  const { boot, connectors } = eventLog.status;
  const spoken = conversation?.session.protocol ?? "ocpp1.6";
  const is2x = connectors.some(({ evseId }) => evseId !== undefined) || spoken !== "ocpp1.6";
  const [counted] = store.run<{ rows: number }>("SELECT count(*) AS rows FROM facts");
  return {
    ...viewRegistration(id, registration),
    online: conversation !== null,
    connection: conversation && connectionOf(conversation),
    boot,
    ...(is2x ? { evses: byEvse(connectors) } : { connectors }),
    queue: { commands: queuedCommands, events: eventLog.backlog, deadLetters: eventLog.deadLetters },
    storage: {
      bytes: store.bytes,
      rows: (counted?.rows ?? 0) + eventLog.rows,
      rowsWritten: store.rowsWritten,
      rowsRead: store.rowsRead,
    },
  };
}

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
