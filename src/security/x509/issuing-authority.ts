/**
 * The CAs above a station's certificate as revocations name them: which stand above which, and which key is cut off from every root.
 * Must not know where revocations are kept, nor prove a chain.
 */
import { type RevocableFacts, revocationKeys } from "../revocation.ts";
import { readAuthority } from "./authorities.ts";
import { readCertificate, subjectKeyIdOf } from "./certificate.ts";
import { authorityKeyId } from "./chain.ts";
import { DerError } from "./der.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { comparableName } from "./name.ts";
import { twinFingerprint } from "./twin.ts";

/** A CA's certificate, of which a key may have several. */
export interface IssuingAuthority extends RevocableFacts {
  /** Lower hex. */
  keyId: string;
  /** Its own issuer: who trusts it names it, and no list does. */
  isRoot: boolean;
}

/** @param ders in any order; what cannot be read is nobody's */
export async function issuingAuthoritiesOf(ders: readonly Uint8Array[]): Promise<IssuingAuthority[]> {
  const all = (await Promise.all(ders.map(readOne))).flatMap((each) => each ?? []);
  return all.map(({ facts, issuerName, namedKeyId }) => {
    // Who has no key identifier in its certificate is named by its hash here, and maybe otherwise by those below it.
    const parent = all.find(
      ({ name, hasKeyId, facts: { keyId } }) =>
        name === issuerName && (namedKeyId === null || !hasKeyId || keyId === namedKeyId),
    );
    const issuerKeyId = parent?.facts.keyId ?? namedKeyId;
    return issuerKeyId === null ? facts : { ...facts, issuerKeyId };
  });
}

async function readOne(der: Uint8Array) {
  try {
    const certificate = readCertificate(der);
    const { keyId, name } = await readAuthority(der);
    const issuerName = comparableName(certificate.issuer);
    const fingerprint = await fingerprintOf(der);
    const twin = await twinFingerprint(der);
    const facts: IssuingAuthority = {
      ...{ fingerprint, keyId, isRoot: name === issuerName },
      ...(twin !== undefined && { twin }),
      serialNumber: certificate.serialNumber,
    };
    const namedKeyId = authorityKeyId(certificate);
    return { facts, name, issuerName, namedKeyId, hasKeyId: subjectKeyIdOf(certificate) !== null };
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

/** Those above what a key signed, its own first. */
export function above(keyId: string, all: readonly IssuingAuthority[]): IssuingAuthority[] {
  const found = new Set<IssuingAuthority>();
  const climb = (id: string | undefined): void => {
    for (const each of all) {
      if (each.keyId !== id || found.has(each)) continue;
      found.add(each);
      if (!each.isRoot) climb(each.issuerKeyId);
    }
  };
  climb(keyId);
  return [...found];
}

/**
 * Every way up from a key that is known goes by a certificate that is revoked. Of what is not known nothing is said: the way ends well.
 * @param revoked as security/revocation.ts names them
 */
export function isCutOff(keyId: string, all: readonly IssuingAuthority[], revoked: ReadonlySet<string>): boolean {
  const stands = (id: string, below: readonly string[]): boolean => {
    const own = all.filter((each) => each.keyId === id);
    if (own.length === 0) return true;
    return own.some((each) => {
      if (each.isRoot) return true;
      if (revocationKeys(each).some((key) => revoked.has(key))) return false;
      const { issuerKeyId: up } = each;
      return up === undefined || (!below.includes(up) && stands(up, [...below, up]));
    });
  };
  return !stands(keyId, [keyId]);
}

/** Ids of keys whose way to a root may go by one that these keys of revocations name: its own, and of all below it. */
export function keyIdsUnder(named: readonly string[], all: readonly IssuingAuthority[]): string[] {
  const ids = new Set(
    all.filter((each) => !each.isRoot && revocationKeys(each).some((key) => named.includes(key))).map(idOf),
  );
  for (let before = -1; before < ids.size; ) {
    before = ids.size;
    for (const { keyId, issuerKeyId, isRoot } of all)
      if (!isRoot && issuerKeyId !== undefined && ids.has(issuerKeyId)) ids.add(keyId);
  }
  return [...ids];
}

const idOf = ({ keyId }: IssuingAuthority): string => keyId;
