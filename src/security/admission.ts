/**
 * May this station connect? From the claims of one connection and the station's registration to admitted or refused.
 * Must not know where a registration is kept, nor how a refusal looks on the wire.
 */
import { type Protocol, PROTOCOLS } from "../ocpp/protocol.ts";
import { chooseProtocol } from "../ocpp/subprotocol.ts";
import { err, ok, type Result } from "../result.ts";
import { type CertificateSuccession, isLetIn, isRetired } from "./certificate/succession.ts";
import type { CertificateFacts } from "./client-certificate.ts";
import type { PasswordHash } from "./password.ts";
import { formerOnes } from "./password-succession.ts";
import type { RefusalReason } from "./refusal.ts";
import type { Transport } from "./transport.ts";

/** OCPP's own numbers: 0 nothing, 1 Basic, 2 TLS and Basic, 3 mTLS. */
export type SecurityProfile = 0 | 1 | 2 | 3;

export interface Registration {
  securityProfile: SecurityProfile;
  password: PasswordHash | null;
  /** The one before, which counts until `password` was used once; absent: it has never been or is over. */
  formerPassword?: PasswordHash;
  /** Those between the two, newest first, of which nobody knows whether the station has one; absent: there is none. */
  formerPasswords?: PasswordHash[];
  certificate: { commonName: string; organization?: string; fingerprints?: string[] };
  /** Those that were issued to it since it was registered; absent: none was. */
  issued?: CertificateSuccession;
  /** Empty: all that are enabled. */
  protocols: Protocol[];
  assumeProtocol: boolean;
}

/** What one connection attempt shows. The Worker has verified each: nothing here is a client's word but `basic`. */
export interface ConnectionClaims {
  stationId: string;
  transport: Transport;
  basic: { user: string; password: string } | null;
  certificate: CertificateFacts | null;
  /** The offered subprotocols, in the station's order; empty if it sent no such header. */
  offer: string[];
}

export interface AdmissionSettings {
  allowProfile0: boolean;
  enabledProtocols: readonly Protocol[];
}

export interface Admitted {
  securityProfile: SecurityProfile;
  protocol: Protocol;
  /** While two passwords count: the newer one let it in. */
  provedPassword?: true;
  /** Whether the 101 names the protocol: not to a station that offered none. */
  echoProtocol: boolean;
}

/** What can be refused without the registration, so without waking the station's object. */
export function refuseEarly(claims: ConnectionClaims, settings: AdmissionSettings): RefusalReason | null {
  if (claims.transport === "mtls") return null;
  if (claims.basic !== null) return claims.basic.user === claims.stationId ? null : "user-is-not-the-station";
  return claims.transport === "http" && settings.allowProfile0 ? null : "credentials-missing";
}

/**
 * [OCPP 2.x A05.FR.07] A profile lower than the registered one is refused before a password is looked at.
 * @param passwordMatches asked only where Basic decides, once for each password that counts; `null`: it cannot be told now
 */
export async function admit(
  claims: ConnectionClaims,
  registration: Registration | null,
  settings: AdmissionSettings,
  passwordMatches: (password: string, kept: PasswordHash) => Promise<boolean | null>,
): Promise<Result<Admitted, RefusalReason>> {
  if (registration === null) return err("not-registered");
  const early = refuseEarly(claims, settings);
  if (early !== null) return err(early);

  let proved = false;
  const securityProfile = profileOf(claims, registration);
  if (securityProfile < registration.securityProfile) {
    const onlyCredentialsLack = claims.transport === "http" && registration.securityProfile === 1;
    return err(onlyCredentialsLack ? "credentials-missing" : "profile-too-low");
  }
  if (securityProfile === 3) {
    const fault = certificateFault(claims.certificate, registration);
    if (fault !== null) return err(fault);
  } else if (securityProfile > 0) {
    const { password } = registration;
    const former = formerOnes(registration);
    if (password === null) return err("no-password-registered");
    const shown = claims.basic?.password ?? "";
    const usedPassword = await passwordMatches(shown, password);
    const used: (boolean | null)[] = [usedPassword];
    // Asked whatever the others said, so that time does not tell which one was right.
    for (const each of former) used.push(await passwordMatches(shown, each));
    if (usedPassword === null || used.includes(null)) return err("unreachable");
    if (!used.includes(true)) return err("password-wrong");
    proved = usedPassword && former.length > 0;
  } else if (!settings.allowProfile0) {
    return err("profile-too-low");
  }
  const protocol = chosen(claims.offer, registration, settings);
  return protocol.ok ? ok({ ...protocol.value, securityProfile, ...(proved && { provedPassword: true }) }) : protocol;
}

function profileOf(claims: ConnectionClaims, registration: Registration): SecurityProfile {
  if (claims.transport === "mtls") return 3;
  if (claims.transport === "tls") return 2;
  // A profile 0 station without a password has nothing that its credentials could be compared with.
  const provable = registration.securityProfile > 0 || registration.password !== null;
  return claims.basic !== null && provable ? 1 : 0;
}

function certificateFault(certificate: CertificateFacts | null, registration: Registration): RefusalReason | null {
  const { commonName, organization } = registration.certificate;
  const isNamed = certificate?.commonName === commonName;
  if (!isNamed || (organization !== undefined && certificate.organization !== organization))
    return "certificate-of-another-station";
  const { fingerprint, twin } = certificate;
  if (isLetIn(registration, fingerprint, twin)) return null;
  return isRetired(registration, fingerprint, twin) ? "certificate-retired" : "certificate-of-another-station";
}

function chosen(
  offer: string[],
  registration: Registration,
  settings: AdmissionSettings,
): Result<Pick<Admitted, "protocol" | "echoProtocol">, RefusalReason> {
  const registered = registration.protocols.length === 0 ? PROTOCOLS : registration.protocols;
  const allowed = registered.filter((protocol) => settings.enabledProtocols.includes(protocol));
  if (offer.length === 0) {
    // [known fault] Some stations send no Sec-WebSocket-Protocol; guessing among several would be assuming a version.
    const [only, ...others] = registration.protocols;
    const assumed = registration.assumeProtocol && only !== undefined && others.length === 0 && allowed.includes(only);
    return assumed ? ok({ protocol: only, echoProtocol: false }) : err("no-common-subprotocol");
  }
  const protocol = chooseProtocol(offer, allowed);
  return protocol === null ? err("no-common-subprotocol") : ok({ protocol, echoProtocol: true });
}
