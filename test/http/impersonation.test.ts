import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { certificateFor, type Subject } from "../support/odd-subjects.ts";
import { basic, type RawAnswer, rawUpgrade } from "../support/raw-upgrade.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateOf, over, portOf, type Transport } from "../support/transports.ts";

/** Registered for profile 1, 2 and 3: the stations that somebody wants to be. */
const VICTIMS = ["VICTIM", "SECURE", "VAULT"] as const;
const SECRET_OF_VICTIM = "the victim's password";
/** A station like others, with credentials and a certificate of its own. */
const THIEF = "THIEF";
const SECRET_OF_THIEF = "the thief's password";

const folder = temporaryFolder();
let kerbside: Kerbside;
let receiver: HttpPeer;
let thiefsCertificate: { cert: string; key: string };
let victimsCertificate: { cert: string; key: string };
let victims: TestStation[];
let untouched: unknown[];
/** What is answered to all the thief's attempts without a forged header. */
let unforged: number[];

const connections = () =>
  Promise.all(VICTIMS.map(async (id) => (await kerbside.api("GET", `/v1/stations/${id}`)).body.connection.since));

beforeAll(async () => {
  // The fronts strip what a client could forge. Here they let `Raw-…` through, so that the Worker stands alone.
  const entry = join(import.meta.dirname, "../support/gullible-worker.js");
  kerbside = await startKerbside({}, { entry, dir: folder.dir, connectsPerStation: 100_000 });
  receiver = await HttpPeer.start();
  await kerbside.api("PUT", "/v1/webhooks/all", { url: receiver.url, secret: SECRET });
  await kerbside.register("VICTIM", { securityProfile: 1, password: SECRET_OF_VICTIM });
  await kerbside.register("SECURE", { securityProfile: 2, password: SECRET_OF_VICTIM });
  await kerbside.register("VAULT", { securityProfile: 3, password: SECRET_OF_VICTIM });
  await kerbside.register(THIEF, { securityProfile: 1, password: SECRET_OF_THIEF });
  thiefsCertificate = await certificateOf(kerbside, THIEF);
  victimsCertificate = await certificateOf(kerbside, "VAULT");
  victims = [
    await TestStation.connect(over(kerbside, "http", "VICTIM", { password: SECRET_OF_VICTIM })),
    await TestStation.connect(over(kerbside, "tls", "SECURE", { password: SECRET_OF_VICTIM })),
    await TestStation.connect(over(kerbside, "mtls", "VAULT", { socket: victimsCertificate })),
  ];
  untouched = await connections();
  unforged = await tryEverything([]);
  expect(unforged.every((status) => status === 401 || status === 403)).toBe(true);
});
afterAll(async () => {
  for (const victim of victims ?? []) victim.kill();
  await kerbside?.stop();
  await receiver?.stop();
  folder.remove();
});

// Who had become a victim would have superseded it.
afterEach(async () => {
  expect(await connections()).toEqual(untouched);
  expect(victims.map(({ socket }) => socket.readyState)).toEqual([1, 1, 1]);
});

interface Attempt {
  target?: string;
  headers?: string[];
  /** The certificate shown; none if left out. */
  certificate?: { cert: string; key: string };
}

function attempt(
  transport: Transport,
  { target = "/ocpp/VAULT", headers = [], certificate }: Attempt,
): Promise<RawAnswer> {
  return rawUpgrade({
    port: portOf(kerbside, transport),
    target,
    headers,
    protocols: "ocpp1.6",
    ...(transport !== "http" && { tls: { ca: kerbside.edge.pki.rootPem, ...certificate } }),
  });
}

/** Each header as a client sends it, and as it would arrive if no front were there. */
const both = (lines: string[]): string[] => [...lines, ...lines.map((line) => `Raw-${line}`)];

/** Tries to be each victim, over every transport, with all that the thief rightly has; gives back what was answered. */
async function tryEverything(headers: string[]): Promise<number[]> {
  const own = basic(THIEF, SECRET_OF_THIEF);
  const answers: number[] = [];
  for (const victim of VICTIMS) {
    const target = `/ocpp/${victim}`;
    const attempts: [Transport, Attempt][] = [
      ["http", { target, headers }],
      ["http", { target, headers: [own, ...headers] }],
      ["tls", { target, headers }],
      ["tls", { target, headers: [own, ...headers] }],
      ["mtls", { target, headers }],
      ["mtls", { target, headers: [own, ...headers] }],
      ["mtls", { target, headers, certificate: thiefsCertificate }],
    ];
    for (const [transport, how] of attempts) answers.push((await attempt(transport, how)).status);
  }
  return answers;
}
async function expectAllRefused(headers: string[]): Promise<void> {
  expect(await tryEverything(both(headers))).toEqual(unforged);
}

