/**
 * The Charging Station identity: the one path segment behind /ocpp/. Must not know who is registered.
 */
import { err, ok, type Result } from "../result.ts";

/** [2.x identifierString(48)] The longest identity, in characters; 1.6 sets none, and takes the same. */
export const IDENTITY_MAX_LENGTH = 48;

/**
 * [OCPP-J 2.x §3.1.1] identifierString without ":", which ends the Basic user name; the inner space is from
 * OCPP-J 1.6's own example `RDAM%20123`. Nothing here can be a path separator, a control or a look-alike.
 */
const LEGAL = /^[A-Za-z0-9*\-_=+|@.](?:[A-Za-z0-9*\-_=+|@. ]*[A-Za-z0-9*\-_=+|@.])?$/;

export type IdentityFault = "malformed-escape" | "empty" | "too-long" | "illegal-character";

/** Checks an identity that is already decoded. */
export function checkIdentity(identity: string): Result<string, IdentityFault> {
  if (identity === "") return err("empty");
  if (identity.length > IDENTITY_MAX_LENGTH) return err("too-long");
  // A dot segment would be another path to whoever joins it to one.
  if (!LEGAL.test(identity) || identity === "." || identity === "..") return err("illegal-character");
  return ok(identity);
}

/** [OCPP-J 1.6 §3.1.1, 2.x P4 §3.1.1] Decodes a path segment, exactly once, to an identity. */
export function parseIdentity(segment: string): Result<string, IdentityFault> {
  try {
    return checkIdentity(decodeURIComponent(segment));
  } catch {
    return err("malformed-escape");
  }
}
