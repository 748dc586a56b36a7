/**
 * Lists of revoked certificates as a CA signs them. Must not know what a test expects of them.
 */
import "../../src/security/x509/reflect-metadata.ts";
import { Extension, type X509CrlCreateParams, X509CrlGenerator } from "@peculiar/x509";
import type { Authority } from "../../src/local/pki/authority.ts";

export interface ListOptions {
  by: Authority;
  /** Hex of one octet below 80. */
  number?: string;
  /** ms from now */
  from?: number;
  to?: number;
  extensions?: Extension[];
}

export async function revocationList(
  serials: readonly string[],
  { by, number = "01", from = -60_000, to = 86_400_000, extensions = [] }: ListOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const list: X509CrlCreateParams = {
    issuer: by.certificate.subjectName,
    thisUpdate: new Date(Date.now() + from),
    nextUpdate: new Date(Date.now() + to),
    entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(), reason: 1 })),
    extensions: [new Extension("2.5.29.20", false, Buffer.from(`0201${number}`, "hex")), ...extensions],
    signingKey: by.signingKey,
    signingAlgorithm: { ...by.signingKey.algorithm, hash: "SHA-256" },
  };
  return new Uint8Array((await X509CrlGenerator.create(list)).rawData);
}
