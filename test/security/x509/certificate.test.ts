import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { clientFaultOf, faultOf, readCertificate } from "../../../src/security/x509/certificate.ts";
import { DerError } from "../../../src/security/x509/der.ts";
import { type Der, der, oid } from "../../fuzz/der.ts";
import { draftFor, extension, named, signed } from "../../fuzz/leaf.ts";
import { seeded } from "../../support/ocpp-samples.ts";

const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const SIGNER = { name: named("A CA"), keyId: Buffer.alloc(20, 1), key };

/** What is wrong with a certificate that has one more extension, or what it cannot be read for. */
function faultWith(more: Der): string | null {
  const draft = draftFor("CS1", SIGNER, seeded(1));
  const certificate = signed({ ...draft, extensions: [...draft.extensions, more] }, key, SIGNER);
  try {
    const read = readCertificate(certificate);
    return faultOf(read, Date.now()) ?? clientFaultOf(read);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

const withCritical = (critical: number[], type: string): Der =>
  der(0x30, oid(type), der(0x01, Buffer.from(critical)), der(0x04, Buffer.from("0500", "hex")));

describe("An extension of a certificate", () => {
  test.each([
    ["2a0304", [0xff], "it has a critical extension that is not known here (1.2.3.4)"],
    ["2a0304", [0x00], null],
    ["2a0304", [0x01], "a truth that is neither"],
    ["2a0304", [], "a truth that is neither"],
    ["2a0304", [0xff, 0xff], "a truth that is neither"],
    ["551d36", [0xff], "it has a critical extension that is not known here (2.5.29.54)"],
    ["551d20", [0xff], null],
  ])("%s whose criticality is written %j: %s", (type, critical, fault) => {
    expect(faultWith(withCritical(critical, type))).toBe(fault);
  });

  test.each([
    ["alternative names", "551d11", "30038201410500"],
    ["CRL distribution points", "551d1f", "30000500"],
    ["name constraints", "551d1e", "30000500"],
  ])("with something behind its value is not read: %s", (_, type, value) => {
    expect(faultWith(extension(type, Buffer.from(value, "hex")))).toBe("something follows what an extension holds");
  });

  test("that nobody reads may hold what it wants", () => {
    expect(faultWith(extension("2a0304", Buffer.from("no DER at all")))).toBeNull();
  });

  test("with something behind its element is not read", () => {
    const more = der(0x30, oid("2a0304"), der(0x04, Buffer.from("0500", "hex")), der(0x05));
    expect(faultWith(more)).toBe("something follows the value of an extension");
  });
});
