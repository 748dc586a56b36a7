import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openPki, type Pki } from "../../src/local/pki/pki.ts";
import { PROTOCOLS } from "../../src/ocpp/protocol.ts";
import { provenBy } from "../../src/pki/client-chain.ts";
import { admit } from "../../src/security/admission.ts";
import { type TlsClientAuth, verifyCertificate } from "../../src/security/client-certificate.ts";
import {
  attribute,
  CLIENT_AUTH,
  extension,
  ISSUER_ID,
  type Signer,
  signed,
  timeIn,
  USAGE,
  USED_BY,
} from "../fuzz/leaf.ts";
import { childrenOf, type Der, decode, der } from "../fuzz/der.ts";
import { temporaryFolder } from "../support/edge-client.ts";
import { shownCertificate } from "./shown-certificate.ts";

const folder = temporaryFolder();
let pki: Pki;
let signer: Signer;
const holder: KeyObject = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
beforeAll(async () => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  pki = await openPki(join(folder.dir, "pki"));
  const tbs = childrenOf(decode(new X509Certificate(pki.stationCaPem).raw))[0] as Der;
  signer = {
    name: childrenOf(tbs)[5] as Der,
    keyId: Buffer.from(pki.stationCa.subjectKeyId, "hex"),
    key: createPrivateKey(readFileSync(join(pki.dir, "station-ca.key.pem"))),
  };
});
afterAll(() => folder.remove());

/** Its string type, as X.520 and RFC 5280 know it, and the characters that it may hold. */
interface Written {
  type: keyof typeof STRINGS;
  text: string;
}
const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const STRINGS = {
  UTF8String: { tag: 0x0c, write: (text: string) => Buffer.from(text, "utf8"), holds: /(?:)/ },
  PrintableString: { tag: 0x13, write: latin1, holds: /^[\0-\xff]*$/ },
  TeletexString: { tag: 0x14, write: latin1, holds: /^[\0-\xff]*$/ },
  IA5String: { tag: 0x16, write: latin1, holds: /^[\0-\xff]*$/ },
  BMPString: { tag: 0x1e, write: (text: string) => Buffer.from(text, "utf16le").swap16(), holds: /(?:)/ },
  UniversalString: { tag: 0x1c, write: utf32, holds: /(?:)/ },
  // No strings at all: whoever writes a name in them has written none.
  OctetString: { tag: 0x04, write: (text: string) => Buffer.from(text, "utf8"), holds: /(?:)/ },
  BitString: { tag: 0x03, write: (text: string) => Buffer.from(`\0${text}`, "utf8"), holds: /(?:)/ },
} as const;

function utf32(text: string): Buffer {
  const points = Array.from(text, (each) => each.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(points.length * 4);
  for (const [index, point] of points.entries()) bytes.writeUInt32BE(point, index * 4);
  return bytes;
}

const TYPES = {
  CN: "550403",
  surname: "550404",
  serialNumber: "550405",
  C: "550406",
  O: "55040a",
  OU: "55040b",
  title: "55040c",
  description: "55040d",
  name: "550429",
  UID: "0992268993f22c640101",
  DC: "0992268993f22c640119",
  emailAddress: "2a864886f70d010901",
  unstructuredName: "2a864886f70d010902",
  unknown: "2a0304",
} as const;

const LOOK_ALIKES: Record<string, string> = {
  C: "\u0421",
  S: "\u0405",
  B: "\u0412",
  "-": "\u2010",
  "1": "\uff11",
  O: "\u041e",
};
/** What somebody writes who wants to be read as the victim, and is not. */
const DISGUISES: ((victim: string, own: string) => string)[] = [
  (victim) => victim,
  (_, own) => own,
  (victim) => victim.toLowerCase(),
  (victim) => ` ${victim}`,
  (victim) => `${victim} `,
  (victim) => `${victim}\0`,
  (victim, own) => `${victim}\0.${own}`,
  (victim) => `\ufeff${victim}`,
  (victim) => `${victim}\u200b`,
  (victim) => `${victim}\u00a0`,
  (victim) => `\u3000${victim}`,
  (victim) => `\u202e${Array.from(victim).reverse().join("")}`,
  (victim) => Array.from(victim, (each) => LOOK_ALIKES[each] ?? each).join(""),
  (victim) => victim.normalize("NFD"),
  (victim) => victim.normalize("NFKC"),
  (victim, own) => `${own},CN=${victim}`,
  (victim, own) => `${own}+CN=${victim}`,
  (victim, own) => `${own} + CN=${victim}`,
  (victim, own) => `${own}\nCN=${victim}`,
  (victim, own) => `${own}\\,CN=${victim}`,
  (victim, own) => `${own}\\\nCN=${victim}`,
  (victim, own) => `${own}/CN=${victim}`,
  (victim) => `"${victim}"`,
  (victim) => `\\${victim}`,
  (victim) => victim.replace(/^./, (each) => `\\${each.charCodeAt(0).toString(16)}`),
  (victim) => `#0c${Buffer.from(victim).length.toString(16).padStart(2, "0")}${Buffer.from(victim).toString("hex")}`,
  (victim) => `${victim}#`,
  (victim) => `${victim};CN=x`,
  (victim) => victim.slice(0, -1),
  (victim) => victim + victim,
];

const written = (victim: string, own: string): fc.Arbitrary<Written> =>
  fc
    .record({
      type: fc.constantFrom(...(Object.keys(STRINGS) as Written["type"][])),
      text: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...DISGUISES).map((disguise) => disguise(victim, own)) },
        { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
      ),
    })
    .filter(({ type, text }) => STRINGS[type].holds.test(text));

