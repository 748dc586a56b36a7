/**
 * From a station's certificate to a root that is trusted: the path is searched and judged as RFC 5280 §6.1 says, by our own clock. Must
 * not know how the certificates came, nor whose they are.
 */
import { err, ok, type Result } from "../../result.ts";
import {
  AUTHORITY_KEY_ID,
  type Certificate,
  clientFaultOf,
  faultOf,
  mayBeClient,
  pathLengthOf,
  readCertificate,
  subjectKeyIdOf,
} from "./certificate.ts";
import { DerError, DerReader, hexOf } from "./der.ts";
import { comparableName } from "./name.ts";
import { nameFault } from "./name-constraints.ts";
import { isSignedBy } from "./signature.ts";

/** Certificates between a station's and the root. */
const INTERMEDIATES_MAX = 8;
/** Signatures looked at for one station: whoever shows a chain chooses how many could fit. */
const SIGNATURES_MAX = 32;

export interface Trust {
  roots: readonly Node[];
  intermediates: readonly Node[];
}

/** A certificate with the names by which it is found. */
export interface Node {
  certificate: Certificate;
  subject: string;
  issuer: string;
}

export type ChainFault = { kind: "expired" } | { kind: "untrusted"; why: string };
/** From the station's own certificate to the root. */
export type Path = readonly Node[];

/** @throws DerError */
export function nodeOf(der: Uint8Array): Node {
  const certificate = readCertificate(der);
  return { certificate, subject: comparableName(certificate.subject), issuer: comparableName(certificate.issuer) };
}

/** Whoever is its own issuer is a root. @throws DerError */
export function trustOf(ders: readonly Uint8Array[]): Trust {
  const nodes = ders.map(nodeOf);
  return {
    roots: nodes.filter(({ subject, issuer }) => subject === issuer),
    intermediates: nodes.filter(({ subject, issuer }) => subject !== issuer),
  };
}

/** @param shown what came with it, in any order @param client whether it must be fit for a TLS client */
export async function verifyChain(
  leaf: Uint8Array,
  shown: readonly Uint8Array[],
  { roots, intermediates }: Trust,
  now: number,
  client = true,
): Promise<Result<Path, ChainFault>> {
  let first: Node;
  try {
    first = nodeOf(leaf);
  } catch (error) {
    if (error instanceof DerError) return untrusted(error.message);
    throw error;
  }
  // What the deployment says of a CA counts before what is shown of it: that may be a certificate which was replaced.
  const between = [...intermediates, ...shown.flatMap(readable)];
  let fault: ChainFault = { kind: "untrusted", why: "no path leads to a root" };
  let signatures = 0;

  const search = async (path: Path): Promise<Path | null> => {
    const last = path.at(-1) as Node;
    for (const [issuer, isRoot] of issuersOf(last, path)) {
      if (++signatures > SIGNATURES_MAX) return null;
      if (!(await isSignedBy(last.certificate.signed, issuer.certificate.spki))) continue;
      const longer = [...path, issuer];
      if (!isRoot) {
        const found = longer.length - 1 > INTERMEDIATES_MAX ? null : await search(longer);
        if (found !== null) return found;
        continue;
      }
      const wrong = judge(longer, now, client);
      if (wrong === null) return longer;
      if (fault.kind !== "expired") fault = wrong;
    }
    return null;
  };
  const issuersOf = (last: Node, path: Path): [Node, boolean][] => [
    ...roots.filter((each) => mayHaveIssued(each, last)).map((each): [Node, boolean] => [each, true]),
    ...between
      .filter((each) => mayHaveIssued(each, last) && !path.some((known) => isSame(known, each)))
      .map((each): [Node, boolean] => [each, false]),
  ];
  const found = await search([first]);
  if (found !== null) return ok(found);
  return signatures > SIGNATURES_MAX ? untrusted("too many certificates could be its issuer") : err(fault);
}

const untrusted = (why: string): Result<never, ChainFault> => err({ kind: "untrusted", why });

/** What comes with a station's own and cannot be read leads nowhere. */
function readable(der: Uint8Array): Node[] {
  try {
    return [nodeOf(der)];
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

const isSame = (one: Node, other: Node): boolean => hexOf(one.certificate.der) === hexOf(other.certificate.der);

function mayHaveIssued(issuer: Node, subject: Node): boolean {
  if (issuer.subject !== subject.issuer) return false;
  const [wanted, own] = [authorityKeyId(subject.certificate), subjectKeyIdOf(issuer.certificate)];
  return wanted === null || own === null || wanted === own;
}

export function authorityKeyId({ extensions }: Certificate): string | null {
  const value = extensions.get(AUTHORITY_KEY_ID);
  const id = value === undefined ? null : new DerReader(value).inside().optional(0x80);
  return id === null ? null : hexOf(id.content);
}

/** [RFC 5280 §6.1.3, §6.1.4] The signatures have been looked at. */
function judge(path: Path, now: number, client: boolean): ChainFault | null {
  try {
    const why = whyNot(path, now, client);
    if (why !== null) return { kind: "untrusted", why };
  } catch (error) {
    if (error instanceof DerError) return { kind: "untrusted", why: error.message };
    throw error;
  }
  // Last: "expired" is said of a certificate alone with which nothing else is wrong.
  return (path[0]?.certificate.notAfter ?? 0) <= now ? { kind: "expired" } : null;
}

function whyNot(path: Path, now: number, client: boolean): string | null {
  const [leaf, ...authorities] = path as [Node, ...Node[]];
  // CAs below the one that is looked at, but for those that issued themselves a certificate.
  let below = 0;
  for (const [index, { certificate, subject, issuer }] of authorities.entries()) {
    const isRoot = index === authorities.length - 1;
    const wrong = isRoot ? null : faultOf(certificate, now);
    if (wrong !== null) return `a CA of its chain: ${wrong}`;
    if (certificate.notAfter <= now) return "a CA of its chain has expired";
    const length = pathLengthOf(certificate);
    if (length === null) return "what issued it, or a CA of its chain, is no CA";
    if (below > length) return "its chain is longer than a CA of it allows";
    if (client && !isRoot && !mayBeClient(certificate)) return "a CA of its chain is not for clients";
    for (const [at, named] of path.slice(0, index + 1).entries()) {
      const isSelfIssued = at > 0 && named.subject === named.issuer;
      const fault = isSelfIssued ? null : nameFault(certificate, named.certificate);
      if (fault !== null) return fault;
    }
    if (subject !== issuer) below += 1;
  }
  return faultOf(leaf.certificate, now) ?? (client ? clientFaultOf(leaf.certificate) : null);
}
