import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { signRequest } from "../../src/local/pki/certificate-signer.ts";
import { openPki, type Pki } from "../../src/local/pki/pki.ts";
import { issue, type IssuerEnv } from "../../src/pki/issue.ts";
import { isAllowed, relayOcsp } from "../../src/pki/ocsp-relay.ts";
import { ocspRequest } from "../../src/security/x509/ocsp-request.ts";
import { certificateRequest } from "../support/certificate-requests.ts";

interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}
interface Asked {
  path: string;
  headers: Record<string, unknown>;
  body: Buffer;
}

/** A CA or responder: what it was asked, and what it is to say. */
let asked: Asked[] = [];
let reply: (request: Asked) => Answer | Promise<Answer> = () => ({ status: 500 });
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const received = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) };
  asked.push(received);
  const { status = 200, headers = {}, body = "" } = await reply(received);
  response.writeHead(status, headers).end(body);
});
let url: string;
let dir: string;
let pki: Pki;
beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  dir = mkdtempSync(join(tmpdir(), "kerbside-issuers-"));
  pki = await openPki(join(dir, "pki"));
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  asked = [];
});

const EXPECTED = { commonName: "CS001" };
const envOf = (settings: Record<string, string>): IssuerEnv & Record<string, unknown> => ({
  LOCAL: "true",
  STATION_CAS: pki.rootPem + pki.stationCaPem,
  ...settings,
});
const est = (more: object = {}) =>
  envOf({ CERTIFICATE_ISSUER: "est", ISSUER_URL: `${url}/.well-known/est/`, ISSUER_SECRET: "ra:secret", ...more });
const cloudflare = (more: object = {}) =>
  envOf({
    ...{ CERTIFICATE_ISSUER: "cloudflare", ISSUER_URL: `${url}/zones/z/client_certificates`, ISSUER_SECRET: "token" },
    ...more,
  });
const signed = async (csr: string) =>
  (await signRequest(pki, { url: "https://issuer/?days=30", text: async () => csr })).text();
const leafOf = (pem: string) => new X509Certificate(pem).toString();

/** [RFC 7030 §4.2.3] As openssl makes it: nobody here wrote it for what reads it. */
function pkcs7(pem: string): Buffer {
  const file = join(dir, "given.pem");
  writeFileSync(file, pem);
  return execFileSync("openssl", ["crl2pkcs7", "-nocrl", "-certfile", file, "-outform", "DER"]);
}
const certsOnly = (pem: string): Answer => ({
  headers: { "content-type": "application/pkcs7-mime; smime-type=certs-only", "content-transfer-encoding": "base64" },
  body: pkcs7(pem).toString("base64").replaceAll(/.{64}/g, "$&\r\n"),
});

