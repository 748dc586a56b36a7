/**
 * Whether a request was signed by who knows the secret [Standard Webhooks]. Must not know what it holds.
 */

/** s by which a request's time may differ from here: older ones may be somebody's recording. */
const TOLERANCE_SECONDS = 300;
const PREFIX = "whsec_";

const keys = new Map<string, Promise<CryptoKey>>();

/** @param secret in base64, with or without `whsec_`. `null`: it is good; else what is wrong */
export async function signatureFault(
  secret: string,
  headers: Headers,
  body: string,
  now: number,
): Promise<string | null> {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (id === null || timestamp === null || signatures === null) return "it is not signed";
  const seconds = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  if (!(Math.abs(now / 1000 - seconds) <= TOLERANCE_SECONDS)) return "its time is not now";
  const key = await keyOf(secret);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures.split(" ")) {
    const [version, encoded] = signature.split(",");
    const bytes = version === "v1" ? fromBase64(encoded ?? "") : null;
    // The platform compares in constant time.
    if (bytes !== null && (await crypto.subtle.verify("HMAC", key, bytes, signed))) return null;
  }
  return "its signature is another's";
}

/** @throws where it is no secret: at the first request rather than never */
function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const bytes = fromBase64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
  if (bytes === null) throw new TypeError("the secret is no base64");
  const key = crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  keys.set(secret, key);
  return key;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
