import { describe, expect, test } from "vitest";
import { normalizeSki, type TlsClientAuth, verifyCertificate } from "../../src/security/client-certificate.ts";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const SKI = "5f".repeat(20);

/** As the real edge fills it. */
const GOOD: TlsClientAuth = {
  certPresented: "1",
  certVerified: "SUCCESS",
  certRevoked: "0",
  certSubjectDN: "CN=CS001,O=Kerbside",
  certSubjectDNRFC2253: "CN=CS001,O=Kerbside",
  certIssuerSKI: SKI,
  certFingerprintSHA256: "AB".repeat(32),
  certNotBefore: "Dec 22 19:39:00 2025 GMT",
  certNotAfter: "Dec 22 19:39:00 2026 GMT",
};

const verify = (changed: Record<string, unknown>, allowedSkis: string[] = [], expiredIsProven = false) =>
  verifyCertificate({ ...GOOD, ...changed }, { allowedSkis, expiredIsProven }, NOW);

describe("A certificate", () => {
  test("that is verified gives its facts", () => {
    expect(verify({})).toEqual({
      ok: true,
      value: {
        commonName: "CS001",
        organization: "Kerbside",
        fingerprint: "ab".repeat(32),
        notAfter: Date.parse("2026-12-22T19:39:00Z"),
      },
    });
  });

  test("needs no organization", () => {
    expect(verify({ certSubjectDNRFC2253: "CN=CS001" })).toMatchObject({ value: { organization: null } });
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["was not presented", { certPresented: "0", certVerified: "NONE" }, "certificate-missing"],
    ["was not presented, though verified", { certPresented: "0" }, "certificate-missing"],
    ["was presented as a number", { certPresented: 1 }, "certificate-missing"],
    ["was not verified", { certVerified: "NONE" }, "certificate-unverified"],
    ["has no verdict", { certVerified: undefined }, "certificate-unverified"],
    ["has an empty verdict", { certVerified: "" }, "certificate-unverified"],
    ["has a verdict in another case", { certVerified: "success" }, "certificate-unverified"],
    ["has a verdict that only begins well", { certVerified: "SUCCESS:but" }, "certificate-unverified"],
    ["has a verdict that is no text", { certVerified: ["SUCCESS"] }, "certificate-unverified"],
    ["is self-signed", { certVerified: "FAILED:self signed certificate" }, "certificate-unverified"],
    ["is of another CA", { certVerified: "FAILED:unable to get local issuer certificate" }, "certificate-unverified"],
    ["failed for a reason nobody has seen", { certVerified: "FAILED:" }, "certificate-unverified"],
    ["is not yet valid", { certVerified: "FAILED:certificate is not yet valid" }, "certificate-unverified"],
    [
      "has expired, of who knows which CA",
      { certVerified: "FAILED:certificate has expired" },
      "certificate-unverified",
    ],
    ["expires this very moment", { certNotAfter: "Jun 1 00:00:00 2026 GMT" }, "certificate-expired"],
    ["has expired, whatever the edge says", { certNotAfter: "May 31 23:59:59 2026 GMT" }, "certificate-expired"],
    ["is revoked", { certRevoked: "1" }, "certificate-revoked"],
    ["may be revoked", { certRevoked: undefined }, "certificate-revoked"],
    ["may be revoked, for all a number says", { certRevoked: 0 }, "certificate-revoked"],
    ["has no end", { certNotAfter: "" }, "certificate-unreadable"],
    ["has an end that is no date", { certNotAfter: "never" }, "certificate-unreadable"],
    ["has no fingerprint", { certFingerprintSHA256: "" }, "certificate-unreadable"],
    ["has a fingerprint that is none", { certFingerprintSHA256: "ab".repeat(20) }, "certificate-unreadable"],
    ["has no subject", { certSubjectDNRFC2253: "" }, "certificate-unreadable"],
    ["has a subject in another form alone", { certSubjectDNRFC2253: undefined }, "certificate-unreadable"],
    ["has a subject in the legacy form", { certSubjectDNRFC2253: "/CN=CS001" }, "certificate-unreadable"],
    ["has no common name", { certSubjectDNRFC2253: "O=Kerbside" }, "certificate-unreadable"],
    ["has two common names", { certSubjectDNRFC2253: "CN=CS001,CN=CS002" }, "certificate-unreadable"],
    ["has the same common name twice", { certSubjectDNRFC2253: "CN=CS001+cn=CS001" }, "certificate-unreadable"],
    ["has two organizations", { certSubjectDNRFC2253: "CN=CS001,O=a,O=b" }, "certificate-unreadable"],
  ])("that %s is refused", (_, changed, error) => {
    expect(verify(changed)).toEqual({ ok: false, error });
  });

  test("is missing where the platform says nothing at all", () => {
    expect(verifyCertificate(undefined, { allowedSkis: [], expiredIsProven: false }, NOW)).toEqual({
      ok: false,
      error: "certificate-missing",
    });
    expect(verifyCertificate({}, { allowedSkis: [], expiredIsProven: false }, NOW)).toEqual({
      ok: false,
      error: "certificate-missing",
    });
  });

  test.each([
    ["CN=CS001\\,CN=CS002", "CS001,CN=CS002"],
    ["CN=CS001/CN=CS002", "CS001/CN=CS002"],
    ["CN=CS001\\00", "CS001\0"],
    ["CN=CS001\\ ", "CS001 "],
  ])("with the subject %j is that of %j alone", (certSubjectDNRFC2253, commonName) => {
    expect(verify({ certSubjectDNRFC2253 })).toMatchObject({ value: { commonName } });
  });
});

describe("A certificate that the edge says has expired", () => {
  const expired = { certVerified: "FAILED:certificate has expired" };

  test("has, where that is said of proven ones alone", () => {
    expect(verify(expired, [], true)).toEqual({ ok: false, error: "certificate-expired" });
  });

  test("has, where it names an issuer that is allowed", () => {
    expect(verify(expired, [SKI])).toEqual({ ok: false, error: "certificate-expired" });
  });

  test.each([
    ["no issuer is named in the settings", []],
    ["another one is", ["00".repeat(20)]],
  ])("may be a stranger's, where %s", (_, skis) => {
    expect(verify(expired, skis)).toEqual({ ok: false, error: "certificate-unverified" });
  });
});

test("A revoked certificate of an issuer that is not allowed is not this fleet's", () => {
  expect(verify({ certRevoked: "1" }, ["00".repeat(20)])).toEqual({
    ok: false,
    error: "certificate-issuer-not-allowed",
  });
});

describe("The issuer", () => {
  test("is any that the edge trusts, if none is named", () => {
    expect(verify({ certIssuerSKI: "" }).ok).toBe(true);
  });

  test("is one of those that are named, with or without colons, in either case", () => {
    const withColons = SKI.toUpperCase().replace(/..(?!$)/g, "$&:");
    expect(normalizeSki(` ${withColons} `)).toBe(SKI);
    expect(verify({}, ["00ff", SKI]).ok).toBe(true);
    expect(verify({ certIssuerSKI: withColons }, [SKI]).ok).toBe(true);
  });

  test.each([
    ["another", "00".repeat(20)],
    ["none", ""],
    ["the beginning of it", SKI.slice(0, 10)],
  ])("that is %s is refused where they are named", (_, certIssuerSKI) => {
    expect(verify({ certIssuerSKI }, [SKI])).toEqual({ ok: false, error: "certificate-issuer-not-allowed" });
  });
});
