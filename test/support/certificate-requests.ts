/**
 * Certificate requests as stations make them, good ones and odd ones, byte by byte. Must not know what becomes of them.
 */
import { generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";

interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const generate = promisify(generateKeyPair) as unknown as (type: "ec" | "rsa", options: object) => Promise<Pair>;

export const KEYS = {
  "P-256": ["ec", { namedCurve: "P-256" }],
  "P-384": ["ec", { namedCurve: "P-384" }],
  "P-521": ["ec", { namedCurve: "P-521" }],
  "P-224": ["ec", { namedCurve: "secp224r1" }],
  secp256k1: ["ec", { namedCurve: "secp256k1" }],
  "RSA-2048": ["rsa", { modulusLength: 2_048 }],
  "RSA-1024": ["rsa", { modulusLength: 1_024 }],
  "RSA-2048, e = 3": ["rsa", { modulusLength: 2_048, publicExponent: 3 }],
} as const;

function made(kind: keyof typeof KEYS): Promise<Pair> {
  const [type, options] = KEYS[kind];
  return generate(type, options);
}

export const TAG = { SEQUENCE: 0x30, SET: 0x31, UTF8: 0x0c, PRINTABLE: 0x13, T61: 0x14, IA5: 0x16, BMP: 0x1e } as const;
export const OIDS = {
  CN: "550403",
  O: "55040a",
  OU: "55040b",
  extensionRequest: "2a864886f70d01090e",
  challengePassword: "2a864886f70d010907",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  keyUsage: "551d0f",
  extendedKeyUsage: "551d25",
  nameConstraints: "551d1e",
} as const;

/** An element of DER; `long` writes its length longer than it must be. */
export function element(tag: number, content: Buffer | Buffer[], long = false): Buffer {
  const body = Array.isArray(content) ? Buffer.concat(content) : content;
  const { length } = body;
  const size = length < 0x80 && !long ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const oid = (hex: string) => element(0x06, Buffer.from(hex, "hex"));
export const attribute = (type: string, value: string | Buffer, tag: number = TAG.UTF8) =>
  element(TAG.SEQUENCE, [oid(type), element(tag, Buffer.from(value as string))]);
export const rdn = (...attributes: Buffer[]) => element(TAG.SET, attributes);
export const nameOf = (...rdns: Buffer[]) => element(TAG.SEQUENCE, rdns);
export const extension = (type: string, value: Buffer, critical = false) =>
  element(TAG.SEQUENCE, [oid(type), ...(critical ? [Buffer.from("0101ff", "hex")] : []), element(0x04, value)]);
export const extensionRequest = (...extensions: Buffer[]) =>
  element(TAG.SEQUENCE, [oid(OIDS.extensionRequest), element(TAG.SET, [element(TAG.SEQUENCE, extensions)])]);

const ALGORITHMS = {
  ec: { sha256: "300a06082a8648ce3d040302", sha1: "300906072a8648ce3d0401" },
  rsa: { sha256: "300d06092a864886f70d01010b0500", sha1: "300d06092a864886f70d0101050500" },
} as const;

export interface RequestOptions {
  kind?: keyof typeof KEYS;
  /** The point of its key on P-256 is written in its short form. */
  isCompressed?: boolean;
  /** DER of the Name. */
  subject?: Buffer;
  /** DER of each Attribute. */
  attributes?: Buffer[];
  hash?: "sha256" | "sha1";
  /** Signs in place of its own key. */
  signedBy?: keyof typeof KEYS;
  version?: number;
  /** Of the PEM block. */
  label?: string;
}

export const pemOf = (der: Buffer, label = "CERTIFICATE REQUEST") =>
  `-----BEGIN ${label}-----\n${der.toString("base64").replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END ${label}-----\n`;

export const subjectOf = (id: string, organization = "Operator") =>
  nameOf(rdn(attribute(OIDS.O, organization)), rdn(attribute(OIDS.CN, id)));

const keys = new Map<string, Promise<Pair>>();
/** One of each kind: RSA keys take their time. */
export const keyOf = (kind: keyof typeof KEYS) => {
  const known = keys.get(kind) ?? made(kind);
  keys.set(kind, known);
  return known;
};

/** [RFC 5480 §2.2] Of a key on P-256. */
function compressed(key: KeyObject): Buffer {
  const whole = key.export({ type: "spki", format: "der" });
  const [x, y] = [whole.subarray(-64, -32), whole.subarray(-32)];
  const point = Buffer.concat([Buffer.from([0, 2 + ((y[31] ?? 0) & 1)]), x]);
  return element(TAG.SEQUENCE, [whole.subarray(2, 23), element(0x03, point)]);
}

/** Of the station itself, by a key of its own, unless something else is given. */
export async function certificateRequest(
  id: string,
  options: RequestOptions = {},
): Promise<{ csr: string; key: string; der: Buffer }> {
  const { kind, attributes = [], hash = "sha256", version = 0 } = options;
  const pair = kind === undefined ? await made("P-256") : await keyOf(kind);
  const info = element(TAG.SEQUENCE, [
    element(0x02, Buffer.from([version])),
    options.subject ?? subjectOf(id),
    options.isCompressed === true ? compressed(pair.publicKey) : pair.publicKey.export({ type: "spki", format: "der" }),
    element(0xa0, attributes),
  ]);
  const signer = options.signedBy === undefined ? pair.privateKey : (await keyOf(options.signedBy)).privateKey;
  const algorithm = ALGORITHMS[signer.asymmetricKeyType === "rsa" ? "rsa" : "ec"][hash];
  const signature = Buffer.concat([Buffer.from([0]), sign(hash, info, signer)]);
  const der = element(TAG.SEQUENCE, [info, Buffer.from(algorithm, "hex"), element(0x03, signature)]);
  const key = pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { csr: pemOf(der, options.label), key, der };
}