/** What the real edge would say of the victim's certificate. */
const tlsClientAuth = () => {
  const leaf = new X509Certificate(victimsCertificate.cert);
  return {
    certPresented: "1",
    certVerified: "SUCCESS",
    certRevoked: "0",
    certSubjectDN: "CN=VAULT,O=Kerbside Development",
    certSubjectDNRFC2253: "CN=VAULT,O=Kerbside Development",
    certIssuerSKI: kerbside.edge.pki.stationCa.subjectKeyId,
    certFingerprintSHA256: leaf.fingerprint256.replaceAll(":", "").toLowerCase(),
    certNotBefore: leaf.validFrom,
    certNotAfter: leaf.validTo,
  };
};
const der = () => new X509Certificate(victimsCertificate.cert).raw.toString("base64");
const pem = () => encodeURIComponent(new X509Certificate(victimsCertificate.cert).toString());

describe("A forged header", () => {
  test("`MF-CF-Blob`, miniflare's own, makes nobody another station", async () => {
    const blob = JSON.stringify({ tlsVersion: "TLSv1.3", tlsClientAuth: tlsClientAuth() });
    await expectAllRefused([`MF-CF-Blob: ${blob}`]);
  });

  test("`MF-Original-URL` does not move a request to another scheme or host", async () => {
    const { mtlsPort } = kerbside.edge;
    await expectAllRefused([`MF-Original-URL: https://localhost:${mtlsPort}/ocpp/VAULT`]);
  });

  test("`Client-Cert` of RFC 9440 with the victim's real certificate is no certificate", async () => {
    await expectAllRefused([`Client-Cert: :${der()}:`, `Client-Cert-Chain: :${der()}:`]);
  });

  test("`cf-…` of the edge's own making is not believed from a client", async () => {
    await expectAllRefused([
      `Cf-Client-Cert-Der-Base64: ${der()}`,
      `Cf-Client-Cert-Sha256: ${tlsClientAuth().certFingerprintSHA256}`,
      "Cf-Client-Cert-Verified: true",
      "Cf-Cert-Presented: 1",
      "Cf-Cert-Verified: SUCCESS",
      "Cf-Cert-Subject-Dn: CN=VAULT",
      'Cf-Visitor: {"scheme":"https"}',
      `Cf: ${JSON.stringify({ tlsClientAuth: tlsClientAuth() })}`,
      "Cf-Access-Authenticated-User-Email: VAULT",
      "Cf-Worker: kerbside",
    ]);
  });

  test("`CF-Connecting-IP` does not change the address that is recorded", async () => {
    // Not raw: this one header the Worker takes from the edge, which always writes it.
    const forged = ["CF-Connecting-IP: 203.0.113.66"];
    for (const name of ["X-Forwarded-For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IPv6", "X-Client-IP"]) {
      forged.push(...both([`${name}: 203.0.113.66`]));
    }
    const options = { headers: [basic(THIEF, SECRET_OF_THIEF), ...forged] };
    expect((await attempt("http", { target: `/ocpp/${THIEF}`, ...options })).status).toBe(101);
    const connected = await until("the event", () =>
      eventsOf(receiver).find(({ subject, type }) => subject === THIEF && type === "ocpp.station.connected"),
    );
    expect(connected.data.remoteAddress).toMatch(/127\.0\.0\.1$|^::1$/);
  });

  test("`X-Forwarded-Proto: https` on the plain port climbs no profile, though the password is right", async () => {
    const forged = both([
      "X-Forwarded-Proto: https",
      "X-Forwarded-Scheme: https",
      "X-Forwarded-Ssl: on",
      "X-Forwarded-Port: 443",
      "X-Scheme: https",
      "X-Url-Scheme: https",
      "Front-End-Https: on",
      "Forwarded: proto=https;host=localhost",
    ]);
    for (const id of ["SECURE", "VAULT"]) {
      const headers = [basic(id, SECRET_OF_VICTIM), ...forged];
      expect((await attempt("http", { target: `/ocpp/${id}`, headers })).status).toBe(403);
    }
    await expectAllRefused(forged);
  });

  test("`X-Forwarded-Host`, and whatever else renames a host or a path, changes neither", async () => {
    const { mtlsPort, tlsPort } = kerbside.edge;
    for (const host of [`localhost:${mtlsPort}`, `localhost:${tlsPort}`]) {
      await expectAllRefused([
        `X-Forwarded-Host: ${host}`,
        `X-Forwarded-Server: ${host}`,
        `X-Host: ${host}`,
        `Forwarded: host="${host}"`,
        "X-Original-URL: /ocpp/VAULT",
        "X-Rewrite-URL: /ocpp/VAULT",
        "X-Forwarded-Prefix: /ocpp/VAULT",
        "X-HTTP-Method-Override: CONNECT",
      ]);
    }
  });

  test("of a proxy that ends TLS (`X-SSL-Client-…`, `X-ARR-ClientCert`, …) is no certificate", async () => {
    await expectAllRefused([
      "X-SSL-Client-Verify: SUCCESS",
      "X-SSL-Client-S-DN: CN=VAULT",
      "X-SSL-Client-CN: VAULT",
      `X-SSL-Client-Cert: ${pem()}`,
      `X-SSL-Cert: ${pem()}`,
      `X-ARR-ClientCert: ${der()}`,
      `X-Forwarded-Client-Cert: Subject="CN=VAULT";Cert="${pem()}"`,
      `X-Amzn-Mtls-Clientcert: ${pem()}`,
      "X-Client-Cert-Subject: CN=VAULT",
      "SSL_CLIENT_VERIFY: SUCCESS",
      "SSL_CLIENT_S_DN: CN=VAULT",
    ]);
  });

  test("that names a station or a user (`X-Station-Id`, `X-Remote-User`, …) names nobody", async () => {
    await expectAllRefused([
      "X-Station-Id: VAULT",
      "X-Identity: VAULT",
      "X-Charge-Point-Id: VAULT",
      "X-Remote-User: VAULT",
      "Remote-User: VAULT",
      "X-Authenticated-User: VAULT",
      `Proxy-Authorization: Basic ${Buffer.from(`VAULT:${SECRET_OF_VICTIM}`).toString("base64")}`,
      "Cookie: station=VAULT",
    ]);
  });

  test("`X-Kerbside-…`, the project's own, opens nothing", async () => {
    await expectAllRefused([
      "X-Kerbside-Front: true",
      "X-Kerbside-Station: VAULT",
      "X-Kerbside-Transport: mtls",
      "X-Kerbside-Certificate: CN=VAULT",
      "X-Kerbside-Local: true",
    ]);
  });

  test("`X-Kerbside-Connect`, by which the Worker tells a station's object what it has verified, is not passed on", async () => {
    const certificate = { commonName: "VAULT", organization: null, fingerprint: "0".repeat(64), notAfter: 4e12 };
    for (const stationId of VICTIMS) {
      const claims = { stationId, transport: "mtls", basic: null, certificate, offer: ["ocpp1.6"] };
      const text = encodeURIComponent(JSON.stringify({ claims, remoteAddress: null }));
      await expectAllRefused([`X-Kerbside-Connect: ${text}`]);
      const headers = both([`X-Kerbside-Connect: ${text}`]);
      expect((await attempt("http", { target: "/connect", headers })).status).toBe(404);
    }
  });

  test("of the WebSocket handshake carries no claims either", async () => {
    const { mtlsPort } = kerbside.edge;
    await expectAllRefused([
      `Origin: https://localhost:${mtlsPort}`,
      "Sec-WebSocket-Protocol: VAULT",
      "Sec-WebSocket-Extensions: x-identity; id=VAULT",
    ]);
  });
});

