/**
 * The local fronts' own certificates, one ECDSA and one RSA, renewed before they expire. Must not know the fronts.
 */
import "../../security/x509/reflect-metadata.ts";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import {
  type Authority,
  certificateToPem,
  distinguishedName,
  EC_P256,
  generateKeyPair,
  keyToPem,
  RSA_2048,
  signCertificate,
} from "./authority.ts";
import { keepPrivate, replaceFile, SECRET_MODE } from "../state/private-file.ts";

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** PEM texts, each holding a key and its certificate; TLS picks by what the station can do. */
export type ServerCertificates = { ecdsa: string; rsa: string };

export async function ensureServerCertificates(
  dir: string,
  root: Authority,
  now: Date,
  log: (line: string) => void,
): Promise<ServerCertificates> {
  const [ecdsa, rsa] = await Promise.all([
    ensure(join(dir, "server-ecdsa.pem"), EC_P256, root, now, log),
    ensure(join(dir, "server-rsa.pem"), RSA_2048, root, now, log),
  ]);
  return { ecdsa, rsa };
}

async function ensure(
  path: string,
  algorithm: typeof EC_P256 | typeof RSA_2048,
  root: Authority,
  now: Date,
  log: (line: string) => void,
) {
  if (existsSync(path)) {
    const kept = read(path, root);
    if (kept === null) log(`${path} was damaged: it holds a new certificate of the same root now`);
    else if (kept.notAfter.getTime() - now.getTime() > RENEW_BEFORE_DAYS * DAY_MS) {
      keepPrivate(path, log);
      return kept.pem;
    }
  }
  const pair = await generateKeyPair(algorithm);
  const request = {
    subject: distinguishedName("Kerbside Development", "localhost"),
    publicKey: pair.publicKey,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + LIFETIME_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
        { type: "ip", value: "::1" },
      ]),
    ],
  };
  const certificate = await signCertificate(request, root);
  // Key and certificate in one file: two files could be read between the two renames, and not match.
  const pem = (await keyToPem(pair.privateKey)) + certificateToPem(certificate);
  replaceFile(path, pem, SECRET_MODE);
  return pem;
}

/** `null`: it is no key with a certificate of this root. */
function read(path: string, root: Authority): { pem: string; notAfter: Date } | null {
  try {
    const pem = readFileSync(path, "utf8");
    const certificate = new X509Certificate(pem);
    const isWhole =
      certificate.checkPrivateKey(createPrivateKey(pem)) &&
      certificate.verify(new X509Certificate(certificateToPem(root.certificate)).publicKey);
    return isWhole ? { pem, notAfter: new Date(certificate.validTo) } : null;
  } catch {
    return null;
  }
}
