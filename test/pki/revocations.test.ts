import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import "../../src/security/x509/reflect-metadata.ts";
import { Extension } from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateRequest } from "../support/certificate-requests.ts";
import { FieldStation } from "../support/field-station.ts";
import { join } from "node:path";
import { type Authority, certificateToPem, distinguishedName } from "../../src/local/pki/authority.ts";
import { below } from "../../src/local/pki/depot-authorities.ts";
import { openPki } from "../../src/local/pki/pki.ts";
import { issueStationCertificate } from "../../src/local/pki/station-certificate.ts";
import { altered } from "../support/altered-signature.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { eventsOf, HttpPeer, SECRET, until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { pemOf, resigned } from "../support/odd-serials.ts";
import { type ListOptions, revocationList } from "../support/revocation-lists.ts";
import { expectRefusal } from "../support/problems.ts";
import { TestStation } from "../support/test-station.ts";
import { certificateOf, over } from "../support/transports.ts";

const folder = temporaryFolder();
/** Below the root, beside the station CA. */
const cas: Authority[] = [];
let kerbside: Kerbside;
let receiver: HttpPeer;
/** What CRL_URLS answers, and how often it was told that its list is known. */
let published: Uint8Array | null = null;
let known = 0;
const publisher = createServer((request, response) => {
  if (request.headers["if-none-match"] === '"one"') {
    known += 1;
    response.writeHead(304).end();
  } else if (published === null) response.writeHead(500).end();
  else response.writeHead(200, { etag: '"one"' }).end(published);
});
beforeAll(async () => {
  await once(publisher.listen(0, "127.0.0.1"), "listening");
  const CRL_URLS = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/`;
  const pki = await openPki(join(folder.dir, "pki"));
  for (const name of ["Second", "Third", "Fourth", "Fifth"])
    cas.push(await below(pki.root, distinguishedName("Fleet", name), Date.now()));
  const STATION_CAS = [pki.rootPem, pki.stationCaPem, ...cas.map(({ certificate }) => certificateToPem(certificate))];
  [kerbside, receiver] = await Promise.all([
    startKerbside({ CRL_URLS, CERTIFICATE_ISSUER: "local", STATION_CAS: STATION_CAS.join("") }, { dir: folder.dir }),
    HttpPeer.start(),
  ]);
  await kerbside.api("PUT", "/v1/webhooks/security", { url: receiver.url, secret: SECRET, types: ["ocpp.security"] });
});
afterAll(async () => {
  publisher.close();
  await Promise.all([kerbside?.stop(), receiver?.stop()]);
  folder.remove();
});

const pemsOf = (pems: string): string[] => pems.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n?/g) ?? [];
const bare = (text: string) => text.replaceAll(":", "").toLowerCase();
const connect = (id: string, socket: object) => TestStation.connect(over(kerbside, "mtls", id, { socket }));
const revoke = (body: object) => kerbside.api("POST", "/v1/revocations", body);

/** Each below the one before. */
async function authoritiesBelow(parent: Authority, first: string, second: string): Promise<[Authority, Authority]> {
  const upper = await below(parent, distinguishedName("Fleet", first), Date.now());
  return [upper, await below(upper, distinguishedName("Fleet", second), Date.now())];
}

/** Its connection, its leaf, and what it connects with. @param above PEM of what is shown behind the CA that issued it */
async function connected(id: string, by?: Authority, serial?: string, above = "") {
  await kerbside.register(id, { securityProfile: 3 });
  const issued = await (by === undefined ? certificateOf(kerbside, id) : certificateBy(by, id, serial));
  const certificate = { ...issued, cert: issued.cert + above };
  const station = await connect(id, certificate);
  const listed = async () => (await kerbside.api("GET", `/v1/stations?q=${id}&online=true`)).body.stations.length === 1;
  await until("the directory knows it", listed);
  return { station, certificate, leaf: new X509Certificate(certificate.cert) };
}

/** @param serial hex of 16 octets in DER, where it is to be another than any library writes */
async function certificateBy(by: Authority, stationId: string, serial?: string) {
  const pki = { ...kerbside.edge.pki, stationCa: by, stationCaPem: certificateToPem(by.certificate) };
  const issued = await issueStationCertificate(pki, { stationId, leafOnly: serial !== undefined });
  if (serial === undefined) return issued;
  const odd = await resigned(new X509Certificate(issued.cert).raw, issued.serial, serial, by);
  return { ...issued, cert: pemOf(odd, "CERTIFICATE") };
}

/** Of the station CA's lists, in the order of the tests. */
let lastNumber = 0;
const nextNumber = () => (++lastNumber).toString(16).padStart(2, "0");

/** Of the station CA, as the edge sees it. */
function keyIdOf(leaf: X509Certificate): string {
  // [RFC 5280 §4.2.1.1] 06 03 55 1d 23: authorityKeyIdentifier, whose first element [0] has it.
  const der = leaf.raw;
  const at = der.indexOf(Buffer.from("0603551d23", "hex"));
  const tag = der.indexOf(0x80, at + 5);
  const length = der[tag + 1] ?? 0;
  return der.subarray(tag + 2, tag + 2 + length).toString("hex");
}

describe("A certificate that is revoked", () => {
  test("by its fingerprint closes what it let in, with an event, and lets nobody in again", async () => {
    const { station, certificate, leaf } = await connected("REVOKED-1");
    const other = await connected("KEPT-1");
    const { status, body } = await revoke({ fingerprint: leaf.fingerprint256, reason: "keyCompromise" });
    expect([status, body]).toEqual([
      201,
      { fingerprint: bare(leaf.fingerprint256), reason: "keyCompromise", revoked: true },
    ]);
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    const told = () => eventsOf(receiver).filter(({ subject }) => subject === "REVOKED-1");
    await until("the event", () =>
      told().some(({ data }) => data.kind === "certificate-revoked" && data.live === true),
    );
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "REVOKED-1", { socket: certificate })), "forbidden");
    expect((await other.station.call("Heartbeat"))[0]).toBe(3);
  });

  test.each(["as its CA signed it", "as it was shown"])(
    "by its fingerprint %s ends, and is not let in, with the other signature that anybody can make of its own",
    async (form) => {
      const id = `ALTERED-${form.length}`;
      const { station, certificate, leaf } = await connected(id);
      const [other = "", ...chain] = pemsOf(certificate.cert);
      const changed = {
        ...certificate,
        cert: [pemOf(altered(new X509Certificate(other).raw), "CERTIFICATE"), ...chain].join(""),
      };
      const anew = await connect(id, changed);
      expect(await station.closed).toMatchObject({ reason: "superseded" });
      const { fingerprint256 } = form === "as it was shown" ? new X509Certificate(changed.cert) : leaf;
      expect((await revoke({ fingerprint: fingerprint256 })).status).toBe(201);
      expect(await anew.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
      for (const socket of [certificate, changed])
        expectRefusal(await TestStation.refused(over(kerbside, "mtls", id, { socket })), "forbidden");
    },
  );

  test("by its issuer's key and number, however these are written, does the same", async () => {
    const { station, certificate, leaf } = await connected("REVOKED-2");
    const issuer = keyIdOf(leaf)
      .toUpperCase()
      .replaceAll(/(..)(?=.)/g, "$1:");
    const { status } = await revoke({ issuer, serialNumber: `00${leaf.serialNumber}` });
    expect(status).toBe(201);
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "REVOKED-2", { socket: certificate })), "forbidden");
    // Another certificate of the same station is another one.
    const anew = await connect("REVOKED-2", await certificateOf(kerbside, "REVOKED-2"));
    expect((await anew.call("Heartbeat"))[0]).toBe(3);
  });

  test("is listed with who told it, and told again it is the same", async () => {
    const fingerprint = "ab".repeat(32);
    expect((await revoke({ fingerprint })).status).toBe(201);
    expect(await revoke({ fingerprint, reason: "superseded" })).toMatchObject({
      status: 200,
      body: { reason: "unspecified" },
    });
    const first = await kerbside.api("GET", "/v1/revocations?limit=1");
    expect(first.body.revocations).toMatchObject([{ fingerprint, reason: "unspecified", actor: "development" }]);
    const next = await kerbside.api("GET", `/v1/revocations?limit=500&cursor=${first.body.cursor}`);
    expect(next.body.revocations.map((each: { fingerprint: string }) => each.fingerprint)).not.toContain(fingerprint);
    expect(next.body.cursor).toBeNull();
    expect((await kerbside.api("GET", "/v1/revocations?cursor=nonsense")).status).toBe(422);
    for (const body of [{}, { fingerprint: "12" }, { issuer: "ab" }, { fingerprint, issuer: "ab", serialNumber: "1" }])
      expect((await revoke(body)).status).toBe(422);
    const odd = await revoke({ fingerprint, reason: "rust" });
    expect(odd.body.errors.map(({ path }: { path: string }) => path)).toEqual(["/reason"]);
    expect((await kerbside.api("PUT", "/v1/stations/summary", { securityProfile: 0 })).status).toBe(422);
  });
});

test("A certificate that the local edge has issued is revoked as any other, and shown as such", async () => {
  await kerbside.register("ISSUED", { securityProfile: 3 });
  const key = await certificateOf(kerbside, "ISSUED");
  const station = new FieldStation(kerbside, "ISSUED", { profile: 3, key, makesRequests: true });
  await station.start();
  const { csr, key: newKey } = await certificateRequest("ISSUED");
  expect(await station.request(csr, newKey)).toEqual({ status: "Accepted" });
  const known = async () => (await kerbside.api("GET", "/v1/stations/ISSUED/certificates")).body.certificates;
  await until("it to be used", async () => (await known())[0].state === "in-use" && (await known()).length === 2);
  const [{ issuerKeyId: issuer, serialNumber, issuedBy, fingerprint }] = await known();
  // Its end may be the old one's too.
  await until("the directory knows it", async () => {
    return (await kerbside.api("GET", `/v1/search?q=${fingerprint}`)).body.found.length === 1;
  });
  expect(issuedBy).toBe("local");
  await revoke({ issuer, serialNumber });
  await until("it to be off", () => !station.isOn);
  expect((await known()).map(({ revoked }: { revoked: boolean }) => revoked)).toEqual([true, false]);
  await station.stop();
});

const listOf = (serials: string[], options: Partial<ListOptions>) =>
  revocationList(serials, { by: kerbside.edge.pki.stationCa, ...options });

async function put(
  list: Uint8Array<ArrayBuffer> | string,
  issuer = kerbside.edge.pki.stationCa.subjectKeyId,
  at = kerbside,
) {
  const response = await fetch(`${at.edge.httpUrl}/v1/crls/${issuer}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${at.edge.apiKey}`, "content-type": "application/pkix-crl" },
    body: list,
  });
  return { status: response.status, body: (await response.json()) as { detail: string; entries: number } };
}

/** As if its nextUpdate had passed. */
async function outdate({ edge }: Kerbside): Promise<void> {
  const database = await edge.miniflare.getD1Database("DIRECTORY");
  await database.prepare("UPDATE crls SET next_update = 1000").run();
}

test("A certificate on hold is let in again when its backend says so, and not one that is revoked for good, or by a list", async () => {
  const { station, certificate, leaf } = await connected("HELD-1");
  const [issuer, { serialNumber }] = [keyIdOf(leaf), leaf];
  const lift = (name: string) => kerbside.api("DELETE", `/v1/revocations/${name}`);
  const attempt = over(kerbside, "mtls", "HELD-1", { socket: certificate });
  expect((await revoke({ issuer, serialNumber, reason: "certificateHold" })).status).toBe(201);
  expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
  expect(await lift(`${issuer.toUpperCase()}.00${serialNumber}`)).toMatchObject({
    status: 200,
    body: { revoked: false },
  });
  expect((await lift(`${issuer}.${serialNumber}`)).status).toBe(404);
  (await connect("HELD-1", certificate)).kill();

  // The list of its CA names it too, before the backend or after: it stays out, until it is off that.
  for (const isListedFirst of [true, false]) {
    if (isListedFirst) await put(await listOf([serialNumber], { number: nextNumber() }));
    await revoke({ issuer, serialNumber, reason: "certificateHold" });
    if (!isListedFirst) await put(await listOf([serialNumber], { number: nextNumber() }));
    expect((await lift(`${issuer}.${serialNumber}`)).body).toEqual({ revoked: true });
    expectRefusal(await TestStation.refused(attempt), "forbidden");
    await put(await listOf([], { number: nextNumber() }));
    (await connect("HELD-1", certificate)).kill();
  }
  // Listed while it was on hold, and off the list before that ends.
  await revoke({ issuer, serialNumber, reason: "certificateHold" });
  await put(await listOf([serialNumber], { number: nextNumber() }));
  await put(await listOf([], { number: nextNumber() }));
  expectRefusal(await TestStation.refused(attempt), "forbidden");
  expect((await lift(`${issuer}.${serialNumber}`)).body).toEqual({ revoked: false });
  (await connect("HELD-1", certificate)).kill();

  const fingerprint = bare(leaf.fingerprint256);
  await revoke({ fingerprint, reason: "certificateHold" });
  expect((await revoke({ fingerprint, reason: "keyCompromise" })).body.reason).toBe("keyCompromise");
  expect((await revoke({ fingerprint, reason: "certificateHold" })).body.reason).toBe("keyCompromise");
  expect((await lift(fingerprint)).status).toBe(409);
});

describe("A CA that is revoked", () => {
  const shown = (ca: Authority) => new X509Certificate(certificateToPem(ca.certificate));

  /** What connects below it is closed and let in no more; below another one nothing changes. */
  async function expectCutOff(ca: Authority, name: string, revokeIt: () => Promise<unknown>) {
    const [below, beside] = [await connected(`${name}-BELOW`, ca), await connected(`${name}-BESIDE`)];
    await revokeIt();
    expect(await below.station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    const attempt = over(kerbside, "mtls", `${name}-BELOW`, { socket: below.certificate });
    expectRefusal(await TestStation.refused(attempt), "forbidden");
    expect((await beside.station.call("Heartbeat"))[0]).toBe(3);
  }

  test("by its fingerprint takes what it signed with it", () => {
    const [second] = cas as [Authority];
    const { fingerprint256 } = shown(second);
    return expectCutOff(second, "CA-1", async () =>
      expect(await revoke({ fingerprint: fingerprint256 })).toMatchObject({
        status: 201,
        body: { authority: second.subjectKeyId },
      }),
    );
  });

  test("by its fingerprint is not trusted again with another signature, where a chain alone tells of it", async () => {
    // The root's own signature is RSA's, which has no other form.
    const [sixth, sub] = await authoritiesBelow(kerbside.edge.pki.root, "Sixth", "Sub");
    const { certificate } = await connected("CA-ALTERED", sub, undefined, pemOf(shown(sixth).raw, "CERTIFICATE"));
    const [leaf = "", ...above] = pemsOf(certificate.cert);
    expect((await revoke({ fingerprint: shown(sub).fingerprint256 })).status).toBe(201);
    const changed = [leaf, pemOf(altered(shown(sub).raw), "CERTIFICATE"), ...above.slice(1)].join("");
    for (const cert of [certificate.cert, changed, certificate.cert]) {
      const attempt = over(kerbside, "mtls", "CA-ALTERED", { socket: { ...certificate, cert } });
      expectRefusal(await TestStation.refused(attempt), "forbidden");
    }
  });

  test("by its issuer's key and number takes what it signed with it", () => {
    const third = cas[1] as Authority;
    const issuer = kerbside.edge.pki.root.subjectKeyId;
    return expectCutOff(third, "CA-2", async () =>
      expect((await revoke({ issuer, serialNumber: shown(third).serialNumber })).status).toBe(201),
    );
  });

  test("by the list of the CA above takes what it signed with it, until it is off that", async () => {
    const fourth = cas[2] as Authority;
    const { root } = kerbside.edge.pki;
    const list = (serials: string[], number: string) => revocationList(serials, { by: root, number });
    await expectCutOff(fourth, "CA-3", async () =>
      expect(await put(await list([shown(fourth).serialNumber], "01"), root.subjectKeyId)).toMatchObject({
        status: 200,
        body: { entries: 1, authorities: expect.arrayContaining([fourth.subjectKeyId]) },
      }),
    );
    await put(await list([], "02"), root.subjectKeyId);
    (await connect("CA-3-BELOW", await certificateBy(fourth, "CA-3-BELOW"))).kill();
  });

  test("is no root: of that no list says anything, and the answer is 422", async () => {
    const { fingerprint256, serialNumber } = new X509Certificate(kerbside.edge.pki.rootPem);
    const issuer = kerbside.edge.pki.root.subjectKeyId;
    for (const named of [{ fingerprint: fingerprint256 }, { issuer, serialNumber }])
      expect(await revoke(named)).toMatchObject({ status: 422, body: { detail: expect.stringMatching(/root/) } });
  });
});

describe("A CA's list", () => {
  test("that names a certificate closes what that let in, and lets it in again when it is off the list", async () => {
    const { station, certificate, leaf } = await connected("LISTED-1");
    const told = async () => (await kerbside.api("GET", "/v1/revocations?limit=500")).body.revocations.length;
    const before = await told();
    const others = Array.from({ length: 300 }, (_, index) => `5${index.toString(16).padStart(31, "0")}`);
    const taken = await put(await listOf([leaf.serialNumber, ...others], { number: "15" }));
    expect(taken).toMatchObject({
      status: 200,
      body: { number: "15", entries: 301, complete: true, outOfDate: false },
    });
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "LISTED-1", { socket: certificate })), "forbidden");
    const issuer = keyIdOf(leaf);
    const { crls } = (await kerbside.api("GET", "/v1/crls")).body;
    expect(crls).toContainEqual(expect.objectContaining({ issuer, entries: 301 }));
    expect((await kerbside.api("GET", `/v1/crls/${issuer.toUpperCase()}`)).body).toMatchObject({ entries: 301 });
    // They are not among those that backends told.
    expect(await told()).toBe(before);

    lastNumber = 0x16;
    const pem = Buffer.from(await listOf([others[0] as string], { number: "16" })).toString("base64");
    expect(await put(`-----BEGIN X509 CRL-----\n${pem}\n-----END X509 CRL-----\n`)).toMatchObject({
      body: { entries: 1 },
    });
    const again = await connect("LISTED-1", certificate);
    expect((await again.call("Heartbeat"))[0]).toBe(3);
  });

  // As openssl x509 -set_serial -0x1234 writes them, and it and Node print them.
  test.each([
    [`ed${"cc".repeat(15)}`, `-12${"33".repeat(14)}34`, (text: string) => text.replaceAll(/(..)(?=.)/g, "$1:")],
    [`80${"00".repeat(15)}`, `-80${"00".repeat(15)}`, (text: string) => text.replace("-", "-00")],
    [`00${"ed".repeat(15)}`, "ED".repeat(15), (text: string) => `00:${text.toLowerCase()}`],
  ])(
    "whose number is %s in DER, by API and by list, is the one of that number and sign",
    async (der, printed, spell) => {
      const { stationCa } = kerbside.edge.pki;
      const issuer = stationCa.subjectKeyId;
      const told = await connected(`TOLD-${der.slice(0, 2)}`, stationCa, der);
      expect(told.leaf.serialNumber).toBe(printed);
      const opposite = printed.startsWith("-") ? printed.slice(1) : `-${printed}`;
      expect((await revoke({ issuer, serialNumber: opposite })).status).toBe(201);
      if (printed.startsWith("-")) expect((await revoke({ issuer, serialNumber: der })).status).toBeLessThan(300);
      expect((await told.station.call("Heartbeat"))[0]).toBe(3);
      for (const [serialNumber, status] of [
        [spell(printed), 201],
        [printed, 200],
      ] as const)
        expect([serialNumber, (await revoke({ issuer, serialNumber })).status]).toEqual([serialNumber, status]);
      expect(await told.station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
      const attempt = over(kerbside, "mtls", `TOLD-${der.slice(0, 2)}`, { socket: told.certificate });
      expectRefusal(await TestStation.refused(attempt), "forbidden");

      const other = `${der.slice(0, -2)}0d`;
      const placeholder = "5a".repeat(16);
      const listed = await connected(`ODD-${der.slice(0, 2)}`, stationCa, other);
      const list = await resigned(await listOf([placeholder], { number: nextNumber() }), placeholder, other, stationCa);
      expect(await put(list)).toMatchObject({ status: 200, body: { entries: 1 } });
      expect(await listed.station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    },
  );

  test("does not take back what a backend revoked", async () => {
    const { certificate, leaf } = await connected("LISTED-2");
    const issuer = keyIdOf(leaf);
    await put(await listOf([leaf.serialNumber], { number: nextNumber() }));
    expect((await revoke({ issuer, serialNumber: leaf.serialNumber })).status).toBe(201);
    expect((await put(await listOf([], { number: nextNumber() }))).status).toBe(200);
    expectRefusal(await TestStation.refused(over(kerbside, "mtls", "LISTED-2", { socket: certificate })), "forbidden");
  });

  test("is refused with the reason where it is not to be believed, and the one before stays", async () => {
    const { stationCa, root, otherCa } = kerbside.edge.pki;
    const kept = await listOf(["41"], { number: "40" });
    // Put again it is the same one; and openssl crl -text writes a text in front.
    for (const form of [
      kept,
      pemOf(kept, "X509 CRL"),
      `Certificate Revocation List (CRL):\n${pemOf(kept, "X509 CRL")}`,
    ])
      expect((await put(form)).status).toBe(200);
    expect((await put(pemOf(kept, "X509 CRL").repeat(2))).body.detail).toMatch(/more than one/);
    const spoiled = await listOf(["42"], { number: "41" });
    spoiled[spoiled.length - 1] = (spoiled[spoiled.length - 1] ?? 0) ^ 1;
    const delta = new Extension("2.5.29.27", true, Buffer.from("020101", "hex"));
    const odd = new Extension("1.2.3.4", true, Buffer.from("0500", "hex"));
    const parts = new Extension("2.5.29.28", true, Buffer.from("30038401ff", "hex"));
    const usersOnly = new Extension("2.5.29.28", true, Buffer.from("30038101ff", "hex"));
    const some = new Extension("2.5.29.28", true, Buffer.from("300483020060", "hex"));
    const refusals: [Uint8Array<ArrayBuffer> | string, RegExp, string?][] = [
      ["nonsense", /in DER or PEM/],
      [spoiled, /signature is not by the key/],
      [await listOf([], { number: "42", by: { ...stationCa, signingKey: otherCa.signingKey } }), /not by the key/],
      [await listOf([], { number: "42", by: otherCa }), /issuer is not this CA/],
      [await listOf([], { number: "42", by: otherCa }), /no CA of the setting/, otherCa.subjectKeyId],
      [await listOf([], { number: "42" }), /issuer is not this CA/, root.subjectKeyId],
      [await listOf([], { number: "39" }), /CRL number.*lower/],
      [await listOf([], { number: "42", from: -120_000, to: -60_000 }), /nextUpdate has passed/],
      [await listOf([], { number: "42", from: 3_600_000 }), /thisUpdate is to come/],
      [await listOf([], { number: "42", extensions: [delta] }), /delta/],
      [await listOf([], { number: "42", extensions: [odd] }), /critical extension.*1\.2\.3\.4/],
      [await listOf([], { number: "42", extensions: [parts] }), /indirect/],
      [await listOf([], { number: "42", extensions: [some] }), /one of several/],
      [await listOf(["43"], { number: "40" }), /another list of this CRL number/],
      [await listOf(["43"], { number: "42", from: -3_600_000 }), /thisUpdate is earlier/],
      [await listOf([], { number: "42", extensions: [usersOnly] }), /onlyContainsUserCerts/],
    ];
    for (const [list, reason, issuer] of refusals) {
      const { status, body } = await put(list, issuer);
      expect([status, body.detail]).toEqual([422, expect.stringMatching(reason)]);
    }
    expect((await kerbside.api("GET", `/v1/crls/${stationCa.subjectKeyId}`)).body).toMatchObject({
      number: "40",
      entries: 1,
    });
    expect((await kerbside.api("GET", "/v1/crls/abcd")).status).toBe(404);
  });

  test("of stations' certificates alone serves for these, and gives way to a complete one", async () => {
    const usersOnly = new Extension("2.5.29.28", true, Buffer.from("30038101ff", "hex"));
    const ca = cas[3] as Authority;
    const { station, leaf } = await connected("USER-1", ca);
    const list = (number: string, extensions: Extension[]) =>
      revocationList([leaf.serialNumber], { by: ca, number, extensions });
    expect((await put(await list("01", [usersOnly]), ca.subjectKeyId)).status).toBe(200);
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    expect((await put(await list("02", [usersOnly]), ca.subjectKeyId)).status).toBe(200);
    expect((await put(await list("03", []), ca.subjectKeyId)).status).toBe(200);
    expect((await put(await list("04", [usersOnly]), ca.subjectKeyId)).status).toBe(422);
  });

  test("is fetched by the clock, closes what it names, and shows why what came later was not taken", async () => {
    const { station, leaf } = await connected("FETCHED-1");
    const { miniflare } = kerbside.edge;
    const { FRONT_SECRET } = await miniflare.getBindings<{ FRONT_SECRET: string }>();
    const headers = { "X-Kerbside-Front": FRONT_SECRET, "X-Kerbside-Local": "scheduled" };
    // By the gate, which has the queue that a sweep needs.
    const tick = async () => expect((await miniflare.dispatchFetch("http://localhost/", { headers })).status).toBe(204);
    const list = async () => (await kerbside.api("GET", `/v1/crls/${keyIdOf(leaf)}`)).body;
    await tick();
    expect(await list()).not.toMatchObject({ number: "45" });
    published = await listOf([leaf.serialNumber], { number: "45" });
    await tick();
    expect(await station.closed).toEqual({ code: 1008, reason: "certificate-revoked" });
    expect(await list()).toMatchObject({ from: expect.stringMatching(/^http/), number: "45", problem: null });
    await tick();
    expect(known).toBe(0);
    await outdate(kerbside);
    await tick();
    expect([known, await list()]).toMatchObject([1, { problem: expect.stringMatching(/nextUpdate has passed/) }]);
  });

  test("that is out of date lets in, unless CRL_MODE is hard", async () => {
    const hard = await startKerbside({ CRL_MODE: "hard" });
    try {
      const { stationCa } = hard.edge.pki;
      await hard.register("LISTED-3", { securityProfile: 3 });
      const attempt = over(hard, "mtls", "LISTED-3", { socket: await certificateOf(hard, "LISTED-3") });
      const current = await revocationList([], { by: stationCa, number: "50" });
      expect((await put(current, stationCa.subjectKeyId, hard)).status).toBe(200);
      await put(await listOf([], { number: "50" }));
      await Promise.all([outdate(hard), outdate(kerbside)]);
      expect((await kerbside.api("GET", `/v1/crls/${kerbside.edge.pki.stationCa.subjectKeyId}`)).body).toMatchObject({
        outOfDate: true,
      });
      await connected("LISTED-3");
      expectRefusal(await TestStation.refused(attempt), "unreachable");
      await put(await revocationList([], { by: stationCa, number: "51" }), stationCa.subjectKeyId, hard);
      (await TestStation.connect(attempt)).kill();
    } finally {
      await hard.stop();
    }
  });
});
