/**
 * CAs below the root that sign one certificate and are gone: two in a row, or one that may name its own organization alone. Must not
 * know stations.
 */
import "../../security/x509/reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import {
  type Authority,
  caExtensions,
  certificateToPem,
  distinguishedName,
  EC_P256,
  generateKeyPair,
  signCertificate,
  subjectKeyIdOf,
} from "./authority.ts";

export interface Depot {
  issuer: Authority;
  /** PEM: what issued the certificate, and what issued that, without the root. */
  chainPem: string;
}

const NAME_CONSTRAINTS = "2.5.29.30";
const DAY_MS = 86_400_000;
/** Days; as long as a station's certificate and a little more. */
const LIFETIME_DAYS = 400;

export async function twoIntermediates(root: Authority, organization: string, now: number): Promise<Depot> {
  const upper = await below(root, distinguishedName(organization, "Kerbside Development Depot CA"), now);
  const lower = await below(upper, distinguishedName(organization, "Kerbside Development Depot Issuing CA"), now);
  return { issuer: lower, chainPem: certificateToPem(lower.certificate) + certificateToPem(upper.certificate) };
}

export async function nameConstrained(root: Authority, organization: string, now: number): Promise<Depot> {
  const subject = distinguishedName(organization, "Kerbside Development Constrained CA");
  const permitted = new x509.Name([{ O: [{ utf8String: organization }] }]);
  // [RFC 5280 §4.2.1.10] permittedSubtrees [0] { GeneralSubtree { directoryName [4] } }
  const subtree = tlv(0x30, tlv(0xa4, new Uint8Array(permitted.toArrayBuffer())));
  const constraints = new x509.Extension(NAME_CONSTRAINTS, true, new Uint8Array(tlv(0x30, tlv(0xa0, subtree))));
  const issuer = await below(root, subject, now, [constraints]);
  return { issuer, chainPem: certificateToPem(issuer.certificate) };
}

export async function below(
  parent: Authority,
  subject: x509.Name,
  now: number,
  more: x509.Extension[] = [],
): Promise<Authority> {
  const pair = await generateKeyPair(EC_P256);
  const certificate = await signCertificate(
    {
      subject,
      publicKey: pair.publicKey,
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + LIFETIME_DAYS * DAY_MS),
      extensions: [...caExtensions(), ...more],
    },
    parent,
  );
  return { certificate, subjectKeyId: subjectKeyIdOf(certificate), signingKey: pair.privateKey };
}

/** [X.690 §8.1] Of less than 64 KB. */
function tlv(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.of(tag, ...head, ...content);
}
