import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Edge } from "../../../../src/local/edge.ts";
import { authorityPaths } from "../../../../src/local/pki/authority-files.ts";
import { issueStationCertificate, type StationCertificateKind } from "../../../../src/local/pki/station-certificate.ts";
import { type Der, encode, oid } from "../../../fuzz/der.ts";
import { draftFor, extension, named, signed } from "../../../fuzz/leaf.ts";
import { startBareEdge } from "../../../support/bare-edge.ts";
import { askOverTls } from "../../../support/edge-client.ts";
import { seeded } from "../../../support/ocpp-samples.ts";

let edge: Edge;
let ca: string;

beforeAll(async () => {
  const bare = await startBareEdge();
  ({ edge, ca } = bare);
  return bare.stop;
});

const VERDICTS: [StationCertificateKind, string, string][] = [
  ["valid", "SUCCESS", "0"],
  ["expired", "FAILED:certificate has expired", "0"],
  ["not-yet-valid", "FAILED:certificate is not yet valid", "0"],
  ["other-ca", "FAILED:unable to get local issuer certificate", "0"],
  ["self-signed", "FAILED:self signed certificate", "0"],
  ["revoked", "SUCCESS", "1"],
];

describe.each(["TLSv1.2", "TLSv1.3"] as const)("Over %s", (version) => {
  test.each(VERDICTS)(
    "a certificate of the kind %s is reported as %s, revoked %s",
    async (kind, certVerified, certRevoked) => {
      const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1", kind });
      const options = { ca, cert, key, minVersion: version, maxVersion: version };
      const first = await askOverTls(edge.mtlsPort, "/", options);
      expect(first.seen.cf).toMatchObject({
        tlsVersion: version,
        tlsClientAuth: { certPresented: "1", certVerified, certRevoked },
      });
      const { session } = first;
      const again = await askOverTls(edge.mtlsPort, "/", { ...options, ...(session === undefined ? {} : { session }) });
      expect(again.isReused).toBe(false);
      expect(again.seen.cf.tlsClientAuth).toEqual(first.seen.cf.tlsClientAuth);
    },
  );
});

test("Every field of the edge is filled from the certificate", async () => {
  const { cert, key, serial } = await issueStationCertificate(edge.pki, { stationId: "CS|1+a=b@c.d*e_f-g h" });
  const { seen } = await askOverTls(edge.mtlsPort, "/", { ca, cert, key });
  const leaf = new X509Certificate(cert);
  const stationCa = new X509Certificate(edge.pki.stationCaPem);
  const auth = seen.cf.tlsClientAuth;
  expect(auth).toEqual({
    certPresented: "1",
    certVerified: "SUCCESS",
    certRevoked: "0",
    certSubjectDN: "CN=CS|1\\+a=b@c.d*e_f-g h,O=Kerbside Development",
    certIssuerDN: "CN=Kerbside Development Station CA,O=Kerbside Development",
    certSubjectDNRFC2253: "CN=CS|1\\+a=b@c.d*e_f-g h,O=Kerbside Development",
    certIssuerDNRFC2253: "CN=Kerbside Development Station CA,O=Kerbside Development",
    certSubjectDNLegacy: "/O=Kerbside Development/CN=CS|1\\+a=b@c.d*e_f-g h",
    certIssuerDNLegacy: "/O=Kerbside Development/CN=Kerbside Development Station CA",
    certSerial: serial,
    certIssuerSerial: stationCa.serialNumber,
    certSKI: expect.stringMatching(/^[0-9a-f]{40}$/),
    certIssuerSKI: edge.pki.stationCa.subjectKeyId,
    certFingerprintSHA1: leaf.fingerprint.replaceAll(":", "").toLowerCase(),
    certFingerprintSHA256: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    certNotBefore: leaf.validFrom,
    certNotAfter: leaf.validTo,
    certRFC9440: `:${leaf.raw.toString("base64")}:`,
    certRFC9440TooLarge: false,
    certChainRFC9440: `:${stationCa.raw.toString("base64")}:`,
    certChainRFC9440TooLarge: false,
  });
  expect(auth.certNotAfter).toMatch(/^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/);
});

test("A common name that holds another one's notation can not be misread", async () => {
  const commonName = 'a,CN=other/CN=other+CN=other "q" \\ \u00fc\n#';
  const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1", commonName });
  const { certSubjectDN, certSubjectDNLegacy } = (await askOverTls(edge.mtlsPort, "/", { ca, cert, key })).seen.cf
    .tlsClientAuth;
  expect(certSubjectDN).toBe('CN=a\\,CN=other/CN=other\\+CN=other \\"q\\" \\\\ \\C3\\BC\\0A#,O=Kerbside Development');
  expect(certSubjectDNLegacy).toBe(
    '/O=Kerbside Development/CN=a,CN=other\\/CN=other\\+CN=other "q" \\\\ \\xC3\\xBC\\x0A#',
  );
});

