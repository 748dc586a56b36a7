import { webcrypto } from "node:crypto";
import "../../../src/security/x509/reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import { beforeAll, describe, expect, test } from "vitest";
import { nodeOf, type Trust, trustOf, verifyChain } from "../../../src/security/x509/chain.ts";

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RSA = { name: "RSASSA-PKCS1-v1_5", publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
const NOW = Date.parse("2026-06-01T00:00:00Z");
const DAY_MS = 86_400_000;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const SIGN = x509.KeyUsageFlags.digitalSignature;
const CA_SIGN = x509.KeyUsageFlags.keyCertSign;

type Keys = webcrypto.CryptoKeyPair;
interface Issued {
  der: Uint8Array;
  keys: Keys;
  name: string;
}
interface Wanted {
  name: string;
  by?: Issued;
  algorithm?: object;
  hash?: string;
  days?: [from: number, to: number];
  extensions?: x509.Extension[];
}

async function issue({
  name,
  by,
  algorithm = EC,
  hash = "SHA-256",
  days = [-1, 30],
  extensions = [],
}: Wanted): Promise<Issued> {
  const keys = (await webcrypto.subtle.generateKey(algorithm as typeof EC, true, ["sign", "verify"])) as Keys;
  const signer = (by?.keys ?? keys).privateKey;
  const certificate = await x509.X509CertificateGenerator.create({
    ...{ subject: name, issuer: by?.name ?? name, publicKey: keys.publicKey, signingKey: signer, extensions },
    serialNumber: "51",
    notBefore: new Date(NOW + days[0] * DAY_MS),
    notAfter: new Date(NOW + days[1] * DAY_MS),
    signingAlgorithm: { ...signer.algorithm, hash },
  });
  return { der: new Uint8Array(certificate.rawData), keys, name };
}

const ca = (more: x509.Extension[] = [], length?: number) => [
  new x509.BasicConstraintsExtension(true, length, true),
  new x509.KeyUsagesExtension(CA_SIGN, true),
  ...more,
];
const client = (usages: string[] = [CLIENT_AUTH], flags = SIGN) => [
  new x509.KeyUsagesExtension(flags, true),
  new x509.ExtendedKeyUsageExtension(usages),
];

let root: Issued;
let middle: Issued;
let trust: Trust;
beforeAll(async () => {
  root = await issue({ name: "CN=Root", extensions: ca() });
  middle = await issue({ name: "CN=Middle", by: root, extensions: ca() });
  trust = trustOf([root.der, middle.der]);
});

const verdict = async (leaf: Issued, shown: Issued[] = [], given = trust) => {
  const path = await verifyChain(
    leaf.der,
    shown.map(({ der }) => der),
    given,
    NOW,
  );
  if (path.ok) return path.value.length;
  return path.error.kind === "expired" ? "expired" : path.error.why;
};

describe("A station's certificate", () => {
  test("is trusted alone where what issued it is known, and with what it shows where that is not", async () => {
    const leaf = await issue({ name: "CN=CS", by: middle, extensions: client() });
    expect(await verdict(leaf)).toBe(3);
    const bare = trustOf([root.der]);
    expect(await verdict(leaf, [], bare)).toMatch(/no path/);
    expect(await verdict(leaf, [middle], bare)).toBe(3);
    // In any order, with strangers among them.
    const stranger = await issue({ name: "CN=Middle", extensions: ca() });
    const twice = await issue({ name: "CN=Sub", by: middle, extensions: ca() });
    const deep = await issue({ name: "CN=CS", by: twice, extensions: client() });
    expect(await verdict(deep, [stranger, middle, twice], bare)).toBe(4);
  });

  const refused: [string, Partial<Wanted>, string | RegExp][] = [
    ["has expired", { days: [-30, -1] }, "expired"],
    ["has expired, and is not for clients", { days: [-30, -1], extensions: client([SERVER_AUTH]) }, /clientAuth/],
    ["is not yet valid", { days: [1, 30] }, /not yet valid/],
    ["is for servers alone", { extensions: client([SERVER_AUTH]) }, /clientAuth/],
    [
      "may be used for anything but signing",
      { extensions: client([CLIENT_AUTH], x509.KeyUsageFlags.keyAgreement) },
      /digitalSignature/,
    ],
    ["is signed by SHA-1", { hash: "SHA-1" }, /no path/],
    ["has an RSA key of 1,024 bits", { algorithm: { ...RSA, modulusLength: 1_024 } }, /key is too weak/],
    [
      "has a critical extension that nobody knows",
      { extensions: [...client(), new x509.Extension("1.2.3.4", true, new Uint8Array([5, 0]))] },
      /1\.2\.3\.4/,
    ],
  ];
  test.each(refused)("that %s is refused", async (_, wanted, why) => {
    const leaf = await issue({ name: "CN=CS", by: middle, extensions: client(), ...wanted });
    expect(await verdict(leaf)).toMatch(why);
  });

  const chains: [string, Partial<Wanted>, RegExp][] = [
    ["is no CA", { extensions: [] }, /no CA/],
    [
      "may not sign certificates",
      {
        extensions: [
          new x509.BasicConstraintsExtension(true, undefined, true),
          new x509.KeyUsagesExtension(SIGN, true),
        ],
      },
      /no CA/,
    ],
    ["has expired", { days: [-30, -1] }, /CA of its chain has expired/],
    [
      "is for servers alone",
      { extensions: ca([new x509.ExtendedKeyUsageExtension([SERVER_AUTH])]) },
      /not for clients/,
    ],
    ["has a weak key", { algorithm: { ...RSA, modulusLength: 1_024 } }, /no path/],
  ];
  test.each(chains)("whose issuer %s is refused", async (_, wanted, why) => {
    const issuer = await issue({ name: "CN=Odd", by: root, extensions: ca(), ...wanted });
    const leaf = await issue({ name: "CN=CS", by: issuer, extensions: client() });
    expect(await verdict(leaf, [issuer])).toMatch(why);
  });

  test("under a CA that may have none below it is refused", async () => {
    const last = await issue({ name: "CN=Last", by: root, extensions: ca([], 0) });
    const below = await issue({ name: "CN=Below", by: last, extensions: ca() });
    const leaf = await issue({ name: "CN=CS", by: below, extensions: client() });
    expect(await verdict(leaf, [last, below])).toMatch(/longer than/);
  });

  test("that shows a crowd of possible issuers costs a bounded number of signatures", async () => {
    const crowd = await Promise.all(Array.from({ length: 40 }, () => issue({ name: "CN=Crowd", extensions: ca() })));
    const leaf = await issue({ name: "CN=CS", by: { ...root, name: "CN=Crowd" }, extensions: client() });
    expect(await verdict(leaf, crowd)).toMatch(/too many/);
  });

  test("that is no certificate is refused, whichever octet is another one", async () => {
    const { der } = await issue({ name: "CN=CS", by: middle, extensions: client() });
    for (let at = 0; at < der.length; at += 7) {
      const spoiled = der.slice();
      spoiled[at] = (spoiled[at] ?? 0) ^ 0x55;
      const path = await verifyChain(spoiled, [], trust, NOW);
      expect([at, path.ok]).toEqual([at, false]);
    }
    expect(nodeOf(der).subject).toContain("cs");
  });
});
