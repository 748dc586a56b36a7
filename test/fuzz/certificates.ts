/**
 * Client certificates with their chains, from a seeded random source: of the right CA, of its namesakes, of strangers, of those
 * who were certified themselves, and in any order. Must not know what is admitted.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { authorityPaths } from "../../src/local/pki/authority-files.ts";
import type { Pki } from "../../src/local/pki/pki.ts";
import { pick, type Rng } from "../support/ocpp-samples.ts";
import { below, chance, mutateBytes, randomBytes } from "./bytes.ts";
import { childrenOf, decode, type Der, mutateTree, encode } from "./der.ts";
import {
  BASIC,
  changed,
  type Draft,
  draftFor,
  ISSUER_ID,
  KEY_ID,
  named,
  type Signer,
  signed,
  timeIn,
  USAGE,
} from "./leaf.ts";

export interface ChainCase {
  kind: string;
  leaf: Buffer;
  chain: readonly Buffer[];
  key: KeyObject;
  /** The station that is asked for. */
  target: string;
  isGood: boolean;
}

export const OWN_ID = "FUZZ-3";
const VICTIM = "WITNESS-3";
const TARGETS = [OWN_ID, OWN_ID, OWN_ID, VICTIM, VICTIM, "FUZZ-1", "FUZZ-UNKNOWN"];

const SIGNERS = ["station-ca", "root", "namesake", "other-ca", "self", "leaf", "sub-ca", "expired-ca"] as const;
type SignerName = (typeof SIGNERS)[number];
/** The right one more often: under its signature the odd ones get furthest. */
const CHOICES: readonly SignerName[] = [
  "station-ca",
  "station-ca",
  "station-ca",
  "station-ca",
  "namesake",
  "namesake",
  ...SIGNERS,
];

export class ChainMaker {
  readonly #keys: readonly KeyObject[];
  readonly #signers: Record<SignerName, Signer>;
  /** Of the signers, and others that may be sent along. */
  readonly #sent: Record<string, Buffer>;
  readonly #revoked = "5A".repeat(16);

  constructor(pki: Pki, rng: Rng) {
    const ec = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    this.#keys = [ec(), ec(), ec(), generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey, rsaKey()];
    const of = (name: string, { certificate, subjectKeyId }: Pki["root"]): [Signer, Buffer] => {
      const key = createPrivateKey(readFileSync(authorityPaths(pki.dir, name).key));
      const raw = Buffer.from(certificate.rawData);
      return [{ name: subjectOf(raw), keyId: Buffer.from(subjectKeyId, "hex"), key }, raw];
    };
    const [root, rootCertificate] = of("root", pki.root);
    const [stationCa, stationCaCertificate] = of("station-ca", pki.stationCa);
    const [otherCa, otherCaCertificate] = of("other-ca", pki.otherCa);
    const signer = (name: Der): Signer => ({ name, keyId: randomBytes(rng, 20), key: ec() });
    const certified = (holder: Signer, by: Signer, more: Partial<Draft> = {}): Buffer => {
      const extensions = [BASIC(true), USAGE(0x06), KEY_ID(holder.keyId), ISSUER_ID(by.keyId)];
      return signed({ ...draftFor("", by, rng), subject: holder.name, extensions, ...more }, holder.key, by);
    };
    const namesake: Signer = { ...stationCa, key: ec() };
    const leaf = signer(named(OWN_ID));
    const subCa = signer(named("Kerbside Development Sub CA"));
    const expiredCa = signer(named("Kerbside Development Former CA"));
    this.#signers = {
      "station-ca": stationCa,
      root,
      namesake,
      "other-ca": otherCa,
      self: namesake,
      leaf,
      "sub-ca": subCa,
      "expired-ca": expiredCa,
    };
    const expired = { notBefore: timeIn(-20), notAfter: timeIn(-1) };
    this.#sent = {
      root: rootCertificate,
      "station-ca": stationCaCertificate,
      "other-ca": otherCaCertificate,
      namesake: certified(namesake, namesake),
      "expired namesake": certified(namesake, namesake, expired),
      "namesake by another": certified(namesake, otherCa),
      leaf: signed(draftFor(OWN_ID, stationCa, rng), leaf.key, stationCa),
      "sub-ca": certified(subCa, stationCa),
      "expired-ca": certified(expiredCa, root, expired),
    };
    pki.revocations.add(this.#revoked);
  }

  /** Upper hex. */
  get revoked(): ReadonlySet<string> {
    return new Set([this.#revoked]);
  }

  next(rng: Rng): ChainCase {
    const by = pick(rng, CHOICES);
    const key = pick(rng, this.#keys);
    if (chance(rng, 0.03)) return this.#good(key, rng);
    const isOurs = by === "station-ca" || by === "root";
    const isRevoked = by === "station-ca" && chance(rng, 0.1);
    // Who is certified for another station by the right CA is that station.
    const own = isOurs && !isRevoked ? OWN_ID : pick(rng, [OWN_ID, VICTIM]);
    const signer = by === "self" ? { name: named(own), keyId: randomBytes(rng, 20), key } : this.#signers[by];
    let draft = draftFor(own, signer, rng);
    if (isRevoked) draft = { ...draft, serial: Buffer.from(this.#revoked, "hex") };
    else if (chance(rng, isOurs ? 0.8 : 0.5)) draft = changed(draft, own, VICTIM, rng);
    let leaf = signed(draft, key, signer);
    const roll = rng();
    if (roll < 0.08) leaf = mutateBytes(leaf, rng);
    else if (roll < 0.14) leaf = afterwards(leaf, rng);
    const chain = this.#chain(by, leaf, rng);
    return { kind: isRevoked ? "revoked" : by, leaf, chain, key, target: pick(rng, TARGETS), isGood: false };
  }

  #good(key: KeyObject, rng: Rng): ChainCase {
    const signer = this.#signers["station-ca"];
    const leaf = signed(draftFor(OWN_ID, signer, rng), key, signer);
    const chain = chance(rng, 0.5) ? [] : [this.#sent["station-ca"] as Buffer];
    return { kind: "good", leaf, chain, key, target: OWN_ID, isGood: true };
  }

  #chain(by: SignerName, leaf: Buffer, rng: Rng): Buffer[] {
    const everything = Object.values(this.#sent);
    const proper = [this.#sent[by], ...(by === "leaf" || by === "sub-ca" ? [this.#sent["station-ca"]] : [])].filter(
      (each) => each !== undefined,
    );
    const namesakes = Object.entries(this.#sent).filter(([name]) => name.includes("namesake"));
    switch (below(rng, 8)) {
      case 0:
        return [];
      case 1:
        return [pick(rng, namesakes)[1], ...proper];
      case 2:
        return [...proper, pick(rng, namesakes)[1], ...proper];
      case 3:
        return Array.from({ length: below(rng, 12) }, () => pick(rng, everything));
      case 4:
        return [leaf, ...proper.toReversed(), leaf];
      case 5:
        return proper.map((each) => mutateBytes(each, rng));
      case 6:
        return proper.map((each) => afterwards(each, rng));
      default:
        return proper;
    }
  }
}

const rsaKey = (): KeyObject => generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;

/** Version, serial, algorithm, issuer, validity, subject. */
const subjectOf = (certificate: Buffer): Der => childrenOf(childrenOf(decode(certificate))[0] as Der)[5] as Der;

/** Made wrong under a signature that was made before; for a CA's name and key that is as good as signed by nobody. */
function afterwards(certificate: Buffer, rng: Rng): Buffer {
  try {
    return encode(mutateTree(decode(certificate), rng));
  } catch {
    return mutateBytes(certificate, rng);
  }
}
