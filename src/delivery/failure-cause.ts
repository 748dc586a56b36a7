/**
 * Why a request to a receiver failed, in words for the log. Must not know how it was sent.
 */

/** Why a request to `url` failed, as far as the platform tells: of DNS and TLS it says no more than a reference. */
export function causeOf(error: unknown, url: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const { protocol, hostname } = new URL(url);
  if (/^internal error/.test(message)) return `${unreachable(protocol, hostname)} (${message})`;
  if (/^Network connection lost/.test(message)) return "the connection was refused or broke off";
  // An address may hold a token.
  return message.replace(/\bhttps?:\/\/\S+/g, hostname);
}

function unreachable(protocol: string, hostname: string): string {
  if (protocol !== "https:") return "its name could not be resolved";
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return isAddress ? "the TLS handshake failed" : "its name could not be resolved, or the TLS handshake failed";
}