const LEAVES_ALONE: [StationCertificateKind, string, string][] = VERDICTS.map(([kind, verdict, revoked]) =>
  kind === "other-ca" ? [kind, "FAILED:unable to verify the first certificate", revoked] : [kind, verdict, revoked],
);

test.each(LEAVES_ALONE)(
  "A leaf of the kind %s without the CA that issued it is judged as it is with it: %s, revoked %s",
  async (kind, certVerified, certRevoked) => {
    const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1", kind });
    const end = cert.indexOf("-----BEGIN", 1);
    const leafAlone = end < 0 ? cert : cert.slice(0, end);
    const { certIssuerSKI, ...verdict } = (await askOverTls(edge.mtlsPort, "/", { ca, cert: leafAlone, key })).seen.cf
      .tlsClientAuth;
    expect(verdict).toMatchObject({ certPresented: "1", certVerified, certRevoked, certChainRFC9440: "" });
    if (certVerified === "SUCCESS") expect(certIssuerSKI).toBe(edge.pki.stationCa.subjectKeyId);
  },
);

test.each([
  ["its key usage", "FAILED:unspecified certificate verification error", "0f", "030200800302"],
  ["its alternative names", "FAILED:unspecified certificate verification error", "11", "30038201410500"],
  ["an extension that no verifier reads", "SUCCESS", "63", "6f6464"],
])("A good CA's leaf with something behind the value of %s is reported as %s", async (_, certVerified, last, value) => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ca = edge.pki.stationCa;
  const signer = {
    name: named("Kerbside Development Station CA"),
    keyId: Buffer.from(ca.subjectKeyId, "hex"),
    key: createPrivateKey(readFileSync(authorityPaths(edge.pki.dir, "station-ca").key)),
  };
  const draft = draftFor("CS1", signer, seeded(1));
  const isOther = ({ value: parts }: Der) => !encode((parts as Der[])[0] as Der).equals(encode(oid(`551d${last}`)));
  const extensions = [...draft.extensions.filter(isOther), extension(`551d${last}`, Buffer.from(value, "hex"))];
  const leaf = new X509Certificate(signed({ ...draft, extensions }, privateKey, signer));
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  const { seen } = await askOverTls(edge.mtlsPort, "/", { ca: edge.pki.rootPem, cert: leaf.toString(), key });
  expect(seen.cf.tlsClientAuth).toMatchObject({ certPresented: "1", certVerified });
});

test("A server's certificate is not verified", async () => {
  const { ecdsa } = edge.pki.server;
  const server = await askOverTls(edge.mtlsPort, "/", { ca, cert: ecdsa, key: ecdsa });
  expect(server.seen.cf.tlsClientAuth.certVerified).toBe("FAILED:unsupported certificate purpose");
});

test("A chain too long for the header is left out and said to be", async () => {
  const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1" });
  const padding = Array.from({ length: 14 }, () => edge.pki.rootPem).join("");
  const { seen } = await askOverTls(edge.mtlsPort, "/", { ca, cert: cert + padding, key });
  expect(seen.cf.tlsClientAuth).toMatchObject({
    certVerified: "SUCCESS",
    certChainRFC9440: "",
    certChainRFC9440TooLarge: true,
  });
});

test("Without a certificate there is a placeholder", async () => {
  const { seen } = await askOverTls(edge.mtlsPort, "/", { ca });
  expect(seen.cf.tlsClientAuth).toMatchObject({
    certPresented: "0",
    certVerified: "NONE",
    certRevoked: "0",
    certSubjectDN: "",
    certRFC9440TooLarge: false,
  });
});

test("A revocation counts for the next connection, without a restart", async () => {
  const { cert, key, serial } = await issueStationCertificate(edge.pki, { stationId: "CS1" });
  const revokedNow = async () =>
    (await askOverTls(edge.mtlsPort, "/", { ca, cert, key })).seen.cf.tlsClientAuth.certRevoked;
  expect(await revokedNow()).toBe("0");
  edge.pki.revocations.add(serial);
  expect(await revokedNow()).toBe("1");
});

test("A station that knows RSA and TLS 1.2 alone, and sends no server name, is served", async () => {
  const old = {
    ca,
    maxVersion: "TLSv1.2" as const,
    ciphers: "ECDHE-RSA-AES128-GCM-SHA256",
    sigalgs: "RSA+SHA256",
    servername: "",
  };
  const { seen } = await askOverTls(edge.tlsPort, "/", { ...old, checkServerIdentity: () => undefined });
  expect(seen.cf).toMatchObject({ tlsVersion: "TLSv1.2", tlsCipher: "ECDHE-RSA-AES128-GCM-SHA256" });
});
