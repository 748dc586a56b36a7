/**
 * The CAs of the setting STATION_CAS as chains are built with them, read once an isolate. Must not know who asks.
 */
import type { Trust } from "../security/x509/chain.ts";

let known: { pem: string; trust: Trust } | null = null;

export async function trustIn(pem: string): Promise<Trust> {
  if (known?.pem === pem) return known.trust;
  const { trustOf } = await import("../security/x509/chain.ts");
  const { certificatesOfPem } = await import("../security/x509/certs-only.ts");
  known = { pem, trust: trustOf(certificatesOfPem(pem)) };
  return known.trust;
}
