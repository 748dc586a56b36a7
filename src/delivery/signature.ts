/**
 * Standard Webhooks signatures. Must not know what is signed.
 */
import { Webhook } from "standardwebhooks";

/** The three headers of [Standard Webhooks 1.0.0]. `id` must hold no dot. @throws where the secret is not base64 */
export function signedHeaders(secret: string, id: string, body: string, at: Date = new Date()): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}

/** [Standard Webhooks 1.0.0, Signature scheme] In bytes; a shorter secret can be guessed from one delivery. */
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;

export const SIGNING_SECRET = `base64 of ${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} bytes, with or without the prefix whsec_`;

/** Whether a secret can sign, and is none that could be guessed. */
export function isSigningSecret(secret: string): boolean {
  try {
    const { length } = atob(secret.replace(/^whsec_/, ""));
    return length >= SECRET_MIN_BYTES && length <= SECRET_MAX_BYTES && new Webhook(secret) !== null;
  } catch {
    return false;
  }
}
