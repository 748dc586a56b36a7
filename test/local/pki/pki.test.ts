import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openPki } from "../../../src/local/pki/pki.ts";
import { issueStationCertificate } from "../../../src/local/pki/station-certificate.ts";
import { createStationKey } from "../../../src/local/pki/station-key.ts";
import { temporaryFolder } from "../../support/edge-client.ts";

const folders: { remove: () => void }[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function pkiFolder(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return join(folder.dir, "pki");
}

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const certificateIn = (pem: string) => new X509Certificate(pem.slice(pem.indexOf("-----BEGIN CERTIFICATE")));

test("Private keys can be read by their owner alone, certificates by anybody", async () => {
  const dir = pkiFolder();
  await openPki(dir);
  const modes = Object.fromEntries(readdirSync(dir).map((name) => [name, mode(join(dir, name))]));
  expect(modes).toEqual({
    "root.cert.pem": "644",
    "root.key.pem": "600",
    "station-ca.cert.pem": "644",
    "station-ca.key.pem": "600",
    "other-ca.cert.pem": "644",
    "other-ca.key.pem": "600",
    "server-ecdsa.pem": "600",
    "server-rsa.pem": "600",
    stations: "755",
  });
});

test("A PKI that is there is read, not made again", async () => {
  const dir = pkiFolder();
  const [first, second] = [await openPki(dir), await openPki(dir)];
  expect([second.rootPem, second.server]).toEqual([first.rootPem, first.server]);
});

test("Processes that start at once agree on one PKI", async () => {
  const dir = pkiFolder();
  const all = await Promise.all([openPki(dir), openPki(dir), openPki(dir)]);
  expect(new Set(all.map(({ rootPem }) => rootPem)).size).toBe(1);
  expect(readdirSync(join(dir, "..")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("A folder that holds something else is left as it is", async () => {
  const dir = pkiFolder();
  mkdirSync(dir);
  writeFileSync(join(dir, "mine.txt"), "mine");
  await expect(openPki(dir)).rejects.toThrow(/incomplete/);
  expect(readdirSync(dir)).toEqual(["mine.txt"]);
});

test("The chain is root, station CA, station, and the station CA can make no further CA", async () => {
  const pki = await openPki(pkiFolder());
  const root = new X509Certificate(pki.rootPem);
  const stationCa = new X509Certificate(pki.stationCaPem);
  const { cert } = await issueStationCertificate(pki, { stationId: "CS1" });
  const leaf = new X509Certificate(cert);
  expect([root.checkIssued(root), stationCa.checkIssued(root), leaf.checkIssued(stationCa)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([root.ca, stationCa.ca, leaf.ca]).toEqual([true, true, false]);
  expect(pki.stationCa.certificate.getExtension("2.5.29.19")).toMatchObject({ ca: true, pathLength: 0 });
  expect(leaf.subject).toBe("O=Kerbside Development\nCN=CS1");
});

test("Server certificates are renewed within 30 days of their end, and not before", async () => {
  const dir = pkiFolder();
  const { server } = await openPki(dir);
  const end = Date.parse(certificateIn(server.rsa).validTo);
  const early = await openPki(dir, new Date(end - 31 * 86_400_000));
  const late = await openPki(dir, new Date(end - 29 * 86_400_000));
  expect(early.server).toEqual(server);
  expect(late.server.rsa).not.toBe(server.rsa);
  expect(readFileSync(join(dir, "server-rsa.pem"), "utf8")).toBe(late.server.rsa);
  expect(Date.parse(certificateIn(late.server.ecdsa).validTo)).toBeGreaterThan(end);
});

test("Server certificates name localhost and both loopback addresses", async () => {
  const { server } = await openPki(pkiFolder());
  for (const pem of [server.ecdsa, server.rsa]) {
    expect(certificateIn(pem).subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
  }
});

test("Stations may share a key, and each certificate still has its own serial", async () => {
  const pki = await openPki(pkiFolder());
  const sharedKey = await createStationKey();
  const [one, other] = [
    await issueStationCertificate(pki, { stationId: "CS1", sharedKey }),
    await issueStationCertificate(pki, { stationId: "CS2", sharedKey }),
  ];
  expect(one.key).toBe(other.key);
  expect(one.serial).not.toBe(other.serial);
});

test("A revocation counts for the station CA's serials alone, also when the list appears later or goes", async () => {
  const pki = await openPki(pkiFolder());
  const { serial } = await issueStationCertificate(pki, { stationId: "CS1" });
  const { issuerKeyId } = pki.revocations;
  expect(existsSync(pki.revocations.path)).toBe(false);
  expect(pki.revocations.has(issuerKeyId, serial)).toBe(false);
  pki.revocations.add(serial);
  expect(pki.revocations.has(issuerKeyId, serial.toLowerCase())).toBe(true);
  expect(pki.revocations.has(pki.otherCa.subjectKeyId, serial)).toBe(false);
  rmSync(pki.revocations.path);
  expect(pki.revocations.has(issuerKeyId, serial)).toBe(false);
});
