/**
 * The CAs that issue stations' certificates, from the PEM bundle that a deployment gives. Must not know where that is kept.
 */
import "./reflect-metadata.ts";
import {
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
} from "@peculiar/x509";
import { DerReader, hexOf, INTEGER } from "./der.ts";
import { comparableName } from "./name.ts";

export interface Authority {
  /** Lower hex. */
  keyId: string;
  /** [security/x509/name.ts] */
  name: string;
  /** DER of its SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** [RFC 5280 §4.2.1.3] Where its certificate says what the key is for, cRLSign is among it. */
  mayListRevoked: boolean;
  /** DER of its certificate. */
  der: Uint8Array;
}

/** By key identifier. @throws where the text does not hold certificates alone */
export async function readAuthorities(pem: string): Promise<ReadonlyMap<string, Authority>> {
  const all = await Promise.all(PemConverter.decode(pem).map((raw) => readAuthority(new Uint8Array(raw))));
  return new Map(all.map((each) => [each.keyId, each]));
}

export async function readAuthority(der: Uint8Array): Promise<Authority> {
  const certificate = new X509Certificate(der);
  const usages = certificate.getExtension(KeyUsagesExtension)?.usages;
  const named = certificate.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  return {
    keyId: (named ?? hexOf(new Uint8Array(await certificate.publicKey.getKeyIdentifier()))).toLowerCase(),
    name: comparableName(subjectOf(der)),
    spki: new Uint8Array(certificate.publicKey.rawData),
    mayListRevoked: usages === undefined || (usages & KeyUsageFlags.cRLSign) !== 0,
    der,
  };
}

/** [RFC 5280 §4.1] As it stands there, not written anew. */
function subjectOf(der: Uint8Array): Uint8Array {
  const tbs = new DerReader(der).inside().inside();
  tbs.optional(0xa0);
  tbs.next(INTEGER);
  for (const _ of ["signature", "issuer", "validity"]) tbs.next();
  return tbs.next().raw;
}
