/**
 * Whether another site's page made a browser ask: its cookies ride along, and with them what Access proves. Must not know who asks.
 */

const SAFE = ["GET", "HEAD"];

/**
 * [Fetch Metadata §2.2; RFC 6454 §7.3] Both headers are the browser's own, which no page can set. What changes something, or opens a
 * socket, must be known to come from this origin; what is read another origin's page cannot read.
 */
export function isCrossSite(request: Request): boolean {
  const { headers, method } = request;
  const isSocket = headers.get("Upgrade") !== null;
  if (SAFE.includes(method) && !isSocket) return false;
  const site = headers.get("Sec-Fetch-Site");
  if (site !== null) return site !== "same-origin";
  return headers.get("Origin") !== new URL(request.url).origin;
}
