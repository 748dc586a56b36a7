/**
 * A certificate with the other ECDSA signature that is as good, which anybody can make of it: another fingerprint for what the CA signed.
 * Must not know who judges it.
 */
import { bytesOf, childrenOf, decode, der, encode } from "../fuzz/der.ts";

const ORDERS = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  "P-384": 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  "P-521":
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};
export type Curve = keyof typeof ORDERS;

/** @param curve of the key that signed it */
export function altered(certificate: Buffer, curve: Curve = "P-256"): Buffer {
  const [tbs, algorithm, signature] = childrenOf(decode(certificate));
  if (tbs === undefined || algorithm === undefined || signature === undefined) throw new Error("no certificate");
  const [r, s] = childrenOf(decode(bytesOf(signature).subarray(1)));
  if (r === undefined || s === undefined) throw new Error("no ECDSA signature");
  const other = (ORDERS[curve] - BigInt(`0x${bytesOf(s).toString("hex")}`)).toString(16);
  const bytes = Buffer.from(other.length % 2 === 0 ? other : `0${other}`, "hex");
  const integer = (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
  const changed = Buffer.concat([Buffer.from([0]), encode(der(0x30, r, der(0x02, integer)))]);
  return encode(der(0x30, tbs, algorithm, der(0x03, changed)));
}
