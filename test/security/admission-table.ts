/**
 * What becomes of each certificate, in each trust mode, against each registration: written down case by case. Must not know the code
 * that decides.
 */
import type { StationCertificateOptions } from "../../src/local/pki/station-certificate.ts";
import type { Registration } from "../../src/security/admission.ts";

export const ID = "CS-1";
export const ORGANIZATION = "Kerbside Development";

/** Whose verdict counts, whether its issuers are narrowed down to the station CA, and what the edge says of the chain. */
export const MODES = {
  edge: { trust: "edge", narrow: false },
  "edge, and CLIENT_CA_SKIS": { trust: "edge", narrow: true },
  worker: { trust: "worker", narrow: false },
  "worker, and CLIENT_CA_SKIS": { trust: "worker", narrow: true },
  "worker, and an edge that believes everybody": { trust: "worker", narrow: false },
} as const;
export type Mode = keyof typeof MODES;

/** Whose name a certificate bears. */
export type Bearer = "own" | "own, of another organization" | "own, of none" | "another's" | "nobody's";

const MISSING = "certificate-missing";
const UNVERIFIED = "certificate-unverified";
const EXPIRED = "certificate-expired";
const REVOKED = "certificate-revoked";
const ISSUER = "certificate-issuer-not-allowed";
const UNREADABLE = "certificate-unreadable";

/** Refused whoever asks, in the order of `MODES`; `null`: it is looked at who asks. */
type Door = readonly [
  edge: string | null,
  edgeNarrow: string | null,
  worker: string | null,
  workerNarrow: string | null,
  workerBelieving: string | null,
];
const always = (reason: string | null): Door => [reason, reason, reason, reason, reason];
/** A CA that is trusted, and is not the station CA. */
const BELOW_ANOTHER_CA: Door = [null, ISSUER, null, ISSUER, null];

export const CERTIFICATES: Readonly<Record<string, { bearer: Bearer; door: Door }>> = {
  none: { bearer: "nobody's", door: always(MISSING) },
  "a good one": { bearer: "own", door: always(null) },
  "a good one, its leaf alone": { bearer: "own", door: always(null) },
  "a good one with its chain twice and the wrong way round": { bearer: "own", door: always(null) },
  "a good one of P-384": { bearer: "own", door: always(null) },
  "a good one of RSA 4096": { bearer: "own", door: always(null) },
  "a good one below two intermediates": { bearer: "own", door: BELOW_ANOTHER_CA },
  "below two intermediates, its leaf alone": { bearer: "own", door: always(UNVERIFIED) },
  "a good one of a constrained CA": { bearer: "own", door: BELOW_ANOTHER_CA },
  "of a constrained CA, its leaf alone": { bearer: "own", door: always(UNVERIFIED) },
  "outside of its CA's constraints": { bearer: "own, of another organization", door: always(UNVERIFIED) },
  // Whether a stranger's has expired nobody needs to know: the edge's last word may hide an earlier one.
  "expired one": { bearer: "own", door: [UNVERIFIED, EXPIRED, EXPIRED, EXPIRED, EXPIRED] },
  "expired one of another station": { bearer: "another's", door: [UNVERIFIED, EXPIRED, EXPIRED, EXPIRED, EXPIRED] },
  "one that is not yet valid": { bearer: "own", door: always(UNVERIFIED) },
  "a stranger's": { bearer: "own", door: always(UNVERIFIED) },
  "a self-signed one": { bearer: "own", door: always(UNVERIFIED) },
  "a revoked one": { bearer: "own", door: always(REVOKED) },
  "one signed over SHA-1": { bearer: "own", door: always(UNVERIFIED) },
  "one of RSA 1024": { bearer: "own", door: always(UNVERIFIED) },
  "one of P-192": { bearer: "own", door: always(UNVERIFIED) },
  "one for servers": { bearer: "own", door: always(UNVERIFIED) },
  "another station's": { bearer: "another's", door: always(null) },
  "one in another case": { bearer: "another's", door: always(null) },
  "one with a space behind its name": { bearer: "another's", door: always(null) },
  "one of another organization": { bearer: "own, of another organization", door: always(null) },
  "one without an organization": { bearer: "own, of none", door: always(null) },
  "one with two common names": { bearer: "nobody's", door: always(UNREADABLE) },
  "one without a common name": { bearer: "nobody's", door: always(UNREADABLE) },
  // [cf.tls_client_auth.cert_rfc9440_too_large] The edge verified what it does not show; the Worker cannot.
  "a good one that the edge does not show": { bearer: "own", door: [null, null, UNREADABLE, UNREADABLE, UNREADABLE] },
  "a good one beside another one's fingerprint": {
    bearer: "own",
    door: [null, null, UNREADABLE, UNREADABLE, UNREADABLE],
  },
};

