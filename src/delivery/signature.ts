/**
 * Standard Webhooks signatures. Must not know what is signed.
 */

/** The three headers of [Standard Webhooks 1.0.0]. `id` must hold no dot. @throws where the secret is not base64 */
export async function signedHeaders(
  secret: string,
  id: string,
  body: string,
  at: Date = new Date(),
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const key = await crypto.subtle.importKey("raw", bytesOf(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${btoa(String.fromCharCode(...signature))}`,
  };
}

/** [Standard Webhooks 1.0.0, Signature scheme] In bytes; a shorter secret can be guessed from one delivery. */
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;

export const SIGNING_SECRET = `base64 of ${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} bytes, with or without the prefix whsec_`;

/** Whether a secret can sign, and is none that could be guessed. */
export function isSigningSecret(secret: string): boolean {
  try {
    const { length } = bytesOf(secret);
    return length >= SECRET_MIN_BYTES && length <= SECRET_MAX_BYTES;
  } catch {
    return false;
  }
}

/** @throws where it is not base64; blanks, which other decoders refuse, are none */
function bytesOf(secret: string): Uint8Array<ArrayBuffer> {
  const base64 = secret.replace(/^whsec_/, "");
  if (/\s/.test(base64)) throw new TypeError("blanks are no base64");
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
}
