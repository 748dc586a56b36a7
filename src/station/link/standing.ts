/**
 * How a station stands, as its CSMS's own socket is told. Must not know when that is.
 */
import type { Boot } from "../../ocpp/station-status.ts";
import type { ConnectionFacts } from "../storage/facts.ts";

export function standingOf(connection: ConnectionFacts | null, boot: Boot | null): string {
  const station = {
    online: connection !== null,
    protocol: connection?.protocol ?? null,
    securityProfile: connection?.securityProfile ?? null,
    since: connection === null ? null : new Date(connection.since).toISOString(),
    boot,
    remoteAddress: connection?.remoteAddress ?? undefined,
  };
  return JSON.stringify({ station });
}