const subjects = (victim: string, own: string) =>
  fc.array(
    fc.array(
      fc.tuple(fc.constantFrom("CN", "CN", ...(Object.keys(TYPES) as (keyof typeof TYPES)[])), written(victim, own)),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    { minLength: 1, maxLength: 4 },
  );
type Subject = [keyof typeof TYPES, Written][][];

/** Names that stations have, and others that a registration may ask for. */
const NAMES = fc.oneof(
  fc.constantFrom(
    "CS-1",
    "B",
    "RDAM|123",
    "a+b=c",
    "CS 1",
    "#0c0142",
    "Büro, 1. OG",
    "充電器",
    "\u{1f50c}",
    'x"y',
    "a\\b",
  ),
  fc.stringMatching(/^[A-Za-z0-9*\-_=+|@.]{1,20}$/),
  fc.string({ minLength: 1, maxLength: 10 }).filter((name) => name.trim() === name && name !== ""),
);

const elementOf = ({ type, text }: Written): Der => der(STRINGS[type].tag, STRINGS[type].write(text));

function certificateWith(subject: Subject): string {
  const rdns = subject.map((rdn) => der(0x31, ...rdn.map(([type, value]) => attribute(TYPES[type], elementOf(value)))));
  const draft = {
    subject: der(0x30, ...rdns),
    notBefore: timeIn(-2),
    notAfter: timeIn(200),
    serial: Buffer.from("41000102030405060708090a0b0c0d0e", "hex"),
    extensions: [USAGE(0x80), USED_BY(CLIENT_AUTH), ISSUER_ID(signer.keyId), extension("551d13", der(0x30), true)],
  };
  const lines =
    signed(draft, holder, signer)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** Its one common name, where that is written in characters. */
function nameOf(subject: Subject): string | null {
  const names = subject.flat().filter(([type]) => type === "CN");
  const [name] = names;
  if (name === undefined || names.length > 1) return null;
  return name[1].type === "OctetString" || name[1].type === "BitString" ? null : name[1].text;
}

/** Whose word counts, and whether the edge writes what is not ASCII as it is. */
const HOW = fc.record({ trust: fc.constantFrom("edge" as const, "worker" as const), isBare: fc.boolean() });
type How = typeof HOW extends fc.Arbitrary<infer T> ? T : never;
/** [RFC 2253 §2.4] Both ways are right. */
const bare = (name: string): string =>
  name.replaceAll(/\\\\|(?:\\[89A-F][0-9A-F])+/g, (found) =>
    found === "\\\\" ? found : Buffer.from(found.replaceAll("\\", ""), "hex").toString(),
  );

async function admittedAs(pem: string, commonName: string, { trust, isBare }: How): Promise<boolean> {
  let auth: TlsClientAuth;
  try {
    auth = shownCertificate(pem, pki, null);
    if (isBare) auth = { ...auth, certSubjectDNRFC2253: bare(String(auth.certSubjectDNRFC2253)) };
  } catch {
    // What OpenSSL cannot read shakes no hand.
    return false;
  }
  const now = Date.now();
  const proven = await provenBy({ MTLS_TRUST: trust, STATION_CAS: pki.rootPem + pki.stationCaPem }, auth, now);
  if (!proven.ok) return false;
  const certificate = verifyCertificate(proven.value, { allowedSkis: [], expiredIsProven: false }, now);
  if (!certificate.ok) return false;
  const registration = { securityProfile: 3, password: null, protocols: [], assumeProtocol: false } as const;
  const decided = await admit(
    { stationId: "ANY", transport: "mtls", basic: null, certificate: certificate.value, offer: ["ocpp1.6"] },
    { ...registration, protocols: [], certificate: { commonName } },
    { allowProfile0: false, enabledProtocols: PROTOCOLS },
    async () => true,
  );
  return decided.ok;
}

const cases = fc
  .tuple(NAMES, NAMES)
  .filter(([victim, own]) => victim !== own)
  .chain(([victim, own]) => subjects(victim, own).map((subject) => ({ victim, subject: subject as Subject })));

test("A certificate whose one common name is not this station's admits nobody as it, however that is written", async () => {
  await fc.assert(
    fc.asyncProperty(cases, HOW, async ({ victim, subject }, how) => {
      fc.pre(nameOf(subject) !== victim);
      expect(await admittedAs(certificateWith(subject), victim, how)).toBe(false);
    }),
    { numRuns: 600 },
  );
});

test("A certificate whose one common name is this station's admits it, in every type of string that has its characters", async () => {
  const plain = NAMES.chain((name) =>
    fc.record({
      name: fc.constant(name),
      type: fc.constantFrom<Written["type"]>(
        "UTF8String",
        "PrintableString",
        "TeletexString",
        "IA5String",
        "BMPString",
        "UniversalString",
      ),
    }),
  ).filter(({ name, type }) =>
    type === "UTF8String" || type === "UniversalString"
      ? true
      : type === "BMPString"
        ? !/[\ud800-\udfff]/.test(name)
        : /^[ -~]*$/.test(name),
  );
  await fc.assert(
    fc.asyncProperty(plain, HOW, async ({ name, type }, how) => {
      const subject: Subject = [[["O", { type, text: "Kerbside" }]], [["CN", { type, text: name }]]];
      expect(await admittedAs(certificateWith(subject), name, how)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
