/**
 * What the edge shows of a client certificate, held against the CAs of this deployment: in trust mode "worker" the whole chain, in
 * "edge" the certificate alone. Must not know which station asks, nor what its registration says.
 */
import type { Config } from "../config.ts";
import { log } from "../log.ts";
import { err, ok, type Result } from "../result.ts";
import type { TlsClientAuth } from "../security/client-certificate.ts";
import type { RefusalReason } from "../security/refusal.ts";
import { type Certificate, clientFaultOf, faultOf, readCertificate } from "../security/x509/certificate.ts";
import { DerError } from "../security/x509/der.ts";
import type { IssuingAuthority } from "../security/x509/issuing-authority.ts";
import { fingerprintOf } from "../security/x509/fingerprint.ts";
import { twinFingerprint } from "../security/x509/twin.ts";
import { authoritiesIn, trustIn } from "./trust.ts";

/** ms for which an isolate remembers that a chain was right; its end is sooner where a certificate of it ends. */
const REMEMBER_MS = 300_000;
/** Chains that an isolate remembers. */
const REMEMBERED_MAX = 10_000;
/** Certificates beside the station's own that are looked at. */
const SHOWN_MAX = 10;

interface Proven {
  issuerKeyId: string;
  serialNumber: string;
  /** Above it, the root last. */
  authorities: readonly IssuingAuthority[];
  /** ms since the epoch */
  until: number;
}

/** By fingerprint. */
const proven = new Map<string, Proven>();
let provenIn = "";
/** Those of chains, by their fingerprints: most of a fleet has one. */
const paths = new Map<string, readonly IssuingAuthority[]>();

/** What of the edge's word counts, in the mode of this deployment. */
export async function provenBy(
  { MTLS_TRUST, STATION_CAS }: Pick<Config, "MTLS_TRUST" | "STATION_CAS">,
  presented: TlsClientAuth | undefined,
  now: number,
): Promise<Result<TlsClientAuth | undefined, RefusalReason>> {
  if (MTLS_TRUST === "worker") return proveChain(presented, STATION_CAS ?? "", now);
  const leaf = presented?.certVerified === "SUCCESS" ? leafOf(presented, now) : null;
  if (leaf === null) return ok(presented);
  // The edge writes its number as a text: the number itself has one spelling.
  if (typeof leaf === "object") return ok({ ...presented, certSerial: leaf.serialNumber });
  log("warn", "a certificate is not trusted", { fingerprint: presented?.certFingerprintSHA256, reason: leaf });
  return err("certificate-unverified");
}

/** Of the certificate that was shown (security/revocation.ts). */
export async function twinShown(presented: TlsClientAuth | undefined): Promise<{ twin?: string }> {
  const leaf = bytesOf(presented?.certRFC9440)[0];
  const twin = leaf && (await twinFingerprint(leaf));
  return twin === undefined ? {} : { twin };
}

/** In mode "worker": what the edge would say, had it the CAs of this deployment. @param stationCas PEM */
async function proveChain(
  presented: TlsClientAuth | undefined,
  stationCas: string,
  now: number,
): Promise<Result<TlsClientAuth | undefined, RefusalReason>> {
  if (presented?.certPresented !== "1") return ok(presented);
  const found = await provenPath(presented, stationCas, now);
  if (typeof found === "string") return err(found);
  const { serialNumber: certSerial, issuerKeyId: certIssuerSKI } = found;
  return ok({ ...presented, certVerified: "SUCCESS", certIssuerSKI, certSerial });
}

/**
 * The CAs above a certificate that counts, as far as they are known: in mode "worker" those of the chain that was built; in "edge" those
 * of STATION_CAS, and of what was shown beside it those that STATION_CAS has not.
 */
