/**
 * The development PKI in its folder: made whole at first use, read back ever after, server certificates renewed in time.
 * Must not know who connects.
 */
import { X509Certificate as NodeCertificate, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { X509Certificate } from "@peculiar/x509";
import { withLock } from "../state/folder-lock.ts";
import {
  type Authority,
  caExtensions,
  certificateToPem,
  distinguishedName,
  EC_P256,
  generateKeyPair,
  keyToPem,
  RSA_2048,
  signCertificate,
  subjectKeyIdOf,
} from "./authority.ts";
import { authorityPaths, readAuthority } from "./authority-files.ts";
import { keepPrivate, PUBLIC_MODE, SECRET_MODE } from "../state/private-file.ts";
import { RevocationList } from "./revocation-list.ts";
import { ensureServerCertificates, type ServerCertificates } from "./server-certificate.ts";

export const ORGANIZATION = "Kerbside Development";
const CA_LIFETIME_YEARS = 10;
/** An RSA key takes a second, on a busy machine several. */
const LOCK_WAIT_MS = 30_000;
const DRAFT = /\.[0-9a-f]{12}\.tmp$/;

export interface Pki {
  dir: string;
  root: Authority;
  rootPem: string;
  rootPath: string;
  stationCa: Authority;
  stationCaPem: string;
  otherCa: Authority;
  otherCaPem: string;
  server: ServerCertificates;
  revocations: RevocationList;
}

type AuthorityName = "root" | "station-ca" | "other-ca";

/** Two processes that open it at once would both make what is missing, and a killed one leaves drafts with private keys. */
export function openPki(dir: string, now: Date = new Date(), log: (line: string) => void = () => {}): Promise<Pki> {
  return withPki(dir, () => open(dir, now, log));
}

/** @throws where another process has it for too long */
export const withPki = <T>(dir: string, work: () => Promise<T>): Promise<T> =>
  withLock(`${dir}.lock`, LOCK_WAIT_MS, work);

async function open(dir: string, now: Date, log: (line: string) => void): Promise<Pki> {
  removeDrafts(dir);
  if (!hasAny(dir)) await createPki(dir, now);
  const files = { dir, now, log };
  const root = await readAuthority({ ...files, name: "root" });
  const stationCa = await readAuthority({
    ...files,
    name: "station-ca",
    issuer: new NodeCertificate(certificateToPem(root.certificate)),
  });
  const otherCa = await readAuthority({ ...files, name: "other-ca" });
  keepStationKeysPrivate(dir, log);
  const revocations = new RevocationList(join(dir, "station-ca.revoked"), stationCa.subjectKeyId);
  revocations.check();
  return {
    dir,
    root,
    rootPem: certificateToPem(root.certificate),
    rootPath: join(dir, "root.cert.pem"),
    stationCa,
    stationCaPem: certificateToPem(stationCa.certificate),
    otherCa,
    otherCaPem: certificateToPem(otherCa.certificate),
    server: await ensureServerCertificates(dir, root, now, log),
    revocations,
  };
}

/** What a killed process left of the folder, or of a file in it. */
function removeDrafts(dir: string): void {
  const drafts = [dirname(dir), dir, join(dir, "stations")].filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => DRAFT.test(name) && (folder !== dirname(dir) || name.startsWith(`${basename(dir)}.`)))
      .map((name) => join(folder, name)),
  );
  for (const draft of drafts) rmSync(draft, { recursive: true, force: true });
}

/** The folder appears whole, by one rename: a crash, or a second process, never leaves half of one. */
async function createPki(dir: string, now: Date): Promise<void> {
  const draft = `${dir}.${randomBytes(6).toString("hex")}.tmp`;
  mkdirSync(join(draft, "stations"), { recursive: true, mode: 0o755 });
  try {
    // RSA, since a station that knows nothing else must be able to check this signature on the RSA server certificate.
    const root = await createAuthority(draft, "root", now, "Root CA", RSA_2048);
    await createAuthority(draft, "station-ca", now, "Station CA", EC_P256, root);
    // Under a root that is thrown away, as a stranger's intermediate would arrive.
    const strangers = await createAuthority(undefined, "root", now, "Another Root CA", EC_P256);
    await createAuthority(draft, "other-ca", now, "Another Station CA", EC_P256, strangers);
    renameSync(draft, dir);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (existsSync(join(dir, "root.cert.pem"))) return;
    throw new Error(`The PKI in ${dir} is incomplete or cannot be written; delete that folder and start again`, {
      cause: error,
    });
  }
}

async function createAuthority(
  dir: string | undefined,
  name: AuthorityName,
  now: Date,
  title: string,
  algorithm: typeof EC_P256 | typeof RSA_2048,
  parent?: Authority,
): Promise<Authority> {
  const pair = await generateKeyPair(algorithm);
  const subject = distinguishedName(ORGANIZATION, `Kerbside Development ${title}`);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + CA_LIFETIME_YEARS);
  const extensions = caExtensions(parent === undefined ? undefined : 0);
  // A little early, for a station whose clock is behind.
  const notBefore = new Date(now.getTime() - 86_400_000);
  const request = { subject, publicKey: pair.publicKey, notBefore, notAfter, extensions };
  const certificate: X509Certificate = await signCertificate(request, parent ?? pair);
  if (dir !== undefined) {
    writeFileSync(join(dir, `${name}.key.pem`), await keyToPem(pair.privateKey), { mode: SECRET_MODE, flush: true });
    writeFileSync(join(dir, `${name}.cert.pem`), certificateToPem(certificate), { mode: PUBLIC_MODE, flush: true });
  }
  return { certificate, subjectKeyId: subjectKeyIdOf(certificate), signingKey: pair.privateKey };
}

const AUTHORITIES: readonly AuthorityName[] = ["root", "station-ca", "other-ca"];

/** A PKI that is not whole is not made anew around what is left: that would take the stations' certificates their value. */
const hasAny = (dir: string): boolean =>
  AUTHORITIES.flatMap((name) => Object.values(authorityPaths(dir, name))).some(existsSync);

function keepStationKeysPrivate(dir: string, log: (line: string) => void): void {
  const folder = join(dir, "stations");
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (name.endsWith(".key.pem")) keepPrivate(join(folder, name), log);
}
