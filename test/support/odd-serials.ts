/**
 * Certificates and lists with serial numbers that no library writes, as openssl does: negative ones, and ones with zeros in front.
 * Must not know what a test expects of them.
 */
import type { Authority } from "../../src/local/pki/authority.ts";
import { DerReader } from "../../src/security/x509/der.ts";

/**
 * What was signed, with other bytes in one place, signed anew.
 * @param der of a certificate, or of a list @param from hex @param to hex of as many bytes @param by with an elliptic curve's key
 */
export async function resigned(
  der: Uint8Array,
  from: string,
  to: string,
  { signingKey }: Authority,
): Promise<Buffer<ArrayBuffer>> {
  const whole = new DerReader(der).inside();
  const tbs = Buffer.from(whole.next().raw);
  const algorithm = whole.next().raw;
  const at = tbs.indexOf(Buffer.from(from, "hex"));
  if (at < 0 || from.length !== to.length) throw new Error("it does not have these bytes");
  tbs.write(to, at, "hex");
  const pair = Buffer.from(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, signingKey, tbs));
  const numbers = Buffer.concat([pair.subarray(0, 32), pair.subarray(32)].map(integer));
  const signature = Buffer.concat([Buffer.of(0x30, numbers.length), numbers]);
  const bits = Buffer.concat([Buffer.of(0x03, signature.length + 1, 0), signature]);
  const content = Buffer.concat([tbs, algorithm, bits]);
  return Buffer.concat([Buffer.of(0x30, 0x82, content.length >> 8, content.length & 0xff), content]);
}

/** [X.690 §8.3] Of 32 bytes, positive. */
function integer(bytes: Buffer): Buffer {
  const short = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  const content = (short[0] ?? 0) < 0x80 ? short : Buffer.concat([Buffer.of(0), short]);
  return Buffer.concat([Buffer.of(0x02, content.length), content]);
}

export const pemOf = (der: Uint8Array, label: string): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`;
