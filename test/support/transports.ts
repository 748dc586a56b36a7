/**
 * The three ways a station reaches a local edge, and certificates for the one that asks for them. Must not know who
 * is let in.
 */
import { issueStationCertificate, type StationCertificateOptions } from "../../src/local/pki/station-certificate.ts";
import type { Kerbside } from "./kerbside.ts";
import type { StationOptions } from "./test-station.ts";

export type Transport = "http" | "tls" | "mtls";

export const portOf = ({ edge }: Kerbside, transport: Transport): number =>
  ({ http: edge.port, tls: edge.tlsPort, mtls: edge.mtlsPort })[transport];

/** `TestStation`'s options for one station over one transport. */
export function over(
  kerbside: Kerbside,
  transport: Transport,
  id: string,
  more: Partial<StationOptions> = {},
): StationOptions {
  const scheme = transport === "http" ? "ws" : "wss";
  return {
    url: `${scheme}://localhost:${portOf(kerbside, transport)}/ocpp/${encodeURIComponent(id)}`,
    user: id,
    ...more,
    socket: { ca: kerbside.edge.pki.rootPem, ...more.socket },
  };
}

/** What a TLS client shows: the certificate with its chain, and the key. */
export async function certificateOf(
  { edge }: Kerbside,
  stationId: string,
  options: Partial<StationCertificateOptions> = {},
): Promise<{ cert: string; key: string }> {
  const { cert, key } = await issueStationCertificate(edge.pki, { stationId, ...options });
  return { cert, key };
}
