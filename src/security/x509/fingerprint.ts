/**
 * What a certificate is named by. Must not know what is done under that name.
 */
import { hexOf } from "./der.ts";

/** SHA-256 of its DER, lower hex. */
export async function fingerprintOf(der: Uint8Array): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(der))));
}