describe("A forged host", () => {
  const hosts = () => {
    const { port, tlsPort, mtlsPort } = kerbside.edge;
    return [port, tlsPort, mtlsPort].map((each) => `localhost:${each}`);
  };

  test("that of the TLS port on the mTLS port does not make Basic suffice, though the password is right", async () => {
    for (const host of [...hosts(), "ocpp.example", "localhost", ""]) {
      for (const id of VICTIMS) {
        const headers = [`Host: ${host}`, basic(id, SECRET_OF_VICTIM)];
        expect((await attempt("mtls", { target: `/ocpp/${id}`, headers })).status).toBe(403);
      }
    }
  });

  test("that of the mTLS port elsewhere brings no certificate", async () => {
    for (const host of hosts()) {
      const headers = [`Host: ${host}`, basic("VAULT", SECRET_OF_VICTIM)];
      expect((await attempt("http", { headers })).status).toBe(403);
      expect((await attempt("tls", { headers, certificate: victimsCertificate })).status).toBe(403);
    }
  });

  test("that is said in the request line counts as little", async () => {
    for (const host of hosts()) {
      for (const scheme of ["http", "https", "ws", "wss"]) {
        const target = `${scheme}://${host}/ocpp/VAULT`;
        const headers = [basic("VAULT", SECRET_OF_VICTIM)];
        for (const transport of ["http", "tls", "mtls"] as const) {
          expect((await attempt(transport, { target, headers })).status).toBe(403);
        }
      }
    }
    const secure = { target: `https://${hosts()[1]}/ocpp/SECURE`, headers: [basic("SECURE", SECRET_OF_VICTIM)] };
    expect((await attempt("http", secure)).status).toBe(403);
  });

  test("in a second Host header, or with user information, is no way in", async () => {
    const [, , mtlsHost] = hosts();
    const headers = [`Host: localhost`, `Host: ${mtlsHost}`];
    expect([400, 403]).toContain(
      (await attempt("tls", { headers: [basic("VAULT", SECRET_OF_VICTIM), ...headers] })).status,
    );
    const target = `https://VAULT:${encodeURIComponent(SECRET_OF_VICTIM)}@${mtlsHost}/ocpp/VAULT`;
    expect([400, 403]).toContain((await attempt("mtls", { target })).status);
    const plain = `http://VICTIM:${encodeURIComponent(SECRET_OF_VICTIM)}@localhost/ocpp/VICTIM`;
    expect([400, 401]).toContain((await attempt("http", { target: plain })).status);
  });
});

