/**
 * Which addresses a webhook may have. Must not resolve names: what a public name points to is the platform's to guard.
 */

export type WebhookUrlFault = "not-a-url" | "not-https" | "has-credentials" | "private-address";

/** https anywhere public; with `local`, also http and https to a loopback address. `null`: it may be used. */
export function checkWebhookUrl(text: string, local: boolean): WebhookUrlFault | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return "not-a-url";
  }
  if (url.username !== "" || url.password !== "") return "has-credentials";
  const host = url.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.+$/, "")
    .toLowerCase();
  if (isLoopback(host)) return local && /^https?:$/.test(url.protocol) ? null : "private-address";
  if (isPrivate(host)) return "private-address";
  return url.protocol === "https:" ? null : "not-https";
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || /^127\./.test(host) || host === "::1";

/**
 * Endings that networks resolve for themselves: [RFC 6761, 6762, 8375] reserved ones, ICANN's `internal`, and those that are
 * no top-level domain since so many networks use them.
 */
const INSIDE =
  /(?:^|\.)(?:local|localdomain|internal|intranet|private|lan|home|corp|mail|domain|svc|cluster|consul|test|invalid|onion|alt|home\.arpa)$/;

/** [RFC 6890] Public is 2000::/3, less what IETF keeps for itself and what carries an IPv4 address, which may be private. */
function isPublicIpv6(host: string): boolean {
  const [first = "", second = ""] = host.split(":");
  const [high, low] = [Number.parseInt(first, 16), Number.parseInt(second || "0", 16)];
  if (!(high >= 0x2000 && high <= 0x3fff)) return false;
  // 2001::/23 (Teredo and other protocols), 2001:db8::/32 (documentation), 6to4, 3fff::/20 (documentation).
  if (high === 0x2001 && (low < 0x200 || low === 0xdb8)) return false;
  return high !== 0x2002 && !(high === 0x3fff && low < 0x1000);
}

/** `new URL` has already turned every spelling of an IPv4 address (hex, octal, one number) into dotted decimals. */
function isPrivate(host: string): boolean {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped !== null) {
    const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
    return isPrivate([high >> 8, high & 255, low >> 8, low & 255].join(".")) || high >> 8 === 127;
  }
  if (host.includes(":")) return !isPublicIpv6(host);
  if (INSIDE.test(host)) return true;
  const octets = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  // A name without a dot is resolved inside of somebody's network, if at all.
  if (octets === null) return !host.includes(".");
  const [a, b] = [Number(octets[1]), Number(octets[2])];
  return (
    a === 0 ||
    a === 10 ||
    (a === 100 && b >= 64 && b <= 127) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && (b === 168 || b === 0)) ||
    // [RFC 7526] 6to4's relays, which pass on to whatever is near.
    (a === 192 && b === 88 && Number(octets[3]) === 99) ||
    // [RFC 5737] TEST-NET-2 and -3: nobody's, so some network's own.
    (a === 198 && (b === 18 || b === 19 || b === 51)) ||
    (a === 203 && b === 0 && Number(octets[3]) === 113) ||
    a >= 224
  );
}
