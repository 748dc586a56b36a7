import { beforeAll, describe, expect, test } from "vitest";
// First, since it gives @peculiar/x509 what that asks for at load.
import {
  caExtensions,
  certificateToPem,
  EC_P256,
  generateKeyPair,
  keyToPem,
  signCertificate,
} from "../../../src/local/pki/authority.ts";
import { issueStationCertificate } from "../../../src/local/pki/station-certificate.ts";
import { createStationKey } from "../../../src/local/pki/station-key.ts";
import * as x509 from "@peculiar/x509";
import type { Edge } from "../../../src/local/edge.ts";
import { startBareEdge } from "../../support/bare-edge.ts";
import { ask, askOverTls } from "../../support/edge-client.ts";
import https from "node:https";

let edge: Edge;
let ca: string;

beforeAll(async () => {
  const bare = await startBareEdge();
  ({ edge, ca } = bare);
  return bare.stop;
});

const DAY_MS = 86_400_000;

/** A certificate with the station CA's name and key identifier, of a stranger's key. */
async function namesake(notAfter = new Date(Date.now() - DAY_MS)): Promise<string> {
  const pair = await generateKeyPair(EC_P256);
  const { certificate } = edge.pki.stationCa;
  return certificateToPem(
    await x509.X509CertificateGenerator.create({
      serialNumber: "01",
      subject: certificate.subjectName,
      issuer: certificate.subjectName,
      notBefore: new Date(Date.now() - 30 * DAY_MS),
      notAfter,
      publicKey: pair.publicKey,
      signingKey: pair.privateKey,
      signingAlgorithm: EC_P256,
      extensions: [...caExtensions(0), new x509.SubjectKeyIdentifierExtension(edge.pki.stationCa.subjectKeyId)],
    }),
  );
}

const seenOf = async (cert: string, key: string) =>
  (await askOverTls(edge.mtlsPort, "/", { ca, cert, key })).seen.cf.tlsClientAuth;

const leafOf = (chain: string) => chain.slice(0, chain.indexOf("-----END CERTIFICATE-----") + 26);

describe("A certificate of the station CA's name, sent before the real one,", () => {
  test.each([-DAY_MS, DAY_MS])("hides no revocation (it ends in %i ms)", async (endsInMs) => {
    const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1", kind: "revoked" });
    const chain = leafOf(cert) + (await namesake(new Date(Date.now() + endsInMs))) + edge.pki.stationCaPem;
    const auth = await seenOf(chain, key);
    expect([auth.certVerified, auth.certRevoked]).not.toEqual(["SUCCESS", "0"]);
    expect(auth.certIssuerSerial).toBe(edge.pki.stationCa.certificate.serialNumber.toUpperCase());
  });

  test("gives a leaf of another CA no issuer of ours", async () => {
    const { cert, key } = await issueStationCertificate(edge.pki, { stationId: "CS1", kind: "other-ca" });
    const auth = await seenOf(leafOf(cert) + (await namesake()) + edge.pki.stationCaPem, key);
    expect(auth.certVerified).toMatch(/^FAILED:/);
    expect(auth.certIssuerSKI).not.toBe(edge.pki.stationCa.subjectKeyId);
  });
});

test("A stranger's expired certificate is a stranger's first of all", async () => {
  const pair = await generateKeyPair(EC_P256);
  const strangers = {
    certificate: new x509.X509Certificate(await namesake()),
    subjectKeyId: edge.pki.stationCa.subjectKeyId,
    signingKey: pair.privateKey,
  };
  const own = await createStationKey();
  const request = {
    subject: new x509.Name([{ CN: [{ utf8String: "CS1" }] }]),
    publicKey: own.pair.publicKey,
    notBefore: new Date(Date.now() - 30 * DAY_MS),
    notAfter: new Date(Date.now() - DAY_MS),
    extensions: [],
  };
  for (const issuer of [strangers, own.pair]) {
    const auth = await seenOf(certificateToPem(await signCertificate(request, issuer)), own.pem);
    expect(auth.certVerified).toMatch(/^FAILED:/);
    expect(auth.certVerified).not.toMatch(/expired/);
  }
});

test("A certificate is judged at each request: one revoked between two of one connection is", async () => {
  const { cert, key, serial } = await issueStationCertificate(edge.pki, { stationId: "CS2" });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca, cert, key });
  const verdict = async () => {
    const { text } = await ask(`${edge.mtlsUrl}/`, { agent });
    return JSON.parse(text).cf.tlsClientAuth.certRevoked;
  };
  expect(await verdict()).toBe("0");
  edge.pki.revocations.add(serial);
  expect(await verdict()).toBe("1");
  agent.destroy();
});

test.each(["05ff", "30", "3080", "308f00", "04850000000001", "0484ffffffff"])(
  "An extension of the bytes %s, which are no DER, is one connection's failure at most",
  async (bytes) => {
    for (const oid of ["1.2.3.4", "2.5.29.14", "2.5.29.35"]) {
      const own = await createStationKey();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: "02",
        subject: "CN=CS1",
        issuer: "CN=CS1",
        notBefore: new Date(Date.now() - DAY_MS),
        notAfter: new Date(Date.now() + DAY_MS),
        publicKey: own.pair.publicKey,
        signingKey: own.pair.privateKey,
        signingAlgorithm: EC_P256,
        extensions: [new x509.Extension(oid, false, Buffer.from(bytes, "hex"))],
      });
      await seenOf(certificateToPem(certificate), own.pem).catch(() => {});
      const { status } = await ask(`${edge.mtlsUrl}/healthz`, { ca });
      expect(status).toBe(200);
    }
  },
);

test("The key of another kind than the signature is nobody's issuer", async () => {
  const own = await createStationKey();
  const rsa = await generateKeyPair({
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  });
  const { certificate } = edge.pki.stationCa;
  const odd = await x509.X509CertificateGenerator.create({
    serialNumber: "03",
    subject: certificate.subjectName,
    issuer: certificate.subjectName,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + DAY_MS),
    publicKey: rsa.publicKey,
    signingKey: rsa.privateKey,
    signingAlgorithm: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    extensions: caExtensions(0),
  });
  const issued = await issueStationCertificate(edge.pki, { stationId: "CS3", sharedKey: own });
  const auth = await seenOf(leafOf(issued.cert) + certificateToPem(odd) + edge.pki.stationCaPem, own.pem);
  expect(auth).toMatchObject({ certVerified: "SUCCESS", certIssuerSKI: edge.pki.stationCa.subjectKeyId });
  expect(await keyToPem(own.pair.privateKey)).toBe(own.pem);
});