describe("A profile below the registered one", () => {
  test("is refused though the password is right: VAULT over TLS and plain, SECURE over plain", async () => {
    for (const [transport, id] of [
      ["tls", "VAULT"],
      ["http", "VAULT"],
      ["http", "SECURE"],
    ] as const) {
      const headers = [basic(id, SECRET_OF_VICTIM)];
      expect((await attempt(transport, { target: `/ocpp/${id}`, headers })).status).toBe(403);
      expect((await attempt(transport, { target: `/ocpp/${id}/`, headers })).status).toBe(403);
    }
  });

  test("is refused also where it is 0: no credentials at all", async () => {
    const answers = await Promise.all(VICTIMS.map((id) => attempt("http", { target: `/ocpp/${id}` })));
    expect(answers.map(({ status }) => status)).toEqual([401, 403, 403]);
  });

  test("is refused by the mTLS host for Basic alone, whatever certificate is missing or no good", async () => {
    const self = await certificateOf(kerbside, "VICTIM", { kind: "self-signed" });
    for (const certificate of [undefined, self, thiefsCertificate]) {
      for (const id of VICTIMS) {
        const shown = certificate === undefined ? {} : { certificate };
        const how = { target: `/ocpp/${id}`, headers: [basic(id, SECRET_OF_VICTIM)], ...shown };
        expect((await attempt("mtls", how)).status).toBe(403);
      }
    }
  });
});

