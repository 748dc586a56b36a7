/**
 * The three listeners of a local edge: plain, TLS, and TLS that asks for a client certificate. Must not know workerd, nor what is
 * kept in the folder.
 */
import type { ServerCertificates } from "../pki/server-certificate.ts";
import type { Revocations } from "./certificate/client-certificate.ts";
import { type Front, type FrontOptions, startFront } from "./front.ts";
import { PendingConnections } from "./pending-connections.ts";

/** Ports of the three listeners; 0, the default, takes any free one. */
export interface FrontPorts {
  port?: number;
  tlsPort?: number;
  mtlsPort?: number;
}

/** What they show, and what they let in. */
export interface FrontPki {
  rootPem: string;
  stationCaPem: string;
  server: ServerCertificates;
  revocations: Revocations;
}

export interface Fronts {
  ports: readonly [http: number, tls: number, mtls: number];
  /** Ends all connections; new ones are taken. */
  drop(): void;
  close(): void;
}

/** Of the descriptors of this process, those that connections may have before they are a station's. */
const PENDING_SHARE = 0.25;

/** @param descriptors files that this process may open */
export async function startFronts(
  options: FrontPorts,
  descriptors: number,
  pki: FrontPki,
  shared: Pick<FrontOptions, "secret" | "upstreams" | "barred" | "repaired">,
): Promise<Fronts> {
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
  const close = () => {
    for (const front of started) front.close();
  };
  try {
    const http = await start(options.port, {});
    const tls = await start(options.tlsPort, { serverCertificates });
    const mtls = await start(options.mtlsPort, { serverCertificates, clientCertificates });
    return {
      ports: [http.port, tls.port, mtls.port],
      drop: () => {
        for (const front of started) front.drop();
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
