/**
 * What the edge tells of a certificate that a station showed, made from the certificate itself. Must not know what is made of it.
 */
import { X509Certificate } from "node:crypto";
import { tlsClientAuthOf } from "../../src/local/front/certificate/client-certificate.ts";
import type { Pki } from "../../src/local/pki/pki.ts";
import type { TlsClientAuth } from "../../src/security/client-certificate.ts";

/** @param pem the leaf, then what came with it @param fault Node's code of what the edge finds wrong; `null`: nothing */
export function shownCertificate(pem: string, pki: Pki, fault: string | null): TlsClientAuth {
  const [leaf, ...chain] = pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((each) => each.includes("BEGIN"))
    .map((each) => new X509Certificate(each)) as [X509Certificate, ...X509Certificate[]];
  const known = [new X509Certificate(pki.rootPem), new X509Certificate(pki.stationCaPem), ...chain];
  const issuer = known.find((each) => leaf.checkIssued(each)) ?? null;
  return { ...tlsClientAuthOf({ leaf, chain, issuer, fault }, pki.revocations) };
}
