import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeRequest } from "../../../src/security/x509/request.ts";
import {
  attribute,
  certificateRequest,
  element,
  extension,
  extensionRequest,
  nameOf,
  OIDS,
  pemOf,
  rdn,
  type RequestOptions,
  subjectOf,
  TAG,
} from "../../support/certificate-requests.ts";

const EXPECTED = { commonName: "CS001", organization: "Operator" };
const judge = async (options: RequestOptions, expected: { commonName: string; organization?: string } = EXPECTED) => {
  const judged = await judgeRequest((await certificateRequest("CS001", { kind: "P-256", ...options })).csr, expected);
  return judged.ok ? null : judged.error;
};
const hex = (text: string) => Buffer.from(text, "hex");
const asked = (...extensions: Buffer[]) => ({ attributes: [extensionRequest(...extensions)] });
const dns = (name: string) => element(TAG.SEQUENCE, [element(0x82, Buffer.from(name))]);
const CN = (value: string | Buffer, tag?: number) => rdn(attribute(OIDS.CN, value, tag));
const O = rdn(attribute(OIDS.O, "Operator"));

describe("A certificate request is taken", () => {
  test.each(["P-256", "P-384", "RSA-2048"] as const)("for a key of the kind %s", async (kind) => {
    expect(await judge({ kind })).toBeNull();
  });

  test.each<[string, RequestOptions]>([
    ["under the other name of its PEM block", { label: "NEW CERTIFICATE REQUEST" }],
    ["with its names as PrintableStrings", { subject: nameOf(CN("CS001", TAG.PRINTABLE), O) }],
    [
      "with the operator's mailbox, which is an IA5String",
      { subject: nameOf(O, CN("CS001"), rdn(attribute("2a864886f70d010901", "a@example.com", TAG.IA5))) },
    ],
    ["with an organizational unit", { subject: nameOf(O, rdn(attribute(OIDS.OU, "Depot")), CN("CS001")) }],
    [
      "with the extensions of a client",
      asked(
        extension(OIDS.keyUsage, hex("030205a0"), true),
        extension(OIDS.extendedKeyUsage, hex("300a06082b06010505070302")),
        extension(OIDS.basicConstraints, hex("3000"), true),
        extension(OIDS.subjectAltName, dns("CS001")),
      ),
    ],
  ])("%s", async (_, options) => {
    expect(await judge(options)).toBeNull();
  });

  test("for any organization, where the registration names none", async () => {
    expect(await judge({ subject: subjectOf("CS001", "Another") }, { commonName: "CS001" })).toBeNull();
    expect(await judge({ subject: nameOf(CN("CS001")) }, { commonName: "CS001" })).toBeNull();
  });
});

