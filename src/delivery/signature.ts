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

/** Whether a secret can sign: base64, with or without the prefix `whsec_`; 24 to 64 bytes are recommended. */
export function isSigningSecret(secret: string): boolean {
  try {
    return new Webhook(secret) !== null;
  } catch {
    return false;
  }
}
