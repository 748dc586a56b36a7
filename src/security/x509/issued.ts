/**
 * What a CA gave for a request, held against that: whatever it is, no certificate goes to a station that is not its own, or with which
 * it could not connect. Must not know the CA, nor how its answer came.
 */
import { err, ok, type Result } from "../../result.ts";
import { type Certificate, clientFaultOf, faultOf, pathLengthOf, readCertificate } from "./certificate.ts";
import { authorityKeyId, type Trust, verifyChain } from "./chain.ts";
import { certificatesOfPem } from "./certs-only.ts";
import { DerError, hexOf } from "./der.ts";
import { fingerprintOf } from "./fingerprint.ts";
import {
  type ExpectedSubject,
  nameText,
  type SubjectAttribute,
  subjectFault,
  subjectOf,
  subjectText,
} from "./subject.ts";

/** [OCPP 1.6 security whitepaper §5.1, 2.x A02] Characters of `certificateChain`. */
const CHAIN_MAX_LENGTH = 10_000;

export interface IssuedCertificate {
  /** PEM: its own first, then what a CA of the deployment needs to be reached, as far as there is room. */
  chain: string;
  /** SHA-256, lower hex. */
  fingerprint: string;
  subject: string;
  issuer: string;
  issuerKeyId: string | null;
  serialNumber: string;
  /** ms since the epoch */
  notAfter: number;
}

export interface IssuedRules {
  /** The roots and intermediates of the deployment; none: not known. */
  trust: Trust | null;
  /** Whether who has no path to one of them is not let in. */
  isChainNeeded: boolean;
  /** Of the CAs that are let in; empty: any. */
  allowedSkis: readonly string[];
}

/** @param given certificates in DER, in any order @param spki of the request @param now ms since the epoch @returns why not: a sentence */
export async function judgeIssued(
  given: readonly Uint8Array[],
  spki: Uint8Array,
  expected: ExpectedSubject,
  rules: IssuedRules,
  now: number,
): Promise<Result<IssuedCertificate, string>> {
  try {
    return await judge(given, spki, expected, rules, now);
  } catch (error) {
    if (error instanceof DerError) return err(`the issuer's certificate cannot be read: ${error.message}`);
    throw error;
  }
}

async function judge(
  given: readonly Uint8Array[],
  spki: Uint8Array,
  expected: ExpectedSubject,
  { trust, isChainNeeded, allowedSkis }: IssuedRules,
  now: number,
): Promise<Result<IssuedCertificate, string>> {
  const all = given.map(readCertificate);
  const leaf = all.find((each) => hexOf(each.spki) === hexOf(spki));
  if (leaf === undefined) return err("the issuer gave no certificate for the key of the request");
  const subject = subjectOf(leaf.subject);
  const fault = subjectFault(subject, expected) ?? faultOf(leaf, now) ?? clientFaultOf(leaf);
  if (fault !== null) return err(`the issuer's certificate is not fit: ${fault}`);
  if (leaf.notAfter <= now) return err("the issuer's certificate is not fit: it has expired");
  if (pathLengthOf(leaf) !== null) return err("the issuer's certificate is not fit: it is a CA's");
  const issuerKeyId = authorityKeyId(leaf);
  if (allowedSkis.length > 0 && !allowedSkis.includes(issuerKeyId ?? ""))
    return err("the issuer is none of the CAs in CLIENT_CA_SKIS");
  const others = all.filter((each) => each !== leaf);
  const path =
    trust === null
      ? null
      : await verifyChain(
          leaf.der,
          others.map(({ der }) => der),
          trust,
          now,
        );
  if (path?.ok !== true && isChainNeeded) return err("the issuer's certificate leads to no root in STATION_CAS");
  const above =
    path?.ok === true ? path.value.slice(1, -1).map(({ certificate }) => certificate) : others.filter(isNoRoot);
  return ok({ chain: chainOf([leaf, ...above]), subject: subjectText(subject), ...(await shown(leaf)) });
}

const isNoRoot = ({ subject, issuer }: Certificate): boolean => hexOf(subject) !== hexOf(issuer);

function chainOf(certificates: readonly Certificate[]): string {
  let text = "";
  for (const { der } of certificates) {
    const longer = text + pemOf(der);
    if (longer.length > CHAIN_MAX_LENGTH && text !== "") break;
    text = longer;
  }
  return text;
}

function pemOf(der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der)).replaceAll(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

/**
 * The certificate of a station in a chain that somebody else has judged, in whichever place: 1.6 says nothing of the order. `null`: there is
 * none that may be of that name.
 */
export async function readLeaf(chain: string, commonName: string): Promise<Omit<IssuedCertificate, "chain"> | null> {
  let all: Uint8Array[];
  try {
    all = certificatesOfPem(chain);
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
  const leaves = all.flatMap((der) => leafOf(der, commonName) ?? []);
  const found = leaves.find(({ isNamed }) => isNamed) ?? leaves[0];
  return found === undefined ? null : { ...(await shown(found.leaf)), subject: nameText(found.leaf.subject) };
}

/** `null`: it is a CA's, another station's, or no certificate. */
function leafOf(der: Uint8Array, commonName: string): { leaf: Certificate; isNamed: boolean } | null {
  try {
    const leaf = readCertificate(der);
    if (pathLengthOf(leaf) !== null) return null;
    const attributes = readableOf(leaf.subject);
    if (attributes === null) return { leaf, isNamed: false };
    return subjectFault(attributes, { commonName }) === null ? { leaf, isNamed: true } : null;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

/** `null`: it has strings of other kinds. Whose it is the edge then says, when the station connects by it. */
function readableOf(subject: Uint8Array): SubjectAttribute[] | null {
  try {
    return subjectOf(subject);
  } catch {
    return null;
  }
}

async function shown(leaf: Certificate): Promise<Omit<IssuedCertificate, "chain" | "subject">> {
  return {
    fingerprint: await fingerprintOf(leaf.der),
    issuer: nameText(leaf.issuer),
    issuerKeyId: authorityKeyId(leaf),
    serialNumber: leaf.serialNumber,
    notAfter: leaf.notAfter,
  };
}
