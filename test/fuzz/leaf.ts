/**
 * Certificates written element by element and signed by whoever is named, with every oddness that a signature can be put under.
 * Must not know who is shown them.
 */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pick, type Rng } from "../support/ocpp-samples.ts";
import { below, chance, randomBytes } from "./bytes.ts";
import { decode, der, type Der, encode, mutateTree, oid } from "./der.ts";

export interface Signer {
  /** Of the certificate that it signs as. */
  name: Der;
  keyId: Buffer;
  key: KeyObject;
}

export interface Draft {
  subject: Der;
  notBefore: Der;
  notAfter: Der;
  serial: Buffer;
  extensions: Der[];
  /** Of the whole that is signed. */
  change?: (tbs: Der) => Der;
}

const SHA256_WITH: Record<string, Der> = {
  ec: der(0x30, oid("2a8648ce3d040302")),
  rsa: der(0x30, oid("2a864886f70d01010b"), der(0x05)),
};
const DAY_MS = 86_400_000;

export const text = (value: string, tag = 0x0c): Der => der(tag, Buffer.from(value, tag === 0x0c ? "utf8" : "latin1"));
export const attribute = (type: string, value: Der): Der => der(0x30, oid(type), value);
export const named = (commonName: string): Der =>
  der(
    0x30,
    der(0x31, attribute("55040a", text("Kerbside Development"))),
    der(0x31, attribute("550403", text(commonName))),
  );

export const timeIn = (days: number): Der => {
  const iso = new Date(Date.now() + days * DAY_MS).toISOString().replace(/[-:T]|\.\d+/g, "");
  return text(iso.slice(2), 0x17);
};

export const extension = (type: string, value: Der | Buffer, isCritical = false): Der =>
  der(
    0x30,
    oid(type),
    ...(isCritical ? [der(0x01, Buffer.from([0xff]))] : []),
    der(0x04, Buffer.isBuffer(value) ? value : encode(value)),
  );

export const BASIC = (isCa: boolean): Der =>
  extension("551d13", isCa ? der(0x30, der(0x01, Buffer.from([0xff]))) : der(0x30), true);
export const USAGE = (bits: number): Der => extension("551d0f", der(0x03, Buffer.from([0, bits])), true);
export const USED_BY = (...uses: string[]): Der => extension("551d25", der(0x30, ...uses.map(oid)));
export const KEY_ID = (keyId: Buffer): Der => extension("551d0e", der(0x04, keyId));
export const ISSUER_ID = (keyId: Buffer): Der => extension("551d23", der(0x30, der(0x80, keyId)));
export const CLIENT_AUTH = "2b06010505070302";

export function draftFor(commonName: string, { keyId }: Signer, rng: Rng): Draft {
  return {
    subject: named(commonName),
    notBefore: timeIn(-2),
    notAfter: timeIn(200),
    serial: Buffer.concat([Buffer.from([0x41]), randomBytes(rng, 15)]),
    extensions: [BASIC(false), USAGE(0x80), USED_BY(CLIENT_AUTH), KEY_ID(randomBytes(rng, 20)), ISSUER_ID(keyId)],
  };
}

/** @param holder whose key is certified */
export function signed(draft: Draft, holder: KeyObject, { name, key }: Signer): Buffer {
  const algorithm = SHA256_WITH[key.asymmetricKeyType ?? ""] as Der;
  const publicKey = createPublicKey(holder).export({ type: "spki", format: "der" });
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, draft.serial),
    algorithm,
    name,
    der(0x30, draft.notBefore, draft.notAfter),
    draft.subject,
    decode(publicKey),
    ...(draft.extensions.length === 0 ? [] : [der(0xa3, der(0x30, ...draft.extensions))]),
  );
  const bytes = encode(draft.change?.(tbs) ?? tbs);
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", bytes, key)]));
  const [signatureBytes, algorithmBytes] = [encode(signature), encode(algorithm)];
  return encode(der(0x30, bytes, algorithmBytes, signatureBytes));
}

/** Out of NIST's test suite of certification paths (PKITS, in the public domain): extensions of its certificates, DER. */
const PKITS: readonly Der[] = (
  JSON.parse(readFileSync(join(import.meta.dirname, "pkits-extensions.json"), "utf8")) as string[]
).map((base64) => decode(Buffer.from(base64, "base64")));

const ODD_VALUES = ["", "05ff", "30", "3080", "308f00", "04850000000001", "0484ffffffff", "3003020101", "0500"];
const ODD_TYPES = [
  "551d0e",
  "551d23",
  "551d11",
  "551d13",
  "551d0f",
  "551d25",
  "551d1f",
  "551d1e",
  "2a0304",
  "2b06010505070101",
];

type Change = (draft: Draft, rng: Rng, victim: string) => Draft;

