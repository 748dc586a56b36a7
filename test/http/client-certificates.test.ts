import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Authority,
  caExtensions,
  certificateToPem,
  distinguishedName,
  EC_P256,
  generateKeyPair,
  signCertificate,
  subjectKeyIdOf,
} from "../../src/local/pki/authority.ts";
import { below } from "../../src/local/pki/depot-authorities.ts";
import { openPki } from "../../src/local/pki/pki.ts";
import { issueStationCertificate, type StationCertificateKind } from "../../src/local/pki/station-certificate.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { certificateFor, type Subject } from "../support/odd-subjects.ts";
import { expectRefusal } from "../support/problems.ts";
import { rawUpgrade } from "../support/raw-upgrade.ts";
import { ID, ISSUED, REGISTRATIONS, ROWS } from "../security/admission-table.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateOf, over, portOf } from "../support/transports.ts";

const folder = temporaryFolder();
let kerbside: Kerbside;
let receiver: HttpPeer;
/** Of trust mode worker. */
const trustingFolder = temporaryFolder();
let trusting: Kerbside;
beforeAll(async () => {
  kerbside = await startKerbside({}, { dir: folder.dir, connectsPerStation: 10_000 });
  receiver = await HttpPeer.start();
  const webhook = { url: receiver.url, secret: SECRET, types: ["ocpp.security"] };
  await kerbside.api("PUT", "/v1/webhooks/security", webhook);
});
afterAll(async () => {
  await kerbside?.stop();
  await receiver?.stop();
  folder.remove();
});

