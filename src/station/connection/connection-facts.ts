/**
 * What is kept of a connection that is let in. Must not know its socket.
 */
import type { Admitted } from "../../security/admission.ts";
import { issuedByKey, revocationKeys } from "../../security/revocation.ts";
import type { ConnectionFacts } from "../storage/facts.ts";
import type { ConnectRequest } from "./connect-request.ts";

/** @param since ms since the epoch @param admissionRevision of the registration that it was judged by */
export function connectionFacts(
  { claims, remoteAddress }: ConnectRequest,
  { protocol, securityProfile }: Admitted,
  since: number,
  admissionRevision: number,
): ConnectionFacts {
  const id = crypto.randomUUID();
  const { certificate } = claims;
  if (certificate === null)
    return { id, protocol, securityProfile, since, remoteAddress, certificate, admissionRevision };
  const { commonName: _, organization: __, ...kept } = certificate;
  return { id, protocol, securityProfile, since, remoteAddress, certificate: kept, admissionRevision };
}

/** By one of these its certificate, or a CA above it, was revoked. */
export const isRevokedBy = ({ certificate }: ConnectionFacts, keys: readonly string[]): boolean =>
  certificate !== null &&
  [...revocationKeys(certificate), ...(certificate.issuerKeyId ? [issuedByKey(certificate.issuerKeyId)] : [])].some(
    (key) => keys.includes(key),
  );
