/**
 * How a station came in, by the URL that the edge saw: it decides what counts as proof. Must not know headers, a
 * request or a certificate.
 */

/** `http`: profiles 0 and 1; `tls`: 2; `mtls`: 3, whatever the scheme: on such a host nothing else is proof. */
export type Transport = "http" | "tls" | "mtls";

/** @param mtlsHosts as `mtlsHost` gives them: one with a port means that port alone, one without the host on any. */
export function transportOf(url: URL, mtlsHosts: readonly string[]): Transport {
  // DNS takes `host.` for `host`: as another name it would be a door in the mTLS host that Basic opens.
  const host = url.hostname.replace(/\.+$/, "").toLowerCase();
  if (mtlsHosts.includes(host) || mtlsHosts.includes(`${host}:${portOf(url)}`)) return "mtls";
  return url.protocol === "https:" ? "tls" : "http";
}

const portOf = ({ port, protocol }: URL): string => port || (protocol === "https:" ? "443" : "80");

/** A name of letters, digits and hyphens, or an IPv6 address in brackets; then a port. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?$/;

/**
 * An entry of MTLS_HOSTS, normalised; `null`: it names no host (a URL, a wildcard, a trailing dot), and would match none.
 * Port 443 is left out: a host of stations with certificates takes nothing less on any other port.
 */
export function mtlsHost(entry: string): string | null {
  const host = entry.toLowerCase();
  return HOST.test(host) && !host.includes("..") ? host.replace(/:443$/, "") : null;
}
