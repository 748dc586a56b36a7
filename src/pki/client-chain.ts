/**
 * What the edge shows of a client certificate, held against the CAs of this deployment: in trust mode "worker" the whole chain, in
 * "edge" the certificate alone. Must not know which station asks, nor what its registration says.
 */
import type { Config } from "../config.ts";
import { log } from "../log.ts";
import { err, ok, type Result } from "../result.ts";
import type { TlsClientAuth } from "../security/client-certificate.ts";
import type { RefusalReason } from "../security/refusal.ts";
import { clientFaultOf, faultOf, readCertificate } from "../security/x509/certificate.ts";
import { DerError, hexOf } from "../security/x509/der.ts";
import type { Trust } from "../security/x509/chain.ts";

/** ms for which an isolate remembers that a chain was right; its end is sooner where a certificate of it ends. */
const REMEMBER_MS = 300_000;
/** Chains that an isolate remembers. */
const REMEMBERED_MAX = 10_000;
/** Certificates beside the station's own that are looked at. */
const SHOWN_MAX = 10;

interface Proven {
  issuerKeyId: string;
  /** ms since the epoch */
  until: number;
}

/** By fingerprint. */
const proven = new Map<string, Proven>();
let known: { pem: string; trust: Trust } | null = null;

/** What of the edge's word counts, in the mode of this deployment. */
export async function provenBy(
  { MTLS_TRUST, STATION_CAS }: Pick<Config, "MTLS_TRUST" | "STATION_CAS">,
  presented: TlsClientAuth | undefined,
  now: number,
): Promise<Result<TlsClientAuth | undefined, RefusalReason>> {
  if (MTLS_TRUST === "worker") return proveChain(presented, STATION_CAS ?? "", now);
  const fault = presented?.certVerified === "SUCCESS" ? leafFault(presented, now) : null;
  if (fault === null) return ok(presented);
  log("warn", "a certificate is not trusted", { fingerprint: presented?.certFingerprintSHA256, reason: fault });
  return err("certificate-unverified");
}

/** In mode "worker": what the edge would say, had it the CAs of this deployment. @param stationCas PEM */
async function proveChain(
  presented: TlsClientAuth | undefined,
  stationCas: string,
  now: number,
): Promise<Result<TlsClientAuth | undefined, RefusalReason>> {
  if (presented?.certPresented !== "1") return ok(presented);
  const leaf = bytesOf(presented.certRFC9440)[0];
  if (leaf === undefined) return err("certificate-unreadable");
  const fingerprint = hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", leaf)));
  // The names beside it must be of this very certificate.
  if (String(presented.certFingerprintSHA256).toLowerCase() !== fingerprint) return err("certificate-unreadable");
  const before = proven.get(fingerprint);
  const remembered = before !== undefined && before.until > now && now > before.until - REMEMBER_MS ? before : null;
  const found = remembered ?? (await prove(leaf, presented, stationCas, fingerprint, now));
  if (typeof found === "string") return err(found);
  return ok({ ...presented, certVerified: "SUCCESS", certIssuerSKI: found.issuerKeyId });
}

async function prove(
  leaf: Uint8Array,
  presented: TlsClientAuth,
  stationCas: string,
  fingerprint: string,
  now: number,
): Promise<Proven | RefusalReason> {
  // Loaded here alone: the start of the Worker does not pay for it.
  const { trustOf, verifyChain } = await import("../security/x509/chain.ts");
  const { readAuthorities, readAuthority } = await import("../security/x509/authorities.ts");
  if (known?.pem !== stationCas) {
    const authorities = [...(await readAuthorities(stationCas)).values()];
    known = { pem: stationCas, trust: trustOf(authorities.map(({ der }) => der)) };
    proven.clear();
  }
  const shown = bytesOf(presented.certChainRFC9440).slice(0, SHOWN_MAX);
  const path = await verifyChain(leaf, shown, known.trust, now);
  if (!path.ok) {
    const why = path.error.kind === "expired" ? "it has expired" : path.error.why;
    log("warn", "a certificate is not trusted", { fingerprint, reason: why });
    return path.error.kind === "expired" ? "certificate-expired" : "certificate-unverified";
  }
  const issuer = path.value[1]?.certificate.der ?? leaf;
  const ends = path.value.map(({ certificate }) => certificate.notAfter);
  const found = { issuerKeyId: (await readAuthority(issuer)).keyId, until: Math.min(now + REMEMBER_MS, ...ends) };
  if (proven.size >= REMEMBERED_MAX) proven.clear();
  proven.set(fingerprint, found);
  return found;
}

/** In mode "edge": what it does not look at; `null`: nothing is wrong, or the edge did not show the certificate. */
function leafFault(presented: TlsClientAuth | undefined, now: number): string | null {
  const leaf = bytesOf(presented?.certRFC9440)[0];
  if (leaf === undefined) return null;
  try {
    const certificate = readCertificate(leaf);
    return faultOf(certificate, now) ?? clientFaultOf(certificate);
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
