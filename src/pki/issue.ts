/**
 * The one port to whoever signs stations' certificates: asked by the setting CERTIFICATE_ISSUER, and what it gives is held against what
 * was asked for. Must not know stations' objects, nor how a certificate reaches one.
 */
import { configOf } from "../config.ts";
import { log, messageOf } from "../log.ts";
import { type IssuedCertificate, judgeIssued } from "../security/x509/issued.ts";
import { judgeRequest } from "../security/x509/request.ts";
import type { ExpectedSubject } from "../security/x509/subject.ts";
import type { Fetching } from "./bounded-fetch.ts";
import { boundIssuer } from "./bound-issuer.ts";
import { cloudflareIssuer } from "./cloudflare-issuer.ts";
import { estIssuer } from "./est-issuer.ts";
import { type IssuerOutcome, type Later, later, type Refused, refused } from "./issuer-outcome.ts";
import { trustIn } from "./trust.ts";

/** What of the Worker's environment is asked for, beside its settings. */
export interface IssuerEnv {
  ISSUER?: Fetching;
}

export type Issued = { kind: "issued"; certificate: IssuedCertificate } | Later | Refused;

/** Never throws. @param csr PEM @param expected whose it must be, now */
export async function issue(env: IssuerEnv, csr: string, expected: ExpectedSubject, now: number): Promise<Issued> {
  try {
    const { CLIENT_CA_SKIS, MTLS_TRUST, STATION_CAS } = configOf(env);
    // The registration may have changed since it was judged.
    const request = await judgeRequest(csr, expected);
    if (!request.ok) return refused(request.error);
    const outcome = await ask(env, csr, request.value.der);
    if (outcome.kind !== "given") return outcome;
    const rules = {
      trust: STATION_CAS === undefined ? null : await trustIn(STATION_CAS),
      isChainNeeded: MTLS_TRUST === "worker",
      allowedSkis: CLIENT_CA_SKIS,
    };
    const judged = await judgeIssued(outcome.certificates, request.value.spki, expected, rules, now);
    return judged.ok ? { kind: "issued", certificate: judged.value } : refused(judged.error);
  } catch (error) {
    const reason = messageOf(error);
    log("warn", "a certificate was not issued", { reason });
    return later(reason);
  }
}

function ask(env: IssuerEnv, csr: string, der: Uint8Array): Promise<IssuerOutcome> {
  const { CERTIFICATE_DAYS: days, CERTIFICATE_ISSUER, ISSUER_SECRET: secret, ISSUER_URL: url = "" } = configOf(env);
  switch (CERTIFICATE_ISSUER) {
    case "csms":
      return Promise.resolve(later("the CSMS issues certificates now"));
    case "local":
      return boundIssuer(env.ISSUER, csr, days);
    case "cloudflare":
      return cloudflareIssuer(csr, { url, token: secret ?? "", days });
    case "est":
      return estIssuer(der, { url, secret, by: env.ISSUER });
  }
}