export async function authoritiesAbove(
  { MTLS_TRUST, STATION_CAS }: Pick<Config, "MTLS_TRUST" | "STATION_CAS">,
  presented: TlsClientAuth | undefined,
  issuerKeyId: string | undefined,
  now: number,
): Promise<readonly IssuingAuthority[]> {
  if (issuerKeyId === undefined || presented === undefined) return [];
  if (MTLS_TRUST === "worker") {
    const found = await provenPath(presented, STATION_CAS ?? "", now);
    // It was right a moment ago, or nobody would ask.
    if (typeof found === "string") throw new Error(`its chain is not what it was: ${found}`);
    return found.authorities;
  }
  const { above, issuingAuthoritiesOf } = await import("../security/x509/issuing-authority.ts");
  const own = await authoritiesIn(STATION_CAS);
  const found = above(issuerKeyId, own);
  if (found.some(({ isRoot }) => isRoot)) return found;
  const shown = await issuingAuthoritiesOf(bytesOf(presented.certChainRFC9440).slice(0, SHOWN_MAX));
  const others = shown.filter(({ keyId }) => !own.some((each) => each.keyId === keyId));
  return above(issuerKeyId, [...own, ...others]);
}

async function provenPath(presented: TlsClientAuth, stationCas: string, now: number): Promise<Proven | RefusalReason> {
  const leaf = bytesOf(presented.certRFC9440)[0];
  if (leaf === undefined) return "certificate-unreadable";
  const fingerprint = await fingerprintOf(leaf);
  // The names beside it must be of this very certificate.
  if (String(presented.certFingerprintSHA256).toLowerCase() !== fingerprint) return "certificate-unreadable";
  const before = provenIn === stationCas ? proven.get(fingerprint) : undefined;
  const isRemembered = before !== undefined && before.until > now && now > before.until - REMEMBER_MS;
  return isRemembered ? before : prove(leaf, presented, stationCas, fingerprint, now);
}

async function prove(
  leaf: Uint8Array,
  presented: TlsClientAuth,
  stationCas: string,
  fingerprint: string,
  now: number,
): Promise<Proven | RefusalReason> {
  // Loaded here alone: the start of the Worker does not pay for it.
  const { verifyChain } = await import("../security/x509/chain.ts");
  const { issuingAuthoritiesOf } = await import("../security/x509/issuing-authority.ts");
  const trust = await trustIn(stationCas);
  const shown = bytesOf(presented.certChainRFC9440).slice(0, SHOWN_MAX);
  const path = await verifyChain(leaf, shown, trust, now);
  if (!path.ok) {
    const why = path.error.kind === "expired" ? "it has expired" : path.error.why;
    log("warn", "a certificate is not trusted", { fingerprint, reason: why });
    return path.error.kind === "expired" ? "certificate-expired" : "certificate-unverified";
  }
  const [own, ...others] = path.value.map(({ certificate }) => certificate);
  const authorities = await issuingAuthoritiesOf(others.map(({ der }) => der));
  const ends = path.value.map(({ certificate }) => certificate.notAfter);
  const found = {
    ...{ issuerKeyId: authorities[0]?.keyId ?? "", serialNumber: own?.serialNumber ?? "" },
    authorities: sharedPath(authorities),
    until: Math.min(now + REMEMBER_MS, ...ends),
  };
  if (proven.size >= REMEMBERED_MAX || provenIn !== stationCas) {
    proven.clear();
    paths.clear();
  }
  provenIn = stationCas;
  proven.set(fingerprint, found);
  return found;
}

function sharedPath(authorities: readonly IssuingAuthority[]): readonly IssuingAuthority[] {
  const name = authorities.map(({ fingerprint }) => fingerprint).join();
  const shared = paths.get(name) ?? authorities;
  paths.set(name, shared);
  return shared;
}

/** In mode "edge": the certificate, or what that does not look at is wrong with it; `null`: the edge did not show it. */
function leafOf(presented: TlsClientAuth | undefined, now: number): Certificate | string | null {
  const leaf = bytesOf(presented?.certRFC9440)[0];
  if (leaf === undefined) return null;
  try {
    const certificate = readCertificate(leaf);
    return faultOf(certificate, now) ?? clientFaultOf(certificate) ?? certificate;
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

/** [RFC 9440 §2] Byte sequences of a structured field. */
function bytesOf(field: unknown): Uint8Array<ArrayBuffer>[] {
  if (typeof field !== "string") return [];
  return Array.from(field.matchAll(/:([A-Za-z0-9+/=]+):/g), ([, base64 = ""]) => {
    try {
      return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
    } catch {
      return new Uint8Array();
    }
  });
}
