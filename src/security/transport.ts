/**
 * How a station came in, by the URL that the edge saw: it decides what counts as proof. Must not know headers, a
 * request or a certificate.
 */

/** `http`: profiles 0 and 1; `tls`: 2; `mtls`: 3. */
export type Transport = "http" | "tls" | "mtls";

/** @param mtlsHosts one with a port means that port alone; one without means the host on any. */
export function transportOf(url: URL, mtlsHosts: readonly string[]): Transport {
  if (url.protocol !== "https:") return "http";
  // DNS takes `host.` for `host`: as another name it would be a door in the mTLS host that Basic opens.
  const host = url.hostname.replace(/\.$/, "");
  const names = [host, `${host}:${url.port || "443"}`];
  return mtlsHosts.some((entry) => names.includes(entry.toLowerCase())) ? "mtls" : "tls";
}