describe("A certificate", () => {
  test("of another station is refused, valid as it is, and with the right password too", async () => {
    for (const id of VICTIMS) {
      for (const headers of [[], [basic(id, SECRET_OF_VICTIM)], [basic(THIEF, SECRET_OF_THIEF)]]) {
        const how = { target: `/ocpp/${id}`, headers, certificate: thiefsCertificate };
        expect((await attempt("mtls", how)).status).toBe(403);
      }
    }
  });

  test("of the victim is of no use without its key", async () => {
    const mismatched = { cert: victimsCertificate.cert, key: thiefsCertificate.key };
    await expect(attempt("mtls", { certificate: mismatched })).rejects.toThrow(/key values mismatch/);
  });

  test("behind the thief's own, in the chain, is not the leaf", async () => {
    const chained = { cert: thiefsCertificate.cert + victimsCertificate.cert, key: thiefsCertificate.key };
    expect((await attempt("mtls", { certificate: chained })).status).toBe(403);
  });

  test.each<[string, Subject]>([
    ["holds `,CN=VAULT` in its common name", [{ CN: ["THIEF,CN=VAULT"] }]],
    ["begins with the victim's and a comma", [{ CN: ["VAULT,CN=THIEF"] }]],
    ["holds `/CN=VAULT` in its common name", [{ CN: ["THIEF/CN=VAULT"] }]],
    ["holds `+CN=VAULT` in its common name", [{ CN: ["THIEF+CN=VAULT"] }]],
    ["holds `,CN=VAULT` in its organization", [{ O: ["x,CN=VAULT"] }, { CN: ["THIEF"] }]],
    ["holds `\\,CN=VAULT` in its organization", [{ O: ["x\\,CN=VAULT,O=y"] }, { CN: ["THIEF"] }]],
    ["holds a line break and `CN=VAULT`", [{ O: ["x\nCN=VAULT"] }, { CN: ["THIEF"] }]],
    ["holds a quote that could hide the rest", [{ CN: ['VAULT",O="'] }]],
    ["goes on behind a NUL", [{ CN: ["VAULT\0.thief.example"] }]],
    ["ends with a NUL", [{ CN: ["VAULT\0"] }]],
    ["begins with a NUL", [{ CN: ["\0VAULT"] }]],
    ["ends with a space", [{ CN: ["VAULT "] }]],
    ["begins with a space", [{ CN: [" VAULT"] }]],
    ["ends with a tab", [{ CN: ["VAULT\t"] }]],
    ["ends with a line break", [{ CN: ["VAULT\n"] }]],
    ["is escaped twice", [{ CN: ["\\56AULT"] }]],
    ["is in another case", [{ CN: ["vault"] }]],
    ["is the whole name", [{ CN: ["CN=VAULT"] }]],
    ["is empty", [{ CN: [""] }]],
    ["has a Cyrillic А", [{ CN: ["V\u0410ULT"] }]],
    ["is full-width", [{ CN: ["\uff36\uff21\uff35\uff2c\uff34"] }]],
    ["holds a zero-width space", [{ CN: ["VAU\u200bLT"] }]],
    ["begins with a byte order mark", [{ CN: ["\ufeffVAULT"] }]],
    ["stands beside another, the victim's last", [{ CN: ["THIEF"] }, { CN: ["VAULT"] }]],
    ["stands beside another, the victim's first", [{ CN: ["VAULT"] }, { CN: ["THIEF"] }]],
    ["stands twice", [{ CN: ["VAULT"] }, { CN: ["VAULT"] }]],
    ["stands beside another in one RDN", [{ CN: ["THIEF", "VAULT"] }]],
    ["is missing, the victim's in other attributes", [{ OU: ["VAULT"] }, { O: ["VAULT"] }, { "2.5.4.5": ["VAULT"] }]],
    ["is missing, the victim's under an OID that only looks like it", [{ "2.5.4.3.1": ["VAULT"] }]],
  ])("whose common name %s is not the victim's", async (_, subject) => {
    const certificate = await certificateFor(kerbside, subject);
    expect((await attempt("mtls", { certificate })).status).toBe(403);
  });
});

describe("Basic credentials", () => {
  test.each<[string, string]>([
    ["of the thief", basic(THIEF, SECRET_OF_THIEF)],
    ["of the thief under the victim's name", basic("VICTIM", SECRET_OF_THIEF)],
    ["with both names", basic(`${THIEF}:VICTIM`, SECRET_OF_THIEF)],
    ["with the victim's name behind a NUL", basic(`${THIEF}\0VICTIM`, SECRET_OF_THIEF)],
    ["with a NUL behind the victim's name", basic("VICTIM\0", SECRET_OF_VICTIM)],
    ["with the victim's name in another case", basic("victim", SECRET_OF_VICTIM)],
    ["with a space behind the victim's name", basic("VICTIM ", SECRET_OF_VICTIM)],
    ["with the victim's name percent-encoded", basic("%56ICTIM", SECRET_OF_VICTIM)],
    ["with a line break behind the password", basic("VICTIM", `${SECRET_OF_VICTIM}\n`)],
    [
      "with the victim's second",
      `${basic(THIEF, SECRET_OF_THIEF)}, Basic ${Buffer.from(`VICTIM:${SECRET_OF_VICTIM}`).toString("base64")}`,
    ],
    ["that claim to be verified", "Authorization: Verified VICTIM"],
    ["of the API's key", "Authorization: Bearer"],
  ])("%s do not open the victim's door", async (_, header) => {
    const line = header.endsWith("Bearer") ? `${header} ${kerbside.edge.apiKey}` : header;
    expect((await attempt("http", { target: "/ocpp/VICTIM", headers: [line] })).status).toBe(401);
  });
});

