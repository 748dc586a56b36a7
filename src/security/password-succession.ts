/**
 * Which passwords of a station count while one takes the place of another: none is forgotten that the station may have. Must not know
 * where they are kept, nor how one is compared.
 */
import type { PasswordHash } from "./password.ts";

/** That count at once: each costs a hash at every connection until the newest one was used. */
export const PASSWORDS_MAX = 4;

interface Passwords {
  password: PasswordHash | null;
  formerPassword?: PasswordHash;
  formerPasswords?: PasswordHash[];
}

/** Beside the newest, which is `password`. */
export const formerOnes = ({ formerPassword, formerPasswords = [] }: Passwords): readonly PasswordHash[] =>
  formerPassword === undefined ? [] : [...formerPasswords, formerPassword];

export const hasRoomForPassword = (passwords: Passwords): boolean => formerOnes(passwords).length + 1 < PASSWORDS_MAX;

/** The one that the station has used last stays `formerPassword`: releases that know no others heed that one. */
export function withNewest<Of extends Passwords>(known: Of, password: PasswordHash): Of {
  if (known.password === null) return { ...known, password };
  if (known.formerPassword === undefined) return { ...known, password, formerPassword: known.password };
  return { ...known, password, formerPasswords: [known.password, ...(known.formerPasswords ?? [])] };
}

/** The station surely has not the newest: those before it count on. */
export function withoutNewest<Of extends Passwords>(known: Of): Of {
  const { formerPassword, formerPasswords: [next, ...more] = [], ...rest } = known;
  if (formerPassword === undefined) return { ...rest, password: null } as Of;
  if (next === undefined) return { ...rest, password: formerPassword } as Of;
  return { ...rest, password: next, formerPassword, ...(more.length > 0 && { formerPasswords: more }) } as Of;
}

/** The station has used the newest: no other counts any more. */
export function withNewestProven<Of extends Passwords>({ formerPassword: _, formerPasswords: __, ...rest }: Of): Of {
  return rest as Of;
}
