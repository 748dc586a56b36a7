/**
 * A certificate as the Worker reads it, who takes nothing that two readers could understand in two ways: OpenSSL lets some of that pass.
 * Must not know what is made of it.
 */
import type { X509Certificate } from "node:crypto";
import { type Certificate, readCertificate, subjectKeyIdOf } from "../../../security/x509/certificate.ts";
import { DerError } from "../../../security/x509/der.ts";

/** Of those that are in use: a CA's is read once. */
const read = new WeakMap<X509Certificate, Certificate | null>();

export const isStrict = (certificate: X509Certificate): boolean => strictly(certificate) !== null;

/** Lower hex; "" where the certificate has none, or cannot be read. */
export function keyIdOf(certificate: X509Certificate): string {
  const strict = strictly(certificate);
  return strict === null ? "" : (subjectKeyIdOf(strict) ?? "");
}

function strictly(certificate: X509Certificate): Certificate | null {
  let found = read.get(certificate);
  if (found !== undefined) return found;
  try {
    found = readCertificate(certificate.raw);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    found = null;
  }
  read.set(certificate, found);
  return found;
}
