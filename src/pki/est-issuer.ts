/**
 * A CA that speaks EST: its simpleenroll. Must not know what the certificate is for.
 */
import { bytesOfBase64, certsOnly } from "../security/x509/certs-only.ts";
import { DerError, SEQUENCE } from "../security/x509/der.ts";
import { boundedFetch, type Fetching } from "./bounded-fetch.ts";
import { type IssuerOutcome, later, outcomeOf, refused } from "./issuer-outcome.ts";

interface EstSettings {
  /** With the `.well-known/est` in it. */
  url: string;
  /** `user:password`; absent: the binding's certificate, or nothing, is what it knows us by. */
  secret: string | undefined;
  by: Fetching | undefined;
}

/** Seconds; [RFC 7030 §4.2.3] a CA that asks to wait says how long, up to a day. */
const RETRY_AFTER_MAX_SECONDS = 86_400;

/** @throws where it does not answer */
export async function estIssuer(der: Uint8Array, { url, secret, by }: EstSettings): Promise<IssuerOutcome> {
  const { status, headers, body } = await boundedFetch(by, `${url.replace(/\/+$/, "")}/simpleenroll`, {
    method: "POST",
    headers: {
      "content-type": "application/pkcs10",
      "content-transfer-encoding": "base64",
      ...(secret !== undefined && { authorization: `Basic ${btoa(secret)}` }),
    },
    body: btoa(String.fromCharCode(...der)),
  });
  if (status === 202) {
    const seconds = Number(headers.get("retry-after") ?? "");
    const isTime = Number.isFinite(seconds) && seconds > 0;
    return later("the issuer asks to wait", isTime ? Math.min(seconds, RETRY_AFTER_MAX_SECONDS) * 1000 : undefined);
  }
  if (status !== 200) return outcomeOf(status, new TextDecoder().decode(body));
  try {
    return { kind: "given", certificates: certsOnly(derOf(body)) };
  } catch (error) {
    if (error instanceof DerError) return refused(`the issuer's answer is no PKCS #7: ${error.message}`);
    throw error;
  }
}

/** [RFC 8951 §3.2] It is base64; some servers send the bytes themselves. */
const derOf = (body: Uint8Array): Uint8Array =>
  body[0] === SEQUENCE && (body[1] ?? 0) >= 0x80 ? body : bytesOfBase64(new TextDecoder().decode(body));