/** Bytes as they are: one character each. */
const latin1 = (text: string) => Buffer.from(text).toString("latin1");
/** Paths, and the answers that are right: none is 101, for none of them is the thief's own. */
const PATHS: [string, string, number[]][] = [
  ["an encoded slash", "/ocpp/THIEF%2FVICTIM", [400]],
  ["an encoded slash and dots", "/ocpp/THIEF%2F..%2FVICTIM", [400]],
  ["a slash encoded twice", "/ocpp/THIEF%252FVICTIM", [400]],
  ["dot segments", "/ocpp/THIEF/../VICTIM", [400, 401]],
  ["dot segments out of the tree and back", "/ocpp/../../ocpp/VICTIM", [400, 401]],
  ["encoded dot segments", "/ocpp/THIEF/%2e%2e/VICTIM", [400, 401]],
  ["half encoded dot segments", "/ocpp/THIEF/.%2e/VICTIM", [400, 401]],
  ["a dot segment alone", "/ocpp/./VICTIM", [400, 401]],
  ["dots encoded twice", "/ocpp/THIEF/%252e%252e/VICTIM", [400]],
  ["dots behind the identity", "/ocpp/VICTIM/..", [400, 404, 426]],
  ["an encoded dot pair as identity", "/ocpp/%2e%2e%2fVICTIM", [400]],
  ["an overlong encoding of dots", "/ocpp/THIEF/%c0%ae%c0%ae/VICTIM", [400]],
  ["an overlong encoding of a letter", "/ocpp/%c1%96ICTIM", [400]],
  ["double encoding", "/ocpp/%2556ICTIM", [400]],
  ["double encoding of `%41`", "/ocpp/%2541", [400]],
  ["IIS's encoding", "/ocpp/%u0056ICTIM", [400]],
  ["an encoded NUL", "/ocpp/VICTIM%00", [400]],
  ["an encoded NUL and more", "/ocpp/VICTIM%00THIEF", [400]],
  ["a raw NUL", "/ocpp/VICTIM\0THIEF", [400]],
  ["an encoded line break", "/ocpp/VICTIM%0d%0aX-Kerbside-Front:%201", [400]],
  ["an encoded line feed", "/ocpp/VICTIM%0a", [400]],
  ["a raw carriage return", "/ocpp/VICTIM\rX", [400]],
  ["a raw line break with a header behind it", `/ocpp/VICTIM HTTP/1.1\r\n${basic("THIEF", "x")}\r\nX:`, [400, 401]],
  ["an encoded tab", "/ocpp/VICTIM%09", [400]],
  ["a raw space", "/ocpp/VICTIM THIEF", [400]],
  ["a backslash", "/ocpp\\VICTIM", [400, 401, 404]],
  ["a backslash in the identity", "/ocpp/THIEF\\..\\VICTIM", [400, 401]],
  ["an encoded backslash", "/ocpp/THIEF%5CVICTIM", [400]],
  ["path parameters", "/ocpp/VICTIM;THIEF", [400]],
  ["path parameters with a name", "/ocpp/VICTIM;id=THIEF", [400]],
  ["an encoded semicolon", "/ocpp/VICTIM%3BTHIEF", [400]],
  ["an encoded question mark", "/ocpp/VICTIM%3FTHIEF", [400]],
  ["an encoded number sign", "/ocpp/VICTIM%23THIEF", [400]],
  ["a raw number sign", "/ocpp/VICTIM#THIEF", [400, 401]],
  ["a colon", "/ocpp/VICTIM:THIEF", [400]],
  ["two slashes in front", "//ocpp/VICTIM", [400, 401, 404]],
  ["two slashes in the middle", "/ocpp//VICTIM", [400, 401]],
  ["two slashes behind", "/ocpp/VICTIM//", [400]],
  ["a network path", "//THIEF@localhost/ocpp/VICTIM", [400, 401, 404]],
  ["a Cyrillic С", "/ocpp/VI%D0%A1TIM", [400]],
  ["a raw Cyrillic С", `/ocpp/${latin1("VI\u0421TIM")}`, [400]],
  ["a full-width letter", "/ocpp/%EF%BC%B6ICTIM", [400]],
  ["a zero-width space", "/ocpp/VIC%E2%80%8BTIM", [400]],
  ["a zero-width joiner", "/ocpp/VIC%E2%80%8DTIM", [400]],
  ["a right-to-left mark", "/ocpp/VICTIM%E2%80%8F", [400]],
  ["a soft hyphen", "/ocpp/VIC%C2%ADTIM", [400]],
  ["a combining dot", "/ocpp/VICTIM%CC%87", [400]],
  ["a dotless i", "/ocpp/V%C4%B1CTIM", [400]],
  ["a no-break space", "/ocpp/VICTIM%C2%A0", [400]],
  ["a byte order mark", "/ocpp/%EF%BB%BFVICTIM", [400]],
  ["another case", "/ocpp/victim", [401]],
  ["another case of the path", "/OCPP/VICTIM", [404]],
  ["the name encoded rightly", "/ocpp/%56%49%43%54%49%4D", [401]],
  ["the query string", "/ocpp/?stationId=VICTIM", [400]],
  ["the query string, encoded", "/ocpp/%3FstationId=VICTIM", [400]],
];