describe("An EST server", () => {
  test("is asked as RFC 7030 says, and its leaf comes with the CA that the deployment knows", async () => {
    const { csr, der } = await certificateRequest("CS001");
    const pem = await signed(csr);
    reply = () => certsOnly(leafOf(pem));
    const issued = await issue(est(), csr, EXPECTED, Date.now());
    expect(issued).toMatchObject({ kind: "issued", certificate: { subject: "O=Operator,CN=CS001" } });
    if (issued.kind !== "issued") return;
    expect(issued.certificate.chain).toBe(pem);
    expect(issued.certificate.fingerprint).toBe(
      new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase(),
    );
    const [{ path = "", headers = {}, body = Buffer.of() } = {}] = asked;
    expect(path).toBe("/.well-known/est/simpleenroll");
    expect(headers).toMatchObject({
      ...{ "content-type": "application/pkcs10", "content-transfer-encoding": "base64" },
      authorization: `Basic ${Buffer.from("ra:secret").toString("base64")}`,
    });
    expect(Buffer.from(body.toString(), "base64").equals(der)).toBe(true);
  });

  test("that sends the bytes themselves, or more certificates in another order, is understood", async () => {
    const { csr } = await certificateRequest("CS001");
    const pem = await signed(csr);
    reply = () => ({ body: pkcs7(pki.rootPem + pki.stationCaPem + leafOf(pem)) });
    const issued = await issue(est({ STATION_CAS: "" }), csr, EXPECTED, Date.now());
    expect(issued.kind === "issued" && issued.certificate.chain).toBe(pem);
  });

  test("is asked again where it is busy or asks to wait, and not where it says no", async () => {
    const { csr } = await certificateRequest("CS001");
    const said = async (answer: Answer) => {
      reply = () => answer;
      return issue(est(), csr, EXPECTED, Date.now());
    };
    expect(await said({ status: 202, headers: { "retry-after": "120" } })).toMatchObject({
      kind: "later",
      afterMs: 120_000,
    });
    expect(await said({ status: 202, headers: { "retry-after": "soon" } })).toEqual({
      kind: "later",
      reason: "the issuer asks to wait",
    });
    for (const status of [401, 404, 429, 500, 503, 302])
      expect([status, (await said({ status, headers: { location: "http://127.0.0.1:9/" } })).kind]).toEqual([
        status,
        "later",
      ]);
    expect(await said({ status: 400, body: "no such profile" })).toEqual({
      ...{ kind: "refused", reason: "the issuer answered 400: no such profile" },
    });
    expect(await said({ body: "no certificate" })).toMatchObject({ kind: "refused" });
    expect((await said({ body: Buffer.alloc(70_000, 0x41) })).kind).toBe("later");
    expect((await issue(est({ ISSUER_URL: "http://127.0.0.1:9/" }), csr, EXPECTED, Date.now())).kind).toBe("later");
  });
});

describe("Cloudflare's client certificates", () => {
  test("are asked for with a token, the request and a validity", async () => {
    const { csr } = await certificateRequest("CS001");
    const pem = await signed(csr);
    reply = () => ({ body: JSON.stringify({ success: true, result: { certificate: leafOf(pem), status: "active" } }) });
    const issued = await issue(cloudflare({ CERTIFICATE_DAYS: "90" }), csr, EXPECTED, Date.now());
    expect(issued).toMatchObject({ kind: "issued", certificate: { chain: pem } });
    const [{ path = "", headers = {}, body = Buffer.of() } = {}] = asked;
    expect([path, headers.authorization]).toEqual(["/zones/z/client_certificates", "Bearer token"]);
    expect(JSON.parse(body.toString())).toEqual({ csr, validity_days: 90 });
  });

  test("that are refused say why, without the token", async () => {
    const { csr } = await certificateRequest("CS001");
    const said = async (status: number, errors: unknown) => {
      reply = () => ({ status, body: JSON.stringify({ success: false, errors, result: null }) });
      return issue(cloudflare(), csr, EXPECTED, Date.now());
    };
    expect(await said(400, [{ code: 1439, message: "bad CSR" }])).toEqual({
      ...{ kind: "refused", reason: "the issuer answered 400: 1439 bad CSR" },
    });
    expect((await said(403, [{ code: 9109, message: "no access" }])).kind).toBe("later");
    reply = () => ({ status: 200, body: "<html>" });
    expect((await issue(cloudflare(), csr, EXPECTED, Date.now())).kind).toBe("later");
  });
});

describe("What an issuer gives", () => {
  const given = async (pem: string, csr: string, settings: object = {}) => {
    reply = () => certsOnly(pem);
    const issued = await issue(est(settings), csr, EXPECTED, Date.now());
    return issued.kind === "issued" ? null : issued.reason;
  };

  test("is no station's where its key, its name, its CA or its time is another", async () => {
    const { csr } = await certificateRequest("CS001");
    const { csr: other } = await certificateRequest("CS001");
    expect(await given(await signed(other), csr)).toMatch(/no certificate for the key/);
    expect(await given(pki.stationCaPem, csr)).toMatch(/no certificate for the key/);
    const pem = await signed(csr);
    expect(await given(pem, csr)).toBeNull();
    expect(await given(pem, csr, { CLIENT_CA_SKIS: "ab".repeat(20) })).toMatch(/CLIENT_CA_SKIS/);
    expect(await given(pem, csr, { CLIENT_CA_SKIS: pki.stationCa.subjectKeyId })).toBeNull();
    expect(await given(pem, csr, { MTLS_TRUST: "worker" })).toBeNull();
    expect(await given(pem, csr, { MTLS_TRUST: "worker", STATION_CAS: pki.otherCaPem })).toMatch(
      /no root in STATION_CAS/,
    );
    reply = () => certsOnly(pem);
    const late = await issue(est(), csr, EXPECTED, Date.now() + 31 * 86_400_000);
    expect(late).toMatchObject({ kind: "refused", reason: expect.stringMatching(/expired/) });
    // The registration has changed since it was asked for.
    expect(await issue(est(), csr, { commonName: "CS002" }, Date.now())).toMatchObject({ kind: "refused" });
  });
});

