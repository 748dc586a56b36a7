/**
 * The CAs that issue stations' certificates, from the PEM bundle that a deployment gives. Must not know where that is kept.
 */
import { mayListRevoked, readCertificate, subjectKeyIdOf } from "./certificate.ts";
import { BIT_STRING, DerError, DerReader, hexOf, SEQUENCE } from "./der.ts";
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

/** By key identifier. @throws DerError where the text does not hold certificates alone */
export async function readAuthorities(pem: string): Promise<ReadonlyMap<string, Authority>> {
  const blocks = pem.matchAll(/-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]+)-----END [A-Z0-9 ]+-----/g);
  const all = await Promise.all(Array.from(blocks, ([, base64 = ""]) => readAuthority(bytesOf(base64))));
  return new Map(all.map((each) => [each.keyId, each]));
}

/** @throws DerError */
export async function readAuthority(der: Uint8Array): Promise<Authority> {
  const certificate = readCertificate(der);
  const { subject, spki } = certificate;
  const keyId = subjectKeyIdOf(certificate) ?? (await keyIdOf(spki));
  return { keyId, name: comparableName(subject), spki, mayListRevoked: mayListRevoked(certificate), der };
}

/** [RFC 5280 §4.2.1.2] The hash of the key, where its certificate gives it no name. */
async function keyIdOf(spki: Uint8Array): Promise<string> {
  const info = new DerReader(spki).inside();
  info.next(SEQUENCE);
  const key = new Uint8Array(info.next(BIT_STRING).content.subarray(1));
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-1", key)));
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64.replaceAll(/\s/g, "")), (each) => each.charCodeAt(0));
  } catch {
    throw new DerError("what stands in PEM is no base64");
  }
}
