/**
 * The CAs of the setting STATION_CAS as chains are built with them, and as revocations name them, read once an isolate. Must not know
 * who asks.
 */
import type { Trust } from "../security/x509/chain.ts";
import type { IssuingAuthority } from "../security/x509/issuing-authority.ts";

/** Certificates of the setting: its length allows fewer. */
const AUTHORITIES_MAX = 200;

interface Known {
  pem: string;
  trust: Trust;
  authorities: readonly IssuingAuthority[];
}

let known: Known | null = null;

export const trustIn = async (pem: string): Promise<Trust> => (await read(pem)).trust;

export const authoritiesIn = async (pem: string | undefined): Promise<readonly IssuingAuthority[]> =>
  pem === undefined ? [] : (await read(pem)).authorities;

async function read(pem: string): Promise<Known> {
  if (known?.pem === pem) return known;
  // Loaded here alone: the start of the Worker does not pay for it.
  const { trustOf } = await import("../security/x509/chain.ts");
  const { certificatesOfPem } = await import("../security/x509/certs-only.ts");
  const { issuingAuthoritiesOf } = await import("../security/x509/issuing-authority.ts");
  const ders = certificatesOfPem(pem, AUTHORITIES_MAX);
  known = { pem, trust: trustOf(ders), authorities: await issuingAuthoritiesOf(ders) };
  return known;
}
