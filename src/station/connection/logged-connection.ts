/**
 * A connection as its events have it. Must not know its socket.
 */
import type { ConnectionCertificate, ConnectionFacts, LoggedConnection } from "../storage/facts.ts";

export function loggedConnection(connection: ConnectionFacts): LoggedConnection {
  const { id, since, certificate, admissionRevision: _, heartbeats: __, ...facts } = connection;
  return {
    connectionId: id,
    ...facts,
    since: new Date(since).toISOString(),
    certificate: certificate && loggedCertificate(certificate),
  };
}

function loggedCertificate({ twin: _, notAfter, ...certificate }: ConnectionCertificate) {
  return { ...certificate, notAfter: new Date(notAfter).toISOString() };
}
