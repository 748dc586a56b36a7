/**
 * Cloudflare's managed CA: the client certificates of a zone. Must not know what the certificate is for.
 */
import { parseJson } from "../json.ts";
import { certificatesOfPem } from "../security/x509/certs-only.ts";
import { boundedFetch } from "./bounded-fetch.ts";
import { type IssuerOutcome, later, outcomeOf, refused } from "./issuer-outcome.ts";

interface CloudflareSettings {
  /** `…/zones/{zone}/client_certificates` */
  url: string;
  token: string;
  days: number;
}

interface Answer {
  success?: unknown;
  errors?: { code?: unknown; message?: unknown }[];
  result?: { certificate?: unknown };
}

/** @throws where it does not answer */
export async function cloudflareIssuer(csr: string, { url, token, days }: CloudflareSettings): Promise<IssuerOutcome> {
  const { status, body } = await boundedFetch(undefined, url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ csr, validity_days: days }),
  });
  const answer = read(new TextDecoder().decode(body));
  if (answer === null)
    return status < 500 ? later(`the issuer answered ${status}, and no JSON`) : outcomeOf(status, "");
  if (status !== 200 || answer.success !== true) {
    const errors = Array.isArray(answer.errors) ? answer.errors : [];
    return outcomeOf(status, errors.map((each) => `${each?.code} ${each?.message}`).join("; "));
  }
  const certificates = certificatesOfPem(String(answer.result?.certificate ?? ""));
  return certificates.length === 0
    ? refused("the issuer's answer holds no certificate")
    : { kind: "given", certificates };
}

function read(text: string): Answer | null {
  try {
    const answer = parseJson(text);
    return typeof answer === "object" ? answer : null;
  } catch {
    return null;
  }
}
