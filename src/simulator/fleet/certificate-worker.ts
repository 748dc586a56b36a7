/**
 * A thread that issues client certificates from a development PKI, one after the other: the ASN.1 alone takes milliseconds,
 * which the stations' round trips must not wait for. Must not know who asks.
 */
import { parentPort, workerData } from "node:worker_threads";
import { openPki } from "../../local/pki/pki.ts";
import { issueStationCertificate } from "../../local/pki/station-certificate.ts";
import { createStationKey } from "../../local/pki/station-key.ts";

export interface CertificateOrder {
  number: number;
  dir: string;
  stationId: string;
}

export interface IssuedCertificate {
  number: number;
  /** PEM. */
  cert: string;
  key: string;
  /** What it took. */
  ms: number;
  error?: string;
}

const { sharedKey } = workerData as { sharedKey: boolean };
const key = sharedKey ? await createStationKey() : undefined;
const pkis = new Map<string, ReturnType<typeof openPki>>();

function pkiIn(dir: string): ReturnType<typeof openPki> {
  const known = pkis.get(dir) ?? openPki(dir);
  pkis.set(dir, known);
  return known;
}

async function issue({ number, dir, stationId }: CertificateOrder): Promise<IssuedCertificate> {
  const from = performance.now();
  try {
    const options = { stationId, ...(key !== undefined && { sharedKey: key }) };
    const { cert, key: keyPem } = await issueStationCertificate(await pkiIn(dir), options);
    return { number, cert, key: keyPem, ms: performance.now() - from };
  } catch (error) {
    return { number, cert: "", key: "", ms: 0, error: (error as Error).message };
  }
}

let turn: Promise<unknown> = Promise.resolve();
parentPort?.on("message", (order: CertificateOrder) => {
  turn = turn.then(async () => parentPort?.postMessage(await issue(order)));
});
