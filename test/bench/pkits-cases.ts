/**
 * The cases of NIST's PKITS through this service's own checks: path, then the lists of each certificate's CA. Must not know who asks.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readAuthority } from "../../src/security/x509/authorities.ts";
import { type Node, type Path, trustOf, verifyChain } from "../../src/security/x509/chain.ts";
import { readCrl } from "../../src/security/x509/crl.ts";

const FOLDER = process.env.PKITS ?? resolve(import.meta.dirname, "../../../shared/pkits");
const AT = Date.parse("2026-06-01T00:00:00Z");

interface Case {
  id: string;
  title: string;
  trust: string[];
  path: string[];
  crls: string[];
  valid: boolean;
}
export interface Judged extends Pick<Case, "id" | "title" | "valid"> {
  admitted: boolean;
  why: string;
  /** Not applicable. */
  leftOut: string | null;
}

export const NO_PKITS =
  "NIST's PKITS is not beside the checkout (shared/pkits/pkits.json; or name its folder by PKITS)";

const DSA = "DSA: WebCrypto has none, and a certificate of that kind is refused";
const PARTS = "a list in parts (issuingDistributionPoint) is refused with 422: it would take the place of the others";
const INDIRECT = "an indirect list is refused with 422";
const DELTA = "a delta list is refused with 422: the complete one is asked for";
const OTHER_KEY = "a list signed by another key than the one that signed the certificates is refused with 422";
const between = (section: string, from: number, to: number, why: string): [string, string][] =>
  Array.from({ length: to - from + 1 }, (_, index) => [`${section}.${from + index}`, why]);
/** With the reason. That they are refused where they must be is looked at all the same. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ...between("4.1", 4, 5, DSA),
  ...between("4.14", 1, 1, PARTS),
  ...between("4.14", 4, 5, PARTS),
  ["4.14.7", PARTS],
  ["4.14.13", PARTS],
  ...between("4.14", 18, 19, PARTS),
  ["4.14.22", INDIRECT],
  ...between("4.14", 24, 25, INDIRECT),
  ...between("4.14", 28, 30, INDIRECT),
  ["4.14.33", INDIRECT],
  ...between("4.15", 2, 10, DELTA),
  ["4.4.19", OTHER_KEY],
  ["4.5.1", OTHER_KEY],
  ["4.5.3", OTHER_KEY],
  ["4.5.4", OTHER_KEY],
  ["4.5.6", OTHER_KEY],
  ["4.6.15", OTHER_KEY],
  ["4.6.17", OTHER_KEY],
  ["4.13.19", OTHER_KEY],
]);

/** `null`: it is not there. */
export async function runPkits(): Promise<Judged[] | null> {
  const file = join(FOLDER, "pkits.json");
  if (!existsSync(file)) return null;
  const data = JSON.parse(readFileSync(file, "utf8")) as {
    cases: Case[];
    certificates: Record<string, string>;
    crls: Record<string, string>;
  };
  const der = (base64 = "") => new Uint8Array(Buffer.from(base64, "base64"));
  const judged: Judged[] = [];
  for (const { id, title, valid, ...each } of data.cases) {
    const [leaf, ...shown] = each.path.map((name) => der(data.certificates[name])).reverse();
    const trust = each.trust.map((name) => der(data.certificates[name]));
    const lists = each.crls.map((name) => der(data.crls[name]));
    const path = await verifyChain(leaf as Uint8Array, shown, trustOf(trust), AT, false);
    const why = path.ok
      ? await revocationFault(path.value, lists)
      : path.error.kind === "expired"
        ? "expired"
        : path.error.why;
    judged.push({ id, title, valid, admitted: why === null, why: why ?? "", leftOut: LEFT_OUT.get(id) ?? null });
  }
  return judged;
}

/** Each certificate must have a list of its CA that is taken, and not be on it. */
async function revocationFault(path: Path, lists: readonly Uint8Array[]): Promise<string | null> {
  for (const [index, issuer] of path.slice(1).entries()) {
    const authority = await readAuthority(issuer.certificate.der);
    const reasons: string[] = [];
    let taken = 0;
    for (const list of lists) {
      const read = await readCrl(list, authority, AT);
      if (!read.ok) {
        // One that is signed by this CA and not taken leaves open what it says.
        if (/delta|several|indirect|critical/.test(read.error)) return `a list is refused: ${read.error}`;
        reasons.push(read.error);
        continue;
      }
      taken += 1;
      const { serialNumber: serial } = (path[index] as Node).certificate;
      if (read.value.entries.some(({ serialNumber }) => serialNumber === serial)) return "revoked";
    }
    if (taken === 0) return `no list of its CA is taken: ${reasons.join("; ")}`;
  }
  return null;
}
