/**
 * A list of as many revoked certificates as one wants, signed by a CA of P-256: the library takes minutes for one. Must not know what it is
 * put for.
 */
import { webcrypto } from "node:crypto";
import type { Authority } from "../../../src/local/pki/authority.ts";
import { decode, der, type Der, encode, oid } from "../../fuzz/der.ts";

const ECDSA_SHA256 = der(0x30, oid("2a8648ce3d040302"));
const REASON_CODE = "551d15";
const CRL_NUMBER = "551d14";
const DAY_MS = 86_400_000;

const time = (at: number): Der =>
  der(
    0x17,
    Buffer.from(
      `${new Date(at)
        .toISOString()
        .replace(/[-:T]|\.\d+/g, "")
        .slice(2)}`,
    ),
  );
const octets = (hex: string): Buffer => Buffer.from(hex, "hex");
const extension = (type: string, value: Der): Der => der(0x30, oid(type), der(0x04, encode(value)));

/** @param serials hex below 80 in front @param number of the list, the same */
export async function longList(
  serials: readonly string[],
  { certificate, signingKey }: Authority,
  number: string,
): Promise<Buffer<ArrayBuffer>> {
  const now = Date.now();
  const [revokedAt, reason] = [time(now - DAY_MS), der(0x30, extension(REASON_CODE, der(0x0a, octets("01"))))];
  const entries = serials.map((serial) => der(0x30, der(0x02, octets(serial)), revokedAt, reason));
  const tbs = encode(
    der(
      0x30,
      ...[der(0x02, octets("01")), ECDSA_SHA256, decode(Buffer.from(certificate.subjectName.toArrayBuffer()))],
      ...[time(now - 60_000), time(now + DAY_MS), { tag: 0x30, value: entries }],
      der(0xa0, der(0x30, extension(CRL_NUMBER, der(0x02, octets(number))))),
    ),
  );
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const raw = Buffer.from(await webcrypto.subtle.sign(algorithm, signingKey, tbs as Buffer<ArrayBuffer>));
  const signature = encode(der(0x30, integer(raw.subarray(0, 32)), integer(raw.subarray(32))));
  return Buffer.concat([encode({ tag: 0x30, value: [tbsElement(tbs), ECDSA_SHA256, bits(signature)] })]);
}

const tbsElement = (tbs: Buffer): Der => decode(tbs);
const bits = (bytes: Buffer): Der => der(0x03, Buffer.concat([Buffer.from([0]), bytes]));

/** [X.690 §8.3] As short as can be, and positive. */
function integer(bytes: Buffer): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(first);
  return der(0x02, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}