const withNames = (draft: Draft, ...rdns: Der[][]): Draft => ({
  ...draft,
  subject: der(0x30, ...rdns.map((rdn) => der(0x31, ...rdn))),
});
const commonName = (value: Der): Der => attribute("550403", value);

/** Under a right signature none of these makes a certificate for `victim`. */
const NAMES: readonly ((own: string, victim: string) => Der[][])[] = [
  (own, victim) => [[commonName(text(own))], [commonName(text(victim))]],
  (own, victim) => [[commonName(text(victim)), commonName(text(own))]],
  (own, victim) => [[commonName(text(`${victim}\0.${own}`))]],
  (own, victim) => [[commonName(text(`${own},CN=${victim}`))]],
  (own, victim) => [[commonName(text(`${own}\nCN=${victim}`))]],
  (own, victim) => [
    [commonName(text(own))],
    [attribute("550405", text(victim))],
    [attribute("0992268993f22c640101", text(victim))],
  ],
  (_, victim) => [[commonName(text(` ${victim}`))]],
  (_, victim) => [[commonName(text(`${victim} `))]],
  (_, victim) => [[commonName(text(victim.toLowerCase()))]],
  (_, victim) => [[commonName(text(`${victim}\0`))]],
  (_, victim) => [[attribute("55040a", text(victim))]],
  (own, victim) => [[attribute("55040a", text(`x/CN=${victim}`))], [commonName(text(own))]],
  (_, victim) => [[commonName(text(`\ufeff${victim}`))]],
  (_, victim) => [[commonName(text(victim.replace("-", "\u2010")))]],
  (own) => [[commonName(der(0x1e, Buffer.from(own, "utf16le").swap16()))]],
  (own) => [[commonName(text(own, 0x13))]],
  (own) => [[commonName(text(own, 0x14))]],
  (own) => [[commonName(text(own, 0x16))]],
  () => [[commonName(der(0x0c, Buffer.from([0xff, 0xfe, 0x41])))]],
  () => [[commonName(text("x".repeat(3_000)))]],
  () => [],
  () => [[]],
  (own) => Array.from({ length: 60 }, () => [commonName(text(own))]),
];

const CHANGES: readonly Change[] = [
  (draft) => ({ ...draft, notAfter: timeIn(-1) }),
  (draft) => ({ ...draft, notBefore: timeIn(1) }),
  (draft, rng) => ({
    ...draft,
    notAfter: text(pick(rng, ["99991231235959Z", "20301301000000Z", "2030", "", "20300101000000+0100"]), 0x18),
  }),
  (draft, rng) => ({
    ...draft,
    notBefore: text(pick(rng, ["000000000000Z", "991231235959", "xx", "491231235959Z"]), 0x17),
  }),
  (draft, rng) => ({
    ...draft,
    serial: pick(rng, [Buffer.alloc(0), Buffer.from([0]), Buffer.from([0x80]), randomBytes(rng, 60)]),
  }),
  (draft, rng) => ({ ...draft, extensions: draft.extensions.filter(() => chance(rng, 0.6)) }),
  (draft, rng) => ({ ...draft, extensions: [...draft.extensions, pick(rng, draft.extensions)] }),
  (draft, rng) => ({ ...draft, extensions: [...draft.extensions, pick(rng, PKITS), pick(rng, PKITS)] }),
  (draft, rng) => ({ ...draft, extensions: [...draft.extensions.filter(() => chance(rng, 0.5)), pick(rng, PKITS)] }),
  (draft, rng) => ({
    ...draft,
    extensions: [
      ...draft.extensions,
      extension(pick(rng, ODD_TYPES), Buffer.from(pick(rng, ODD_VALUES), "hex"), chance(rng, 0.3)),
    ],
  }),
  (draft, rng) => ({ ...draft, extensions: [BASIC(true), USAGE(0x06), KEY_ID(randomBytes(rng, below(rng, 40)))] }),
  (draft, rng) => ({
    ...draft,
    extensions: [...draft.extensions, USED_BY(pick(rng, ["2b06010505070301", "551d2500", "2a0304"]))],
  }),
  (draft) => ({
    ...draft,
    extensions: draft.extensions.map((each, index) => (index === 2 ? USED_BY("2b06010505070301") : each)),
  }),
  (draft, rng) => ({ ...draft, change: (tbs) => mutateTree(tbs, rng) }),
  (draft, rng) => ({ ...draft, change: (tbs) => mutateTree(mutateTree(tbs, rng), rng) }),
];

/** Names are changed as often as all the rest. */
export function changed(draft: Draft, own: string, victim: string, rng: Rng): Draft {
  if (chance(rng, 0.35)) return withNames(draft, ...pick(rng, NAMES)(own, victim));
  return pick(rng, CHANGES)(draft, rng, victim);
}
