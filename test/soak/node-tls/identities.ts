/**
 * The keys and certificates of both ends, from the development PKI, in a folder of the run. Must not know TLS.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPki } from "../../../src/local/pki/pki.ts";
import { issueStationCertificate } from "../../../src/local/pki/station-certificate.ts";
import type { Issuers } from "./arguments.ts";

export interface Identities {
  /** Paths to PEM files. */
  server: { key: string; cert: string; ca: string };
  rootPem: string;
  clientKey: string;
  /** PEM, by how many CA certificates follow the station's own. */
  clientCert: Record<Issuers, string>;
}

export async function createIdentities(dir: string): Promise<Identities> {
  mkdirSync(dir, { recursive: true });
  const pki = await openPki(join(dir, "pki"));
  const station = await issueStationCertificate(pki, { stationId: "SOAK1" });
  const leaf = station.cert.slice(0, station.cert.length - pki.stationCaPem.length);
  const write = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text, { mode: 0o600 });
    return join(dir, name);
  };
  const server = write("server.pem", pki.server.ecdsa);
  // Both CAs, so that the server accepts a station that sends its own certificate alone.
  const ca = write("ca.pem", pki.rootPem + pki.stationCaPem);
  return {
    server: { key: server, cert: server, ca },
    rootPem: pki.rootPem,
    clientKey: station.key,
    clientCert: { 0: leaf, 1: station.cert, 2: station.cert + pki.rootPem },
  };
}
