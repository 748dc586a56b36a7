/**
 * Key pairs of Charging Stations, the usual one and those that no edge should take. Must not know certificates.
 */
import "../../security/x509/reflect-metadata.ts";
import { generateKeyPairSync } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { EC_P256, generateKeyPair, type KeyAlgorithm, type KeyPair, keyToPem, RSA_2048 } from "./authority.ts";

export interface StationKey {
  publicKey: KeyPair["publicKey"] | x509.PublicKey;
  /** PEM, PKCS #8. */
  pem: string;
  /** Absent where WebCrypto does not know its kind: it cannot sign a certificate then. */
  pair?: KeyPair;
}

export type StationKeyKind = "ec-p256" | "ec-p384" | "rsa-4096" | "rsa-1024" | "ec-p192";

const ALGORITHMS: Readonly<Record<Exclude<StationKeyKind, "ec-p192">, KeyAlgorithm>> = {
  "ec-p256": EC_P256,
  "ec-p384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-256" },
  "rsa-4096": { ...RSA_2048, modulusLength: 4_096 },
  "rsa-1024": { ...RSA_2048, modulusLength: 1_024 },
};

export async function createStationKey(kind?: "ec-p256"): Promise<Required<StationKey>>;
export async function createStationKey(kind: StationKeyKind): Promise<StationKey>;
export async function createStationKey(kind: StationKeyKind = "ec-p256"): Promise<StationKey> {
  if (kind !== "ec-p192") {
    const pair = await generateKeyPair(ALGORITHMS[kind]);
    return { publicKey: pair.publicKey, pem: await keyToPem(pair.privateKey), pair };
  }
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime192v1" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    publicKey: new x509.PublicKey(new Uint8Array(spki)),
    pem: String(privateKey.export({ type: "pkcs8", format: "pem" })),
  };
}
