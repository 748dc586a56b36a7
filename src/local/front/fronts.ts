/**
 * The three listeners of a local edge: plain, TLS, and TLS that asks for a client certificate. Must not know workerd, nor what is
 * kept in the folder.
 */
import type { Pki } from "../pki/pki.ts";
import { type Front, type FrontOptions, startFront } from "./front.ts";
import { PendingConnections } from "./pending-connections.ts";

/** Ports of the three listeners; 0, the default, takes any free one. */
export interface FrontPorts {
  port?: number;
  tlsPort?: number;
  mtlsPort?: number;
}

/** Of the descriptors of this process, those that connections may have before they are a station's. */
const PENDING_SHARE = 0.25;

/** @param descriptors files that this process may open */
export async function startFronts(
  options: FrontPorts,
  descriptors: number,
  pki: Pki,
  shared: Pick<FrontOptions, "secret" | "upstreams" | "barred" | "repaired">,
) {
  const started: Front[] = [];
  const pending = new PendingConnections(Math.floor(descriptors * PENDING_SHARE));
  const ownOrigins = new Set<string>();
  const start = async (port: number | undefined, tls: object) => {
    const front = await startFront({ port: port ?? 0, pending, ownOrigins, ...shared, ...tls });
    started.push(front);
    return front;
  };
  const serverCertificates = [pki.server.ecdsa, pki.server.rsa];
  const { rootPem, stationCaPem, revocations } = pki;
  const clientCertificates = { rootPem, intermediates: [stationCaPem], revocations };
  try {
    return [
      await start(options.port, {}),
      await start(options.tlsPort, { serverCertificates }),
      await start(options.mtlsPort, { serverCertificates, clientCertificates }),
    ] as const;
  } catch (error) {
    for (const front of started) front.close();
    throw error;
  }
}