const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${id}`)).body;
const fingerprintOf = (pem: string) => new X509Certificate(pem).fingerprint256;
const bare = (fingerprint: string) => fingerprint.replaceAll(":", "").toLowerCase();
const attempt = (id: string, socket: object) => over(kerbside, "mtls", id, { socket });

async function expectAdmitted(id: string, socket: object): Promise<void> {
  const station = await TestStation.connect(attempt(id, socket));
  expect((await view(id)).connection.securityProfile).toBe(3);
  station.kill();
}
const expectRefused = async (id: string, socket: object) =>
  expectRefusal(await TestStation.refused(attempt(id, socket)), "forbidden");

describe("In trust mode worker", () => {
  let own: Authority;
  let named: Authority;
  beforeAll(async () => {
    own = await rootOf("Fleet Root");
    const { root, rootPem, stationCaPem } = await openPki(join(trustingFolder.dir, "pki"));
    const options = { dir: trustingFolder.dir, connectsPerStation: 10_000 };
    named = await below(root, distinguishedName("Fleet", "Named CA"), Date.now());
    const STATION_CAS = [own, named].reduce(
      (text, ca) => text + certificateToPem(ca.certificate),
      rootPem + stationCaPem,
    );
    trusting = await startKerbside({ MTLS_TRUST: "worker", STATION_CAS }, options);
    await trusting.register("TRUST", { securityProfile: 3 });
  });
  afterAll(async () => {
    await trusting?.stop();
    trustingFolder.remove();
  });

  const attemptOf = (stationCa: Authority, commonName: string, kind: StationCertificateKind = "valid") =>
    issueStationCertificate(
      { ...trusting.edge.pki, stationCa, stationCaPem: "" },
      { stationId: "TRUST", commonName, kind },
    ).then((socket) => over(trusting, "mtls", "TRUST", { socket }));
  const refused = async (attempt: Promise<Parameters<typeof TestStation.refused>[0]>) =>
    expectRefusal(await TestStation.refused(await attempt), "forbidden");

  test("who is below a root of STATION_CAS is admitted, though the edge does not know it", async () => {
    const station = await TestStation.connect(await attemptOf(own, "TRUST"));
    expect((await station.call("Heartbeat"))[0]).toBe(3);
    // And once more by what is remembered.
    (await TestStation.connect(await attemptOf(own, "TRUST"))).kill();
  });

  test("who is not, another station, and whose certificate is over is refused, whatever the edge says", async () => {
    await refused(attemptOf(kerbside.edge.pki.stationCa, "TRUST"));
    await refused(attemptOf(own, "OTHER"));
    await refused(attemptOf(own, "TRUST", "expired"));
    await refused(attemptOf(own, "TRUST", "not-yet-valid"));
    await refused(attemptOf(own, "TRUST", "self-signed"));
    // The same name, and another key.
    await refused(attemptOf(await rootOf("Fleet Root"), "TRUST"));
  });

  test("who shows a chain of which one CA is none for it is refused, though its own fingerprint is registered", async () => {
    const root = named;
    const expired = await caBelow(root, "Over", { daysLeft: -1 });
    const last = await caBelow(root, "Last", { pathLength: 0 });
    const beyond = await caBelow(last, "Beyond");
    const none = await caBelow(root, "No CA", { isCa: false });
    const good = await caBelow(root, "Good");
    const stranger = await caBelow(await rootOf("Fleet Root"), "Good");
    const chains: [string, Authority, Authority[], boolean][] = [
      ["good", good, [good], true],
      ["the last that may be", last, [last], true],
      ["expired", expired, [expired], false],
      ["one too many", beyond, [beyond, last], false],
      ["no CA", none, [none], false],
      ["unknown root", stranger, [stranger], false],
      ["unknown root, another CA of its name beside it", stranger, [stranger, good], false],
      ["leaf alone", await caBelow(root, "Hidden"), [], false],
    ];
    const found: [string, boolean][] = [];
    for (const [name, stationCa, shown] of chains) {
      const stationCaPem = shown.map(({ certificate }) => certificateToPem(certificate)).join("");
      const pki = { ...trusting.edge.pki, stationCa, stationCaPem };
      const socket = await issueStationCertificate(pki, { stationId: "CHAINS" });
      const certificate = { fingerprints: [bare(fingerprintOf(socket.cert))] };
      await trusting.register("CHAINS", { securityProfile: 3, certificate });
      const tls = { ca: trusting.edge.pki.rootPem, cert: socket.cert, key: socket.key };
      const target = { port: portOf(trusting, "mtls"), target: "/ocpp/CHAINS", protocols: "ocpp1.6", tls };
      const { status } = await rawUpgrade(target);
      found.push([name, status === 101]);
      if (status !== 101) expect([name, status]).toEqual([name, 403]);
    }
    expect(found).toEqual(chains.map(([name, , , isAdmitted]) => [name, isAdmitted]));
  });

  test("who is below a CA that was revoked is refused and closed, whether STATION_CAS has that CA or the station alone", async () => {
    const shown = await below(trusting.edge.pki.root, distinguishedName("Fleet", "Shown CA"), Date.now());
    const certificates = {
      shown: await issueStationCertificate(
        { ...trusting.edge.pki, stationCa: shown, stationCaPem: certificateToPem(shown.certificate) },
        { stationId: "BELOW" },
      ),
      named: await issueStationCertificate(
        { ...trusting.edge.pki, stationCa: named },
        { stationId: "BELOW", leafOnly: true },
      ),
    };
    await trusting.register("BELOW", { securityProfile: 3 });
    for (const [ca, socket] of [
      [shown, certificates.shown],
      [named, certificates.named],
    ] as const) {
      const station = await TestStation.connect(over(trusting, "mtls", "BELOW", { socket }));
      // That the station is online may be news of the connection before.
      await until("the directory knows it", async () => {
        const { body } = await trusting.api("GET", `/v1/search?q=${fingerprintOf(socket.cert)}`);
        return body.found[0]?.online === true;
      });
      const fingerprint = fingerprintOf(certificateToPem(ca.certificate));
      expect((await trusting.api("POST", "/v1/revocations", { fingerprint })).status).toBe(201);
      expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
      expectRefusal(await TestStation.refused(over(trusting, "mtls", "BELOW", { socket })), "forbidden");
    }
    await trusting.api("DELETE", "/v1/stations/BELOW");
    const beside = await TestStation.connect(await attemptOf(own, "TRUST"));
    expect((await beside.call("Heartbeat"))[0]).toBe(3);
    beside.kill();
  });

  /** Over TLS every row of one registration, and of the others some: which ones turns with the certificate. */
  const SAMPLE = ROWS.filter(({ certificate, mode, registration }) => {
    const [nth, at] = [Object.keys(ISSUED).indexOf(certificate), Object.keys(REGISTRATIONS).indexOf(registration)];
    return nth >= 0 && (mode === "edge" || mode === "worker") && (registration === "profile 3" || (nth + at) % 5 === 0);
  });
  const STATUSES: Record<string, number> = { 3: 101, "not-registered": 404, "no-common-subprotocol": 400 };

  test.each(Object.keys(ISSUED))("and in mode edge, who shows %s is let in or not as the table says", async (name) => {
    const rows = SAMPLE.filter(({ certificate }) => certificate === name);
    const found: unknown[] = [];
    for (const [mode, edge] of Object.entries({ edge: kerbside, worker: trusting })) {
      const { cert, key } = await certificateOf(edge, ID, ISSUED[name]);
      // What a client would not show; P-192 gets past the handshake of TLS 1.3 alone.
      const weak = { ciphers: "DEFAULT@SECLEVEL=0", ...(/P-192/.test(name) && { minVersion: "TLSv1.3" as const }) };
      const tls = { ca: edge.edge.pki.rootPem, cert, key, ...weak };
      for (const row of rows.filter((each) => each.mode === mode)) {
        const station = `T-${Object.keys(REGISTRATIONS).indexOf(row.registration)}`;
        const given = REGISTRATIONS[row.registration];
        if (given != null) {
          const { certificate: { fingerprints, ...names } = {}, ...more } = given;
          const pins = fingerprints?.map((pin) => (pin === "shown" ? bare(fingerprintOf(cert)) : "00".repeat(32)));
          const certificate = { commonName: ID, ...names, ...(pins !== undefined && { fingerprints: pins }) };
          const password = [1, 2].includes(given.securityProfile ?? 3) && { password: "correct horse battery" };
          await edge.register(station, { ...more, ...password, certificate });
        }
        const target = { port: portOf(edge, "mtls"), target: `/ocpp/${station}`, protocols: "ocpp1.6", tls };
        found.push({ ...row, outcome: (await rawUpgrade(target)).status });
      }
    }
    expect(found).toEqual(rows.map((row) => ({ ...row, outcome: STATUSES[row.outcome] ?? 403 })));
    expect(rows.length).toBeGreaterThan(3);
  });
});

async function caBelow(
  issuer: Authority,
  name: string,
  { daysLeft = 1, pathLength, isCa = true }: { daysLeft?: number; pathLength?: number; isCa?: boolean } = {},
): Promise<Authority> {
  const pair = await generateKeyPair(EC_P256);
  const [notBefore, notAfter] = [new Date(Date.now() - 2 * 86_400_000), new Date(Date.now() + daysLeft * 86_400_000)];
  const subject = distinguishedName("Fleet", name);
  const extensions = isCa ? caExtensions(pathLength) : [];
  const request = { subject, publicKey: pair.publicKey, notBefore, notAfter, extensions };
  const certificate = await signCertificate(request, issuer);
  return { certificate, subjectKeyId: subjectKeyIdOf(certificate), signingKey: pair.privateKey };
}

async function rootOf(name: string): Promise<Authority> {
  const pair = await generateKeyPair(EC_P256);
  const [notBefore, notAfter] = [new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000)];
  const subject = distinguishedName("Fleet", name);
  const request = { subject, publicKey: pair.publicKey, notBefore, notAfter, extensions: caExtensions() };
  const certificate = await signCertificate(request, pair);
  return { certificate, subjectKeyId: subjectKeyIdOf(certificate), signingKey: pair.privateKey };
}

describe.each(["TLSv1.2", "TLSv1.3"] as const)("Over %s", (version) => {
  const tls = { minVersion: version, maxVersion: version };

  test("a station with a valid certificate of its own is admitted, and the certificate is shown", async () => {
    await kerbside.register("CERT", { securityProfile: 3 });
    const certificate = await certificateOf(kerbside, "CERT");
    const station = await TestStation.connect(attempt("CERT", { ...certificate, ...tls }));
    const leaf = new X509Certificate(certificate.cert);
    expect((await view("CERT")).connection).toMatchObject({
      securityProfile: 3,
      certificate: { fingerprint: bare(leaf.fingerprint256), notAfter: new Date(leaf.validTo).toISOString() },
    });
    station.kill();
  });

  test.each<StationCertificateKind>(["expired", "not-yet-valid", "other-ca", "self-signed", "revoked"])(
    "a certificate of the kind %s is refused with 403, whatever else is right",
    async (kind) => {
      await kerbside.register("CERT", { securityProfile: 3, password: "correct horse battery" });
      const socket = { ...(await certificateOf(kerbside, "CERT", { kind })), ...tls };
      await expectRefused("CERT", socket);
      const options = { socket, password: "correct horse battery" };
      expectRefusal(await TestStation.refused(over(kerbside, "mtls", "CERT", options)), "forbidden");
      expect((await view("CERT")).online).toBe(false);
    },
  );

  test("a station without a certificate is refused with 403", async () => {
    await kerbside.register("CERT", { securityProfile: 3 });
    await expectRefused("CERT", tls);
  });

  test("another station's certificate is refused with 403", async () => {
    await kerbside.register("CERT", { securityProfile: 3 });
    await expectRefused("CERT", { ...(await certificateOf(kerbside, "CERT2")), ...tls });
  });

  test("a leaf without the CA that issued it is admitted where that CA is known, and refused with 403 elsewhere", async () => {
    await kerbside.register("CERT", { securityProfile: 3 });
    const leafOf = async (kind: StationCertificateKind) => {
      const { cert, key } = await certificateOf(kerbside, "CERT", { kind });
      const end = cert.indexOf("-----BEGIN", 1);
      return { cert: end < 0 ? cert : cert.slice(0, end), key, ...tls };
    };
    await expectAdmitted("CERT", await leafOf("valid"));
    for (const kind of ["expired", "not-yet-valid", "other-ca", "self-signed", "revoked"] as const) {
      await expectRefused("CERT", await leafOf(kind));
    }
  });
});

test("The edge's own server certificate is no station's", async () => {
  await kerbside.register("localhost", { securityProfile: 3 });
  const { ecdsa } = kerbside.edge.pki.server;
  await expectRefused("localhost", { cert: ecdsa, key: ecdsa });
});

test("TLS 1.1 is not spoken", async () => {
  for (const transport of ["tls", "mtls"] as const) {
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const tls = { ca: kerbside.edge.pki.rootPem, ...old };
    const upgrade = rawUpgrade({ port: portOf(kerbside, transport), target: "/ocpp/CERT", tls });
    await expect(upgrade).rejects.toThrow(/alert protocol version/);
  }
});

test("A revocation counts from the next connection on, and is reported as a security event", async () => {
  await kerbside.register("REVOKED", { securityProfile: 3 });
  const { cert, key } = await certificateOf(kerbside, "REVOKED");
  await expectAdmitted("REVOKED", { cert, key });
  kerbside.edge.pki.revocations.add(new X509Certificate(cert).serialNumber);
  await expectRefused("REVOKED", { cert, key });
  const event = await until("the security event", () =>
    eventsOf(receiver).find(({ subject }) => subject === "REVOKED"),
  );
  expect(event).toMatchObject({
    type: "ocpp.security",
    data: { kind: "certificate-revoked", reason: "certificate-revoked", remoteAddress: expect.any(String) },
  });
});

test("Another station's certificate is reported as a security event of the station that was asked for", async () => {
  await kerbside.register("ASKED", { securityProfile: 3 });
  await expectRefused("ASKED", await certificateOf(kerbside, "ASKER"));
  const event = await until("the security event", () => eventsOf(receiver).find(({ subject }) => subject === "ASKED"));
  expect(event.data).toMatchObject({ kind: "connection-refused", reason: "certificate-of-another-station" });
});

describe("A registration", () => {
  test("may name another common name, which then replaces the station's id", async () => {
    await kerbside.register("NAMED", { securityProfile: 3, certificate: { commonName: "Serial 00-4711/a,b" } });
    await expectAdmitted("NAMED", await certificateOf(kerbside, "NAMED", { commonName: "Serial 00-4711/a,b" }));
    await expectRefused("NAMED", await certificateOf(kerbside, "NAMED"));
    await expectRefused("NAMED", await certificateOf(kerbside, "NAMED", { commonName: "serial 00-4711/a,b" }));
    expect((await view("NAMED")).certificate).toEqual({ commonName: "Serial 00-4711/a,b" });
  });

  test("may bind the organization", async () => {
    await kerbside.register("ORG", { securityProfile: 3, certificate: { organization: "Ladestrom & Söhne, GmbH" } });
    const organization = "Ladestrom & Söhne, GmbH";
    await expectAdmitted("ORG", await certificateOf(kerbside, "ORG", { organization }));
    await expectRefused("ORG", await certificateOf(kerbside, "ORG"));
    await expectRefused("ORG", await certificateOf(kerbside, "ORG", { organization: "Ladestrom & Söhne" }));
    await expectRefused("ORG", await certificateFor(kerbside, [{ CN: ["ORG"] }]));
    await expectRefused("ORG", await certificateFor(kerbside, [{ O: [organization] }, { O: ["x"] }, { CN: ["ORG"] }]));
    await expectRefused("ORG", await certificateFor(kerbside, [{ O: ["x"] }, { O: [organization] }, { CN: ["ORG"] }]));
    await expectRefused("ORG", await certificateFor(kerbside, [{ OU: [organization] }, { CN: ["ORG"] }]));
  });

  test("may bind fingerprints, with or without colons, beside the common name", async () => {
    const [one, two, three, stranger] = await Promise.all([
      certificateOf(kerbside, "PIN"),
      certificateOf(kerbside, "PIN"),
      certificateOf(kerbside, "PIN"),
      certificateOf(kerbside, "OTHER"),
    ]);
    const fingerprints = [fingerprintOf(one.cert), bare(fingerprintOf(two.cert)), fingerprintOf(stranger.cert)];
    await kerbside.register("PIN", { securityProfile: 3, certificate: { fingerprints } });
    await expectAdmitted("PIN", one);
    await expectAdmitted("PIN", two);
    await expectRefused("PIN", three);
    await expectRefused("PIN", stranger);
    expect((await view("PIN")).certificate.fingerprints).toEqual(fingerprints.map(bare));
  });

  test("that binds nothing more takes any organization and any certificate of the common name", async () => {
    await kerbside.register("FREE", { securityProfile: 3 });
    await expectAdmitted("FREE", await certificateOf(kerbside, "FREE", { organization: "Anybody" }));
    await expectAdmitted("FREE", await certificateFor(kerbside, [{ CN: ["FREE"] }]));
  });

  test.each<[string, Subject]>([
    ["in one RDN with others", [{ O: ["Operator"], CN: ["SHAPE"], OU: ["Depot"] }]],
    ["first", [{ CN: ["SHAPE"] }, { O: ["Operator"] }, { C: ["DE"] }]],
    ["after values with every special", [{ O: ['a, + = " \\ < > ; # / \u0001'] }, { CN: ["SHAPE"] }]],
    ["beside attributes that have no short name", [{ "1.2.3.4": ["x,CN=OTHER"] }, { CN: ["SHAPE"] }]],
  ])("is met by a common name that stands %s", async (_, subject) => {
    await kerbside.register("SHAPE", { securityProfile: 3 });
    await expectAdmitted("SHAPE", await certificateFor(kerbside, subject));
  });
});

test("CLIENT_CA_SKIS narrows the issuers down, with or without colons", async () => {
  const other = temporaryFolder();
  const { subjectKeyId } = (await openPki(join(other.dir, "pki"))).stationCa;
  const colons = subjectKeyId.toUpperCase().replace(/..(?!$)/g, "$&:");
  const outcomes: unknown[] = [];
  for (const skis of [`00ff, ${colons}`, "00ff"]) {
    const narrow = await startKerbside({ CLIENT_CA_SKIS: skis }, { dir: other.dir });
    await narrow.register("SKI", { securityProfile: 3 });
    const target = { port: portOf(narrow, "mtls"), target: "/ocpp/SKI", protocols: "ocpp1.6" };
    const tls = { ca: narrow.edge.pki.rootPem, ...(await certificateOf(narrow, "SKI")) };
    outcomes.push((await rawUpgrade({ ...target, tls })).status);
    await narrow.stop();
  }
  other.remove();
  expect(outcomes).toEqual([101, 403]);
});

test("What `npm run station:cert` writes is admitted as it is, and its faulty kinds are not", async () => {
  await kerbside.register("CLI 1", { securityProfile: 3 });
  const write = async (...args: string[]) => {
    const env = { ...process.env, KERBSIDE_DIR: folder.dir };
    await promisify(execFile)("npm", ["run", "--silent", "station:cert", "--", "CLI 1", ...args], { env });
    const read = (kind: string) => readFileSync(join(folder.dir, "pki/stations", `CLI 1.${kind}.pem`), "utf8");
    return { cert: read("cert"), key: read("key") };
  };
  const certificate = await write();
  const ca = readFileSync(join(folder.dir, "pki/root.cert.pem"), "utf8");
  const options = over(kerbside, "mtls", "CLI 1", { socket: certificate });
  const station = await TestStation.connect({ ...options, socket: { ...certificate, ca } });
  expect((await view("CLI%201")).connection.certificate.fingerprint).toBe(bare(fingerprintOf(certificate.cert)));
  station.kill();
  await expectRefused("CLI 1", await write("--revoked"));
});
