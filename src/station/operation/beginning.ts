/**
 * Whether an operation may begin as a registration stands, and its first row. Must not know how it goes on.
 */
import { err, ok, type Result } from "../../result.ts";
import type { Operation } from "../../security/operation/operation.ts";
import { hasRoomForPassword, PASSWORDS_MAX } from "../../security/password-succession.ts";
import { generatePassword, hashPassword, type PasswordHash } from "../../security/password.ts";
import type { StationContext } from "../object/context.ts";
import type { OperationRefusal, OperationRequest } from "../station-rpc.ts";
import type { StoredRegistration } from "../storage/facts.ts";
import { lastEnded } from "../storage/past-connections.ts";

interface Beginning {
  operation: Operation;
  /** The new one; `null`: it has none. */
  password: PasswordHash | null;
}

/** `null`: there is no registration. Nothing is written here. */
export async function begun(
  context: StationContext,
  request: OperationRequest,
  live: { protocol: string } | null,
): Promise<Result<Beginning, OperationRefusal> | null> {
  const { password: given, expiresInSeconds, ...wishes } = request;
  const before = context.store.fact("registration");
  if (before === undefined) return null;
  const needsPassword = (registration: StoredRegistration) =>
    request.kind === "password-rotation" || (request.to !== 3 && registration.password === null);
  const plain = needsPassword(before) ? (given ?? generatePassword()) : null;
  const password =
    plain === null
      ? null
      : await hashPassword(new TextEncoder().encode(plain), given === undefined ? "generated" : "chosen");
  // Hashing takes time, in which it may have been deregistered, or another operation begun.
  const registration = context.store.fact("registration");
  if (registration === undefined) return null;
  if ((password !== null) !== needsPassword(registration)) return begun(context, request, live);
  const refusal = refusalOf(context, request, registration, live);
  if (refusal !== null) return err(refusal);
  const now = context.now();
  const certificate = lastEnded(context.eventLog.past)?.certificate ?? null;
  const hasCertificate = wishes.hasCertificate ?? (certificate !== null && Date.parse(certificate.notAfter) > now);
  const operation: Operation = {
    ...wishes,
    id: crypto.randomUUID(),
    hasCertificate,
    startedAt: now,
    expiresAt: now + expiresInSeconds * 1000,
    state: "running",
    steps: [],
    attempts: 0,
    ...(plain !== null && password !== null && { password: { plain, hash: password.hash } }),
  };
  return ok({ operation, password });
}

function refusalOf(
  { config, store }: StationContext,
  { kind, to, url, hasCertificate }: OperationRequest,
  registration: StoredRegistration,
  live: { protocol: string } | null,
): OperationRefusal | null {
  const underWay = store.fact("operation");
  if (underWay !== undefined) return { kind: "under-way", operation: underWay.kind };
  const { securityProfile: profile, password, certificate } = registration;
  if (kind === "password-rotation") {
    if (password === null || profile === 0 || profile === 3)
      return inapplicable(`It is registered for security profile ${profile}, where no password counts.`);
    if (!hasRoomForPassword(registration))
      return inapplicable(`${PASSWORDS_MAX} passwords count already: PUT one, with which it is reached, first.`);
    return null;
  }
  if ((to ?? 0) <= profile) return inapplicable(`It is registered for security profile ${profile} already.`);
  // What is issued here counts beside those that are named.
  const isIssuedHere = config.CERTIFICATE_ISSUER !== "csms" && registration.csms !== "link";
  if (to === 3 && certificate.fingerprints !== undefined && hasCertificate !== true && !isIssuedHere)
    return inapplicable(
      "Its registration names certificates by fingerprint, and would refuse the new one: PUT it without.",
    );
  if (live !== null && live.protocol !== "ocpp1.6" && url === undefined)
    return { kind: "invalid", path: "/url", message: `required: in ${live.protocol} a profile has its URL` };
  return null;
}

const inapplicable = (detail: string): OperationRefusal => ({ kind: "not-applicable", detail });