describe("A certificate request is refused", () => {
  test.each<[RegExp, string, RequestOptions]>([
    [/common name is not/, "of another station", { subject: subjectOf("CS002") }],
    [/common name is not/, "in another case", { subject: subjectOf("cs001") }],
    [/common name is not/, "with a blank behind it", { subject: subjectOf("CS001 ") }],
    [/common name is not/, "with another's name escaped in its own", { subject: subjectOf("CS001,CN=CS002") }],
    [/common name is not/, "with a letter that looks like it", { subject: subjectOf("СS001") }],
    [/2 common names/, "with a second common name", { subject: nameOf(O, CN("CS002"), CN("CS001")) }],
    [/2 common names/, "with the same common name twice", { subject: nameOf(O, CN("CS001"), CN("CS001")) }],
    [/0 common names/, "without a common name", { subject: nameOf(O) }],
    [
      /several attributes/,
      "with both names in one relative name",
      { subject: nameOf(O, rdn(attribute(OIDS.CN, "CS001"), attribute(OIDS.CN, "CS002"))) },
    ],
    [/kind 30/, "as a BMPString", { subject: nameOf(O, CN(Buffer.from("CS001", "utf16le").swap16(), TAG.BMP)) }],
    [/kind 20/, "as a T61String", { subject: nameOf(O, CN("CS001", TAG.T61)) }],
    [/CN is a string of the kind 22/, "as an IA5String", { subject: nameOf(O, CN("CS001", TAG.IA5)) }],
    [
      /O is a string of the kind 22/,
      "of an operator in an IA5String",
      { subject: nameOf(rdn(attribute(OIDS.O, "Operator", TAG.IA5)), CN("CS001")) },
    ],
    [/control character/, "with a NUL behind it", { subject: subjectOf("CS001\0.CS002") }],
    [/no UTF-8/, "that is no UTF-8", { subject: nameOf(O, CN(hex("c3"))) }],
    [/not ASCII/, "with a PrintableString that is none", { subject: nameOf(O, CN("CS00é", TAG.PRINTABLE)) }],
    [
      /not known here \(2\.5\.4\.3\)/,
      "with the OID written another way",
      { subject: nameOf(O, CN("CS001"), rdn(attribute("55048003", "CS002"))) },
    ],
    [
      /longer than it need be/,
      "with a length that is longer than it must be",
      {
        subject: nameOf(
          O,
          rdn(element(TAG.SEQUENCE, [hex("0603550403"), element(TAG.UTF8, Buffer.from("CS001"), true)])),
        ),
      },
    ],
    [/organization is not/, "of another operator", { subject: subjectOf("CS001", "Another") }],
    [
      /several organizations/,
      "of two operators",
      { subject: nameOf(O, rdn(attribute(OIDS.O, "Another")), CN("CS001")) },
    ],
    [/own signature/, "by another key than its own", { signedBy: "P-384" }],
    [/own signature/, "that is signed over SHA-1", { hash: "sha1" }],
    [/another version/, "of another version", { version: 1 }],
    [/P-521/, "for a key on P-521", { kind: "P-521" }],
    [/compressed point/, "for a key whose point is compressed", { isCompressed: true }],
    [/too weak/, "for a key on P-224", { kind: "P-224" }],
    [/too weak/, "for a key on another curve of 256 bits", { kind: "secp256k1" }],
    [/too weak/, "for an RSA key of 1,024 bits", { kind: "RSA-1024" }],
    [/exponent/, "for an RSA key whose exponent is 3", { kind: "RSA-2048, e = 3" }],
    [/to be a CA/, "to be a CA", asked(extension(OIDS.basicConstraints, hex("30030101ff"), true))],
    [/to be a CA/, "to be one in other words", asked(extension(OIDS.basicConstraints, hex("3003010101")))],
    [/no client's/, "to sign certificates", asked(extension(OIDS.keyUsage, hex("03020186")))],
    [/no digitalSignature/, "that may not sign", asked(extension(OIDS.keyUsage, hex("03020520")))],
    [
      /beside clientAuth/,
      "to be a server too",
      asked(extension(OIDS.extendedKeyUsage, hex("301406082b0601050507030206082b06010505070301"))),
    ],
    [/alternative name/, "with an alternative name of another", asked(extension(OIDS.subjectAltName, dns("CS002")))],
    [
      /alternative name/,
      "with another's beside its own",
      asked(
        extension(
          OIDS.subjectAltName,
          element(TAG.SEQUENCE, [element(0x82, Buffer.from("CS001")), element(0x82, Buffer.from("CS002"))]),
        ),
      ),
    ],
    [/not of the profile/, "with name constraints", asked(extension(OIDS.nameConstraints, hex("3000")))],
    [
      /comes twice/,
      "with an extension twice",
      asked(extension(OIDS.basicConstraints, hex("3000")), extension(OIDS.basicConstraints, hex("30030101ff"))),
    ],
    [/twice/, "that asks for extensions twice", { attributes: [extensionRequest(), extensionRequest()] }],
    [
      /attribute that is not/,
      "with a password",
      {
        attributes: [
          element(TAG.SEQUENCE, [
            element(0x06, hex(OIDS.challengePassword)),
            element(TAG.SET, element(TAG.UTF8, Buffer.from("x"))),
          ]),
        ],
      },
    ],
  ])("with %s: %s", async (fault, _, options) => {
    expect(await judge(options)).toMatch(fault);
  });

  test("that is not one PEM block, is too long, cut off or followed by something", async () => {
    const { csr, der } = await certificateRequest("CS001", { kind: "P-256" });
    const fault = async (pem: string) => {
      const judged = await judgeRequest(pem, EXPECTED);
      return judged.ok ? null : judged.error;
    };
    expect(await fault(csr + csr)).toMatch(/one PEM block/);
    expect(await fault(`${csr}\nand more`)).toMatch(/one PEM block/);
    expect(await fault(pemOf(der, "CERTIFICATE"))).toMatch(/one PEM block/);
    expect(await fault(`${csr}${" ".repeat(5_500)}`)).toMatch(/5500 characters/);
    expect(await fault(pemOf(Buffer.concat([der, hex("0500")])))).toMatch(/something follows/);
    for (let length = 0; length < der.length; length += 7)
      expect(await fault(pemOf(der.subarray(0, length)))).not.toBeNull();
    expect(await fault("")).toMatch(/one PEM block/);
  });
});

test("Whatever its subject holds, a request that is taken names the station alone", async () => {
  const value = fc.oneof(
    fc.constantFrom("CS001", "CS002", "Operator", "CS001\0", " CS001"),
    fc.string({ maxLength: 8 }),
  );
  const anyAttribute = fc
    .record({
      type: fc.constantFrom(OIDS.CN, OIDS.O, OIDS.OU, "55048003", "5504030a"),
      value,
      tag: fc.constantFrom(...Object.values(TAG)),
    })
    .map(({ type, value: text, tag }) => attribute(type, text, tag));
  const subjects = fc.array(fc.array(anyAttribute, { minLength: 1, maxLength: 2 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(subjects, async (rdns) => {
      const subject = nameOf(...rdns.map((each) => rdn(...each)));
      if ((await judge({ subject }, { commonName: "CS001" })) !== null) return;
      const text = subject.toString("latin1");
      expect(rdns.every((each) => each.length === 1)).toBe(true);
      expect(text.split("\x06\x03\x55\x04\x03")).toHaveLength(2);
      expect(text).toContain("CS001");
    }),
    { numRuns: 300 },
  );
});

test("A request of which any byte was changed is no good one", async () => {
  const { der } = await certificateRequest("CS001", { kind: "P-256" });
  const taken: number[] = [];
  for (let at = 0; at < der.length; at++) {
    const mutated = Buffer.from(der);
    mutated[at] = (mutated[at] ?? 0) ^ 0x01;
    if ((await judgeRequest(pemOf(mutated), EXPECTED)).ok) taken.push(at);
  }
  expect(taken).toEqual([]);
});

test("Whatever bytes a request is made of, it is refused with a sentence", async () => {
  const { der } = await certificateRequest("CS001", { kind: "P-256" });
  const cut = fc
    .tuple(fc.nat(der.length), fc.uint8Array({ minLength: 1, maxLength: 12 }))
    .map(([at, bytes]) => Buffer.concat([der.subarray(0, at), bytes, der.subarray(at + bytes.length)]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(cut, fc.uint8Array({ maxLength: 300 })), async (bytes) => {
      fc.pre(!der.equals(Buffer.from(bytes)));
      const judged = await judgeRequest(pemOf(Buffer.from(bytes)), EXPECTED);
      expect(judged.ok).toBe(false);
    }),
    { numRuns: 500 },
  );
});
