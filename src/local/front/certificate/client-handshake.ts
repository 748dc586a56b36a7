/**
 * What one TLS handshake proved of a client, taken when it ends and never looked at again: verdict and certificate belong
 * together. Must not know requests, nor whether what was proved is enough.
 */
import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { isStrict } from "./strict-certificate.ts";

export interface ClientHandshake {
  leaf: X509Certificate;
  /** What the client sent behind its leaf, in its order. */
  chain: readonly X509Certificate[];
  /** Whose key signed the leaf; `null`: nobody's that is known or was sent. A name and a key id can be written by anybody. */
  issuer: X509Certificate | null;
  /** `null`: the certificate is good; otherwise Node's code of what is wrong with it. */
  fault: string | null;
}

const CHAIN_MAX_CERTIFICATES = 16;
/** Faults that Node tells last, in place of an earlier one: who is not of a known CA is a stranger first of all. */
const FAULTS_OF_TIME = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
const NO_ISSUER = "UNABLE_TO_GET_ISSUER_CERT_LOCALLY";
/** It can be read in two ways: BoringSSL, and so the edge, does not know why to refuse it by a name. */
const AMBIGUOUS = "UNSPECIFIED";

/** The trusted root first, then the CAs below it; of each those above it, from the one that signed it. */
export type KnownIssuers = ReadonlyMap<X509Certificate, readonly X509Certificate[]>;

/**
 * Told once: they do not change, and each signature that is looked at costs every handshake its time.
 * @param known the trusted root first, then the CAs below it
 */
export function knownIssuersOf(known: readonly X509Certificate[]): KnownIssuers {
  const above = (certificate: X509Certificate) =>
    isSignedBy(certificate, certificate) ? [] : provenPath(certificate, known, new Map());
  return new Map(known.map((certificate) => [certificate, above(certificate)]));
}

/** @returns `null`: the client showed no certificate */
export function clientHandshakeOf(socket: TLSSocket, known: KnownIssuers): ClientHandshake | null {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return null;
  const chain = chainOf(leaf);
  const path = provenPath(leaf, [...known.keys(), ...chain], known);
  const [root] = known.keys();
  const isProven = root !== undefined && path.at(-1)?.fingerprint256 === root.fingerprint256;
  const fault = faultOf(socket, isProven) ?? ([leaf, ...path].every(isStrict) ? null : AMBIGUOUS);
  return { leaf, chain, issuer: path[0] ?? null, fault };
}

function faultOf(socket: TLSSocket, isProven: boolean): string | null {
  if (socket.authorized) return isProven ? null : NO_ISSUER;
  const code = String(socket.authorizationError);
  return FAULTS_OF_TIME.has(code) && !isProven ? NO_ISSUER : code;
}

/** The issuers of a certificate by their signatures, from the one that signed it upwards; empty: none is proven. */
function provenPath(
  leaf: X509Certificate,
  candidates: readonly X509Certificate[],
  known: KnownIssuers,
): readonly X509Certificate[] {
  const path: X509Certificate[] = [];
  for (let current = leaf; path.length < CHAIN_MAX_CERTIFICATES; ) {
    const issuer = candidates.find((candidate) => isSignedBy(current, candidate));
    if (issuer === undefined) return path;
    path.push(issuer);
    const above = known.get(issuer);
    if (above !== undefined) return [...path, ...above];
    if (isSignedBy(issuer, issuer)) return path;
    current = issuer;
  }
  return path;
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  if (!issuer.ca || !certificate.checkIssued(issuer)) return false;
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // A key of another kind than the signature, or one that cannot be read, signed nothing.
    return false;
  }
}

function chainOf(leaf: X509Certificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = leaf.issuerCertificate;
  while (next !== undefined && chain.length < CHAIN_MAX_CERTIFICATES) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}
