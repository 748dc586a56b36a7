import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { twinFingerprint } from "../../../src/security/x509/twin.ts";
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
