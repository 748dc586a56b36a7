/**
 * A CA behind the service binding `ISSUER`, which has the key and keeps it: locally the development PKI. Must not know what the
 * certificate is for.
 */
import { certificatesOfPem } from "../security/x509/certs-only.ts";
import { boundedFetch, type Fetching } from "./bounded-fetch.ts";
import { type IssuerOutcome, later, outcomeOf } from "./issuer-outcome.ts";

/** @param csr PEM @throws where it does not answer */
export async function boundIssuer(by: Fetching | undefined, csr: string, days: number): Promise<IssuerOutcome> {
  if (by === undefined) return later("no issuer is bound as ISSUER");
  const { status, body } = await boundedFetch(by, `https://issuer/sign?days=${days}`, { method: "POST", body: csr });
  const text = new TextDecoder().decode(body);
  return status === 200 ? { kind: "given", certificates: certificatesOfPem(text) } : outcomeOf(status, text);
}
