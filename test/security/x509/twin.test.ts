import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readCertificate } from "../../../src/security/x509/certificate.ts";
import { DerError } from "../../../src/security/x509/der.ts";
import { isSignedBy } from "../../../src/security/x509/signature.ts";
import { twinFingerprint } from "../../../src/security/x509/twin.ts";
import { bytesOf, childrenOf, decode, der, type Der, encode } from "../../fuzz/der.ts";
import { draftFor, named, signed } from "../../fuzz/leaf.ts";
import { altered, type Curve } from "../../support/altered-signature.ts";
import { seeded } from "../../support/ocpp-samples.ts";

const fingerprint = (der: Buffer): string => createHash("sha256").update(der).digest("hex");

function certificateBy(key: KeyObject, serial: number): Buffer {
  const signer = { name: named("A CA"), keyId: Buffer.alloc(20, 1), key };
  return signed(draftFor("CS1", signer, seeded(serial)), key, signer);
}

describe.each<Curve>(["P-256", "P-384", "P-521"])("A certificate that a key of %s signed", (namedCurve) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });

  test("has a twin, whose signature is as good, and whose twin it is", async () => {
    // Each signature has other lengths.
    for (let serial = 0; serial < 40; serial++) {
      const certificate = certificateBy(privateKey, serial);
      const other = altered(certificate, namedCurve);
      expect(new X509Certificate(other).verify(publicKey)).toBe(true);
      expect(await twinFingerprint(certificate)).toBe(fingerprint(other));
      expect(await twinFingerprint(other)).toBe(fingerprint(certificate));
    }
  });
});

test("One that an RSA key signed has none, nor has what is no certificate", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  expect(await twinFingerprint(certificateBy(privateKey, 1))).toBeUndefined();
  const certificate = certificateBy(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, 1);
  for (let end = 0; end < certificate.length; end += 7)
    expect(await twinFingerprint(certificate.subarray(0, end))).toBeUndefined();
});

describe("A certificate whose signature is spelled as DER does not have it", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const certificate = certificateBy(privateKey, 1);
  const [tbs, algorithm, bits] = childrenOf(decode(certificate)) as [Der, Der, Der];
  const [r, s] = childrenOf(decode(bytesOf(bits).subarray(1))) as [Der, Der];
  const numbers = (...all: Der[]) => encode(der(0x30, ...all));
  const padded = (each: Der) => der(0x02, Buffer.concat([Buffer.from([0]), bytesOf(each)]));
  const held = (signature: Buffer, unusedBits = 0, ...behind: Der[]) =>
    encode(der(0x30, tbs, algorithm, der(0x03, Buffer.concat([Buffer.from([unusedBits]), signature])), ...behind));
  const isGood = async (bytes: Buffer) => {
    try {
      return await isSignedBy(readCertificate(bytes).signed, spki);
    } catch (error) {
      if (error instanceof DerError) return false;
      throw error;
    }
  };
  const own = numbers(r, s);
  /** The length of what follows the first `at` bytes, in a byte more. */
  const longer = (bytes: Buffer, at: number) =>
    (bytes[at] as number) < 0x80
      ? Buffer.concat([bytes.subarray(0, at), Buffer.from([0x81]), bytes.subarray(at)])
      : Buffer.concat([bytes.subarray(0, at), Buffer.from([(bytes[at] as number) + 1, 0]), bytes.subarray(at + 1)]);

  test.each<[string, Buffer]>([
    ["with a zero before r", held(numbers(padded(r), s))],
    ["with a zero before s", held(numbers(r, padded(s)))],
    ["with a third number", held(numbers(r, s, der(0x02, Buffer.from([0]))))],
    ["with something behind both", held(Buffer.concat([own, Buffer.from([0])]))],
    ["with a longer length", held(longer(own, 1))],
    ["with a longer length of r", held(longer(own, 3))],
    ["with bits that are not used", held(own, 1)],
    ["with an element behind it", held(own, 0, der(0x05, Buffer.alloc(0)))],
    ["in a certificate with a longer length", longer(certificate, 1)],
  ])("%s is none", async (_, bytes) => {
    expect(await isGood(certificate)).toBe(true);
    expect(bytes.equals(certificate)).toBe(false);
    expect(await isGood(bytes)).toBe(false);
  });
});
