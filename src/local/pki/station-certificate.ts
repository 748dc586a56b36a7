/**
 * Client certificates for Charging Stations, good ones and every faulty kind. Must not know where they are kept or shown.
 */
import "../../security/x509/reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import { certificateToPem, distinguishedName, type KeyPair, signCertificate } from "./authority.ts";
import { nameConstrained, twoIntermediates } from "./depot-authorities.ts";
import { ORGANIZATION, type Pki } from "./pki.ts";
import { createStationKey, type StationKey, type StationKeyKind } from "./station-key.ts";

export const STATION_CERTIFICATE_KINDS = [
  "valid",
  "ec-p384",
  "rsa-4096",
  "two-intermediates",
  "name-constrained",
  "expired",
  "not-yet-valid",
  "other-ca",
  "self-signed",
  "revoked",
  "sha1",
  "rsa-1024",
  "ec-p192",
  "server-auth",
  "outside-constraints",
] as const;
export type StationCertificateKind = (typeof STATION_CERTIFICATE_KINDS)[number];

export interface StationCertificateOptions {
  stationId: string;
  kind?: StationCertificateKind;
  /** The station id where left out. */
  commonName?: string;
  organization?: string;
  /** One key for many stations: a fleet need not wait for a key each. */
  sharedKey?: StationKey;
  /** What issued it does not come with it. */
  leafOnly?: boolean;
  now?: Date;
}

export interface StationCertificate {
  /** PEM: the leaf, then the CAs between it and the root; a self-signed one stands alone. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
  /** Upper hex. */
  serial: string;
  notAfter: Date;
}

/** What is read of a PKI here; the root is asked for by the kinds alone that come with CAs of their own. */
export type IssuingPki = Pick<Pki, "root" | "stationCa" | "stationCaPem" | "otherCa" | "otherCaPem" | "revocations">;

const DAY_MS = 86_400_000;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
/** That no CA of the development PKI is constrained to. */
const OTHER_ORGANIZATION = "Another Operator";

export async function issueStationCertificate(
  pki: IssuingPki,
  options: StationCertificateOptions,
): Promise<StationCertificate> {
  const kind = options.kind ?? "valid";
  const now = (options.now ?? new Date()).getTime();
  const key = options.sharedKey ?? (await createStationKey(keyOf(kind)));
  const validity = validityOf(kind, now);
  const organization = options.organization ?? (kind === "outside-constraints" ? OTHER_ORGANIZATION : ORGANIZATION);
  const request = {
    subject: distinguishedName(organization, options.commonName ?? options.stationId),
    publicKey: key.publicKey,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([kind === "server-auth" ? SERVER_AUTH : CLIENT_AUTH]),
    ],
  };
  const { issuer, chainPem } = await issuerOf(kind, pki, key.pair, now);
  const certificate = await signCertificate(request, issuer, kind === "sha1" ? "SHA-1" : "SHA-256");
  const serial = certificate.serialNumber.toUpperCase();
  if (kind === "revoked") pki.revocations.add(serial);
  const cert = certificateToPem(certificate) + (options.leafOnly === true ? "" : chainPem);
  return { cert, key: key.pem, serial, notAfter: validity.notAfter };
}

function keyOf(kind: StationCertificateKind): StationKeyKind {
  return kind === "ec-p384" || kind === "rsa-4096" || kind === "rsa-1024" || kind === "ec-p192" ? kind : "ec-p256";
}

async function issuerOf(kind: StationCertificateKind, pki: IssuingPki, own: KeyPair | undefined, now: number) {
  switch (kind) {
    case "self-signed":
      if (own === undefined) throw new Error("a key that cannot sign makes no self-signed certificate");
      return { issuer: own, chainPem: "" };
    case "other-ca":
      return { issuer: pki.otherCa, chainPem: pki.otherCaPem };
    case "two-intermediates":
      return twoIntermediates(pki.root, ORGANIZATION, now);
    case "name-constrained":
    case "outside-constraints":
      return nameConstrained(pki.root, ORGANIZATION, now);
    case "valid":
    case "ec-p384":
    case "rsa-4096":
    case "expired":
    case "not-yet-valid":
    case "revoked":
    case "sha1":
    case "rsa-1024":
    case "ec-p192":
    case "server-auth":
      return { issuer: pki.stationCa, chainPem: pki.stationCaPem };
  }
}

function validityOf(kind: StationCertificateKind, nowMs: number): { notBefore: Date; notAfter: Date } {
  const days = (from: number, to: number) => ({
    notBefore: new Date(nowMs + from * DAY_MS),
    notAfter: new Date(nowMs + to * DAY_MS),
  });
  if (kind === "expired") return days(-30, -1);
  if (kind === "not-yet-valid") return days(1, 365);
  return days(-1, 365);
}
