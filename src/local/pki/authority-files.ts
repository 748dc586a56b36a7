/**
 * An authority read from its two files, and what is wrong with them in words: the file, the fault, the remedy. Must not know
 * what it signs.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Authority, authorityFromPem } from "./authority.ts";
import { keepPrivate } from "../state/private-file.ts";

export interface AuthorityFiles {
  dir: string;
  name: string;
  /** Left out: it is its own, or nobody's who is known. */
  issuer?: X509Certificate;
  now: Date;
  log: (line: string) => void;
}

export function authorityPaths(dir: string, name: string) {
  return { certificate: join(dir, `${name}.cert.pem`), key: join(dir, `${name}.key.pem`) };
}

/** @throws a sentence for whoever started the edge */
export async function readAuthority({ dir, name, issuer, now, log }: AuthorityFiles): Promise<Authority> {
  const paths = authorityPaths(dir, name);
  const certificatePem = readText(paths.certificate);
  const keyPem = readText(paths.key);
  const certificate = parsed(paths.certificate, "a certificate", () => new X509Certificate(certificatePem));
  const key: KeyObject = parsed(paths.key, "a private key", () => createPrivateKey(keyPem));
  if (!certificate.checkPrivateKey(key)) throw damage(paths.key, `is not the key of ${paths.certificate}`);
  if (issuer !== undefined && !(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) {
    throw damage(paths.certificate, `was not issued by ${join(dir, "root.cert.pem")}`);
  }
  if (new Date(certificate.validTo) < now) throw damage(paths.certificate, `expired on ${certificate.validTo}`);
  keepPrivate(paths.key, log);
  return authorityFromPem(certificatePem, keyPem);
}

/** @throws a sentence for whoever started the edge */
export function readText(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.trim() !== "") return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw damage(path, code === "ENOENT" ? "is missing" : `cannot be read (${code})`);
  }
  throw damage(path, "is empty");
}

function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw damage(path, `does not hold ${what}`);
  }
}

export function damage(path: string, fault: string): Error {
  return new Error(
    `The PKI's file ${path} ${fault}; bring it back from a copy, or delete the folder ${dirname(path)} and start again, ` +
      "which makes a new PKI: stations then need new certificates",
  );
}
