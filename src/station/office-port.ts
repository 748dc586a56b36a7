/**
 * What a station's certificates ask of its other parts. Must not know certificates.
 */
import type { Protocol } from "../ocpp/protocol.ts";
import type { OfficePort } from "./certificate/certificate-office.ts";
import type { SecurityReports } from "./connection/security-reports.ts";
import type { Commands } from "./command/commands.ts";
import type { Connections } from "./connection/connections.ts";
import type { Agenda } from "./object/agenda.ts";

interface Parts {
  agenda: Agenda;
  commands: Commands;
  connections: Connections;
}

export function officePort(
  { agenda, commands, connections }: Parts,
  object: Pick<DurableObjectState, "waitUntil">,
  security: SecurityReports,
  protocol: () => Protocol,
): OfficePort {
  return {
    ...{ commands, security, protocol, background: (work) => object.waitUntil(work) },
    live: () => {
      const conversation = connections.current();
      if (conversation === null || conversation.socket.readyState !== WebSocket.OPEN) return null;
      const { connection, session } = conversation;
      return { connectionId: connection.id, protocol: session.protocol, securityProfile: connection.securityProfile };
    },
    changed: () => {
      agenda.changed();
      agenda.meanwhile();
    },
  };
}
