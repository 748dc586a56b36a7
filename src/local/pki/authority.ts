/**
 * Certificate authorities: making one, signing with one, and their PEM texts. Must not know files, or who asks for a certificate.
 */
import "../../security/x509/reflect-metadata.ts";
import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

type CryptoKey = webcrypto.CryptoKey;
export type KeyPair = webcrypto.CryptoKeyPair;

export const EC_P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
export const RSA_2048 = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
} as const;

export type KeyAlgorithm =
  | { name: "ECDSA"; namedCurve: string; hash: string }
  | { name: "RSASSA-PKCS1-v1_5"; hash: string; publicExponent: Uint8Array; modulusLength: number };

export interface Authority {
  certificate: x509.X509Certificate;
  /** Lower hex. */
  subjectKeyId: string;
  signingKey: CryptoKey;
}

export interface CertificateRequest {
  subject: x509.Name;
  publicKey: CryptoKey | x509.PublicKey;
  notBefore: Date;
  notAfter: Date;
  extensions: x509.Extension[];
}

export function generateKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<KeyPair>;
}

/** Given as typed values, since the library reads quotes, "#" and "\" in plain strings as notation. */
export function distinguishedName(organization: string, commonName: string): x509.Name {
  return new x509.Name([{ O: [{ utf8String: organization }] }, { CN: [{ utf8String: commonName }] }]);
}

/** 127 bits: positive whatever the first bit, never shortened by a leading zero. */
export function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

const CA_USAGE = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

export function caExtensions(pathLength?: number): x509.Extension[] {
  return [new x509.BasicConstraintsExtension(true, pathLength, true), new x509.KeyUsagesExtension(CA_USAGE, true)];
}

/** Signed by `issuer`, or by the pair's own private key where there is none. */
export async function signCertificate(
  request: CertificateRequest,
  issuer: Authority | KeyPair,
  hash: "SHA-256" | "SHA-1" = "SHA-256",
): Promise<x509.X509Certificate> {
  const isAuthority = "certificate" in issuer;
  const signingKey = isAuthority ? issuer.signingKey : issuer.privateKey;
  const subjectKeyId = await x509.SubjectKeyIdentifierExtension.create(request.publicKey);
  const authorityKeyId = isAuthority ? issuer.subjectKeyId : subjectKeyId.keyId;
  return x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: request.subject,
    issuer: isAuthority ? issuer.certificate.subjectName : request.subject,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey: request.publicKey,
    signingKey,
    signingAlgorithm: { ...signingKey.algorithm, hash },
    extensions: [...request.extensions, subjectKeyId, new x509.AuthorityKeyIdentifierExtension(authorityKeyId)],
  });
}

export async function keyToPem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

export function certificateToPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

export async function authorityFromPem(certificatePem: string, keyPem: string): Promise<Authority> {
  const certificate = new x509.X509Certificate(certificatePem);
  const algorithm = certificate.publicKey.algorithm.name === EC_P256.name ? EC_P256 : RSA_2048;
  const der = x509.PemConverter.decodeFirst(keyPem);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  return { certificate, subjectKeyId: subjectKeyIdOf(certificate), signingKey };
}

export function subjectKeyIdOf(certificate: x509.X509Certificate): string {
  return certificate.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId.toLowerCase() ?? "";
}
