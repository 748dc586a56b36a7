/**
 * Client certificates for Charging Stations, good ones and every faulty kind. Must not know where they are kept or shown.
 */
import "../../security/x509/reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import {
  certificateToPem,
  distinguishedName,
  EC_P256,
  generateKeyPair,
  type KeyPair,
  keyToPem,
  signCertificate,
} from "./authority.ts";
import { ORGANIZATION, type Pki } from "./pki.ts";

export const STATION_CERTIFICATE_KINDS = [
  "valid",
  "expired",
  "not-yet-valid",
  "other-ca",
  "self-signed",
  "revoked",
] as const;
export type StationCertificateKind = (typeof STATION_CERTIFICATE_KINDS)[number];

export interface StationKey {
  pair: KeyPair;
  pem: string;
}

export interface StationCertificateOptions {
  stationId: string;
  kind?: StationCertificateKind;
  /** The station id where left out. */
  commonName?: string;
  organization?: string;
  /** One key for many stations: a fleet need not wait for a key each. */
  sharedKey?: StationKey;
  now?: Date;
}

export interface StationCertificate {
  /** PEM: the leaf, then the CA that issued it; a self-signed one stands alone. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
  /** Upper hex. */
  serial: string;
  notAfter: Date;
}

const DAY_MS = 86_400_000;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

export async function createStationKey(): Promise<StationKey> {
  const pair = await generateKeyPair(EC_P256);
  return { pair, pem: await keyToPem(pair.privateKey) };
}

export async function issueStationCertificate(
  pki: Pick<Pki, "stationCa" | "stationCaPem" | "otherCa" | "otherCaPem" | "revocations">,
  options: StationCertificateOptions,
): Promise<StationCertificate> {
  const kind = options.kind ?? "valid";
  const key = options.sharedKey ?? (await createStationKey());
  const validity = validityOf(kind, (options.now ?? new Date()).getTime());
  const request = {
    subject: distinguishedName(options.organization ?? ORGANIZATION, options.commonName ?? options.stationId),
    publicKey: key.pair.publicKey,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([CLIENT_AUTH]),
    ],
  };
  const { issuer, issuerPem } = issuerOf(kind, pki, key.pair);
  const certificate = await signCertificate(request, issuer);
  const serial = certificate.serialNumber.toUpperCase();
  if (kind === "revoked") pki.revocations.add(serial);
  return { cert: certificateToPem(certificate) + issuerPem, key: key.pem, serial, notAfter: validity.notAfter };
}

function issuerOf(
  kind: StationCertificateKind,
  pki: Pick<Pki, "stationCa" | "stationCaPem" | "otherCa" | "otherCaPem">,
  own: KeyPair,
) {
  switch (kind) {
    case "self-signed":
      return { issuer: own, issuerPem: "" };
    case "other-ca":
      return { issuer: pki.otherCa, issuerPem: pki.otherCaPem };
    case "valid":
    case "expired":
    case "not-yet-valid":
    case "revoked":
      return { issuer: pki.stationCa, issuerPem: pki.stationCaPem };
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
