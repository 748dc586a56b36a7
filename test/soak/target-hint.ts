/**
 * Which option may help where a target lets no station in. Must not know how that was tried.
 */
import type { ChurnSpec } from "./arm.ts";

const UNTRUSTED = /^(?:UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/;
const UNREADABLE = /^ERR_OSSL/;
const CERTIFICATE_WANTED = /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/;
const REFUSED = /^HTTP 40[134]$/;

/** Goes on with the sentence that the reason ends; empty: nothing is known to help. */
export function hintOn(reason: string, { arm, dir }: Pick<ChurnSpec, "arm" | "dir">): string {
  const showsNone = arm.cohort === "tls";
  if (UNTRUSTED.test(reason)) return "; --ca names the file that its certificate is checked against";
  if (UNREADABLE.test(reason))
    return "; --ca, --client-cert and --client-key name PEM files, the key that of the certificate";
  if (CERTIFICATE_WANTED.test(reason) && showsNone) {
    return `; it asks for a certificate: ${dir === null ? "--client-cert and --client-key" : "--cohorts mtls"}`;
  }
  if (!REFUSED.test(reason)) return "";
  if (dir === null) return "; the stations of a Kerbside are registered with --dir";
  return showsNone ? "; where it asks for certificates, give --cohorts mtls" : "";
}
