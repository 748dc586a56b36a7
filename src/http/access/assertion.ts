/**
 * A token as Cloudflare Access signs it, taken apart and verified by RS256 alone. Must not know where keys come from, nor what its
 * claims mean.
 */
import { parseJson } from "../../json.ts";
import type { AccessClaims } from "../../security/access/access-claims.ts";
import { isRecord } from "../../shape.ts";

/** Characters: with many groups a few thousand. */
const TOKEN_MAX_LENGTH = 16_384;
const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;

export interface Assertion {
  /** Of the key that it says it was signed by. */
  kid: string;
  claims: AccessClaims;
  /** What was signed, and by what. */
  signed: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

/** [RFC 7515 §7.1; RFC 8725 §3.1] `null`: it is none, or says that another algorithm signed it. Nothing of it is proven yet. */
export function readAssertion(token: string): Assertion | null {
  if (token.length > TOKEN_MAX_LENGTH) return null;
  const [head = "", body = "", signature = "", ...more] = token.split(".");
  const header = recordOf(head);
  const claims = recordOf(body);
  const bytes = decoded(signature);
  if (more.length > 0 || header === null || claims === null || bytes === null) return null;
  // [RFC 7515 §4.1.11] What must be understood is not.
  if (header.alg !== "RS256" || typeof header.kid !== "string" || "crit" in header) return null;
  return {
    kid: header.kid,
    claims,
    signed: Uint8Array.from(new TextEncoder().encode(`${head}.${body}`)),
    signature: bytes,
  };
}

export const isSignedBy = (key: CryptoKey, { signed, signature }: Assertion): Promise<boolean> =>
  crypto.subtle.verify(RS256, key, signature, signed);

/** [RFC 3447 §A.1; RFC 8725 §3.5] Bytes of a modulus: 2,048 bits at least, and no more than anybody uses. */
const MODULUS_MIN_BYTES = 256;
const MODULUS_MAX_BYTES = 1_024;

/** [RFC 7517 §4, RFC 7518 §6.3] `null`: it is no RSA key to verify RS256 with. */
export async function rsaKeyOf(jwk: unknown): Promise<{ kid: string; key: CryptoKey } | null> {
  if (!isRecord(jwk)) return null;
  const { kid, kty, n, e, alg = "RS256", use = "sig" } = jwk;
  if (kty !== "RSA" || alg !== "RS256" || use !== "sig" || typeof kid !== "string") return null;
  if (typeof n !== "string" || typeof e !== "string") return null;
  const bytes = decoded(n)?.length ?? 0;
  if (bytes < MODULUS_MIN_BYTES || bytes > MODULUS_MAX_BYTES) return null;
  try {
    return { kid, key: await crypto.subtle.importKey("jwk", { kty, n, e }, RS256, false, ["verify"]) };
  } catch {
    return null;
  }
}

function recordOf(part: string): Record<string, unknown> | null {
  const bytes = decoded(part);
  if (bytes === null) return null;
  try {
    const value: unknown = parseJson<unknown>(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** [RFC 7515 §2] base64url without padding. */
function decoded(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return null;
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
  } catch {
    return null;
  }
}
