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
    .replace(/\.$/, "")
    .toLowerCase();
  if (isLoopback(host)) return local && /^https?:$/.test(url.protocol) ? null : "private-address";
  if (isPrivate(host)) return "private-address";
  return url.protocol === "https:" ? null : "not-https";
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || /^127\./.test(host) || host === "::1";

/** `new URL` has already turned every spelling of an IPv4 address (hex, octal, one number) into dotted decimals. */
function isPrivate(host: string): boolean {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped !== null) {
    const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
    return isPrivate([high >> 8, high & 255, low >> 8, low & 255].join(".")) || high >> 8 === 127;
  }
  // Public IPv6 is 2000::/3; of it 6to4 (2002::/16) carries an IPv4 address, which may be private.
  if (host.includes(":")) return !/^[23][0-9a-f]{3}:/.test(host) || host.startsWith("2002:");
  if (/\.(local|internal|home\.arpa)$/.test(host)) return true;
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
    (a === 198 && (b === 18 || b === 19)) ||
    a >= 224
  );
}