describe("The OCSP relay", () => {
  const DATA = {
    hashAlgorithm: "SHA256",
    issuerNameHash: "ab".repeat(32),
    issuerKeyHash: "CD".repeat(32),
    serialNumber: "81",
  };

  test("writes a request that openssl reads", () => {
    const file = join(dir, "ocsp.der");
    writeFileSync(file, ocspRequest(DATA) ?? "");
    const text = execFileSync("openssl", ["ocsp", "-reqin", file, "-req_text", "-noverify"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(text.toString()).toMatch(/Hash Algorithm: sha256[\s\S]*Key Hash: (?:CD){32}[\s\S]*Serial Number: 81/);
    expect(ocspRequest({ ...DATA, serialNumber: "no" })).toBeNull();
    expect(ocspRequest({ ...DATA, hashAlgorithm: "MD5" })).toBeNull();
  });

  test("asks hosts of its list alone, whatever a station's URL holds", () => {
    const hosts = ["ocsp.example.com", "10.0.0.7:8080"];
    const may = (responderURL: unknown) => isAllowed({ responderURL }, hosts);
    expect(["http://ocsp.example.com/a", "https://OCSP.example.com", "http://10.0.0.7:8080/"].every(may)).toBe(true);
    for (const wrong of [
      ...["http://169.254.169.254/", "http://ocsp.example.com.evil.test/", "http://evil.test/?ocsp.example.com"],
      ...["http://ocsp.example.com@evil.test/", "http://user:pass@ocsp.example.com/", "http://ocsp.example.com:81/"],
      ...[
        "file:///etc/passwd",
        "ftp://ocsp.example.com/",
        "//ocsp.example.com/",
        "http://ocsp.example.com.:80/",
        "",
        7,
        null,
      ],
      ...["http://evil.test\\@ocsp.example.com/", "http://10.0.0.7/"],
    ])
      expect([wrong, may(wrong)]).toEqual([wrong, false]);
  });

  test("gives the responder's answer on, and Failed for anything else, also for a way to another host", async () => {
    const responderURL = `${url}/ocsp`;
    const said = (answer: Answer, protocol: "ocpp2.0.1" | "ocpp2.1" = "ocpp2.0.1") => {
      reply = () => answer;
      return relayOcsp({ ...DATA, responderURL }, protocol, "CS001");
    };
    const body = Buffer.concat([Buffer.from("300a0a0100a0050403", "hex"), Buffer.alloc(3)]);
    expect(await said({ body })).toEqual({ status: "Accepted", ocspResult: body.toString("base64") });
    expect(asked[0]?.headers["content-type"]).toBe("application/ocsp-request");
    const failed = { status: "Failed" };
    expect(await said({ status: 302, headers: { location: `${url}/other` } })).toEqual(failed);
    expect(asked.map(({ path }) => path)).toEqual(["/ocsp", "/ocsp"]);
    expect(await said({ status: 500 })).toEqual(failed);
    expect(await said({ body: "<html>" })).toEqual(failed);
    const large = { body: Buffer.concat([body, Buffer.alloc(8_000)]) };
    expect(await said(large)).toEqual(failed);
    expect((await said(large, "ocpp2.1")).status).toBe("Accepted");
    expect(await said({ body: Buffer.concat([body, Buffer.alloc(70_000)]) }, "ocpp2.1")).toEqual(failed);
  });
});
