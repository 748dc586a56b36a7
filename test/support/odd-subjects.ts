/**
 * Station certificates with subjects that no honest station has, signed by the station CA all the same. Must not know
 * what they are refused for.
 */
// First, since it gives @peculiar/x509 what that asks for at load.
import {
  certificateToPem,
  EC_P256,
  generateKeyPair,
  keyToPem,
  signCertificate,
} from "../../src/local/pki/authority.ts";
import * as x509 from "@peculiar/x509";
import type { Kerbside } from "./kerbside.ts";

/** One object an RDN, in the order of the certificate; several values of one type in one RDN, or several RDNs. */
export type Subject = Record<string, string[]>[];

export async function certificateFor({ edge }: Kerbside, subject: Subject): Promise<{ cert: string; key: string }> {
  const pair = await generateKeyPair(EC_P256);
  const rdns = subject.map((rdn) =>
    Object.fromEntries(
      Object.entries(rdn).map(([type, values]) => [type, values.map((utf8String) => ({ utf8String }))]),
    ),
  );
  const request = {
    subject: new x509.Name(rdns),
    publicKey: pair.publicKey,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  };
  const certificate = await signCertificate(request, edge.pki.stationCa);
  return { cert: certificateToPem(certificate) + edge.pki.stationCaPem, key: await keyToPem(pair.privateKey) };
}