describe("A path", () => {
  test.each(PATHS)("with %s (%j) makes the thief nobody else", async (_, target, right) => {
    const own = basic(THIEF, SECRET_OF_THIEF);
    for (const transport of ["http", "tls"] as const) {
      const { status } = await attempt(transport, { target, headers: [own] });
      expect(right, `${transport} answered ${status}`).toContain(status);
    }
    const allowed = right.map((status) => (status === 401 ? 403 : status));
    const { status } = await attempt("mtls", { target, certificate: thiefsCertificate });
    // Another case is another station, and that one is not registered.
    expect([...allowed, ...(target === "/ocpp/victim" ? [404] : [])]).toContain(status);
  });

  test.each(["/ocpp/THIEF?id=VICTIM", "/ocpp/THIEF/?identity=VICTIM&stationId=VAULT"])(
    "of its own with another name behind it (%s) is still the thief",
    async (target) => {
      await kerbside.api("POST", `/v1/stations/${THIEF}/disconnect`);
      const station = await TestStation.connect(
        over(kerbside, "http", THIEF, {
          password: SECRET_OF_THIEF,
          url: `ws://localhost:${kerbside.edge.port}${target}`,
        }),
      );
      expect((await kerbside.api("GET", `/v1/stations/${THIEF}`)).body.online).toBe(true);
      station.kill();
    },
  );

  test("that no station can have cannot be registered either", async () => {
    const names = [
      "VI%D0%A1TIM",
      "VICTIM%00",
      "THIEF%2FVICTIM",
      "VICTIM%3BTHIEF",
      "%2e%2e%2fVICTIM",
      "VIC%E2%80%8BTIM",
    ];
    for (const name of names) {
      const { status } = await kerbside.api("PUT", `/v1/stations/${name}`, { securityProfile: 0 });
      expect([400, 404]).toContain(status);
    }
  });
});

test("Nothing that an admitted station says makes its messages another station's", async () => {
  const station = await TestStation.connect(over(kerbside, "http", THIEF, { password: SECRET_OF_THIEF }));
  await station.call("BootNotification", {
    chargePointVendor: "VICTIM",
    chargePointModel: "VICTIM",
    chargePointSerialNumber: "VICTIM",
    chargeBoxSerialNumber: "VICTIM",
  });
  station.send([2, "VICTIM", "Heartbeat", {}, "VICTIM"]);
  station.send([2, "m9", "Heartbeat", { stationId: "VICTIM" }]);
  await station.call("DataTransfer", { vendorId: "VICTIM", data: '{"stationId":"VICTIM"}' }, "m10").catch(() => {});
  await until("the events", () => eventsOf(receiver).some(({ data }) => data.action === "DataTransfer"));
  const strangers = eventsOf(receiver).filter(({ subject }) => (VICTIMS as readonly string[]).includes(subject));
  expect(strangers.filter(({ type }) => type === "ocpp.call")).toEqual([]);
  expect((await kerbside.api("GET", "/v1/stations/VICTIM")).body.boot).toBe(null);
  station.kill();
});

test("A station's own credentials open nothing of the API", async () => {
  for (const header of [basic(THIEF, SECRET_OF_THIEF), `Authorization: Bearer ${SECRET_OF_THIEF}`]) {
    const [, authorization = ""] = header.split(": ");
    const { status } = await kerbside.api("GET", "/v1/stations/VICTIM", undefined, { authorization });
    expect(status).toBe(401);
  }
});