/** Those that `npm run station:cert` makes, or could with another name. */
export const ISSUED: Readonly<Record<string, Partial<StationCertificateOptions>>> = {
  "a good one": {},
  "a good one, its leaf alone": { leafOnly: true },
  "a good one of P-384": { kind: "ec-p384" },
  "a good one of RSA 4096": { kind: "rsa-4096" },
  "a good one below two intermediates": { kind: "two-intermediates" },
  "below two intermediates, its leaf alone": { kind: "two-intermediates", leafOnly: true },
  "a good one of a constrained CA": { kind: "name-constrained" },
  "of a constrained CA, its leaf alone": { kind: "name-constrained", leafOnly: true },
  "outside of its CA's constraints": { kind: "outside-constraints" },
  "expired one": { kind: "expired" },
  "expired one of another station": { kind: "expired", commonName: "CS-2" },
  "one that is not yet valid": { kind: "not-yet-valid" },
  "a stranger's": { kind: "other-ca" },
  "a self-signed one": { kind: "self-signed" },
  "a revoked one": { kind: "revoked" },
  "one signed over SHA-1": { kind: "sha1" },
  "one of RSA 1024": { kind: "rsa-1024" },
  "one of P-192": { kind: "ec-p192" },
  "one for servers": { kind: "server-auth" },
  "another station's": { commonName: "CS-2" },
  "one in another case": { commonName: "cs-1" },
  "one with a space behind its name": { commonName: "CS-1 " },
  "one of another organization": { organization: "Another Operator" },
};

export type RegistrationCase = Partial<Omit<Registration, "certificate">> & {
  certificate?: { commonName?: string; organization?: string; fingerprints?: ("shown" | "another")[] };
};
/** `null`: there is none. */
export const REGISTRATIONS: Readonly<Record<string, RegistrationCase | null>> = {
  none: null,
  "profile 0": { securityProfile: 0 },
  "profile 1": { securityProfile: 1 },
  "profile 2": { securityProfile: 2 },
  "profile 3": { securityProfile: 3 },
  "its organization": { securityProfile: 3, certificate: { organization: ORGANIZATION } },
  "another organization": { securityProfile: 3, certificate: { organization: "Somebody Else" } },
  "its fingerprint": { securityProfile: 3, certificate: { fingerprints: ["shown"] } },
  "another fingerprint": { securityProfile: 3, certificate: { fingerprints: ["another"] } },
  "old and new fingerprint": { securityProfile: 3, certificate: { fingerprints: ["another", "shown"] } },
  "another name": { securityProfile: 3, certificate: { commonName: "Serial 0815" } },
  "2.1 alone": { securityProfile: 3, protocols: ["ocpp2.1"] },
};

const FOREIGN = "certificate-of-another-station";
const UNKNOWN = "not-registered";
const PROTOCOL = "no-common-subprotocol";

/** Who came through the door is `3`, its security profile, or refused; in the order of `REGISTRATIONS`. It offers OCPP 1.6. */
const BY_REGISTRATION: Readonly<Record<Exclude<Bearer, "nobody's">, readonly (3 | string)[]>> = {
  own: [UNKNOWN, 3, 3, 3, 3, 3, FOREIGN, 3, FOREIGN, 3, FOREIGN, PROTOCOL],
  "own, of another organization": [UNKNOWN, 3, 3, 3, 3, FOREIGN, FOREIGN, 3, FOREIGN, 3, FOREIGN, PROTOCOL],
  "own, of none": [UNKNOWN, 3, 3, 3, 3, FOREIGN, FOREIGN, 3, FOREIGN, 3, FOREIGN, PROTOCOL],
  "another's": [
    ...[UNKNOWN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN],
    ...[FOREIGN, FOREIGN, FOREIGN, FOREIGN, FOREIGN],
  ],
};

export interface Row {
  certificate: string;
  mode: Mode;
  registration: string;
  /** A security profile: admitted with it. */
  outcome: 3 | string;
}

export const ROWS: readonly Row[] = Object.entries(CERTIFICATES).flatMap(([certificate, { bearer, door }]) =>
  (Object.keys(MODES) as Mode[]).flatMap((mode, modeIndex) =>
    Object.keys(REGISTRATIONS).map((registration, index) => {
      const refused = door[modeIndex] ?? null;
      const row = bearer === "nobody's" ? undefined : BY_REGISTRATION[bearer][index];
      return { certificate, mode, registration, outcome: refused ?? row ?? "no row says" };
    }),
  ),
);
