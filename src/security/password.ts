/**
 * A station's password: salted and hashed to be kept, compared in constant time. Must not know where it is kept.
 */

/** [OCPP 2.x errata A00.FR.205, 1.6 errata] In bytes. */
export const PASSWORD_MIN_BYTES = 16;
export const PASSWORD_MAX_BYTES = 64;

/** In memory that is not shared, as the cryptography asks. */
type Bytes = Uint8Array<ArrayBuffer>;

export interface PasswordHash {
  /** PBKDF2-SHA-256 rounds; 1 for a generated password, which stretching makes no harder to guess. */
  iterations: number;
  /** Hex. */
  salt: string;
  hash: string;
  /** Of the password: HMAC pads its key, so that NULs behind it change no hash. Absent in what older releases kept. */
  bytes?: number;
}

/** Rounds for a password that a person may have chosen: what a reconnecting fleet can pay at once. */
const CHOSEN_ITERATIONS = 10_000;
/** Bytes; see `generatePassword`. */
const GENERATED_BYTES = 20;

/** [1.6 security whitepaper A00.FR.205] 40 hex digits, the longest a 1.6 AuthorizationKey takes: 160 random bits. */
export const generatePassword = (
  random: Uint8Array = crypto.getRandomValues(new Uint8Array(GENERATED_BYTES)),
): string => toHex(random);

export function hashPassword(
  password: Uint8Array,
  origin: "chosen" | "generated",
): Promise<PasswordHash & { bytes: number }> {
  const iterations = origin === "generated" ? 1 : CHOSEN_ITERATIONS;
  return derive(password, iterations, crypto.getRandomValues(new Uint8Array(16)));
}

export async function passwordMatches(password: Uint8Array, kept: PasswordHash): Promise<boolean> {
  const { hash, bytes } = await derive(password, kept.iterations, fromHex(kept.salt));
  const isEqual = equalInConstantTime(fromHex(hash), fromHex(kept.hash));
  return isEqual && (kept.bytes === undefined || kept.bytes === bytes);
}

/**
 * A password as the header had it, one byte a character. [RFC 7617 §2.1] It does not say in which charset: ours is UTF-8, and
 * what can be none is taken for the Latin-1 that some stations send.
 */
export async function shownPasswordMatches(shown: string, kept: PasswordHash): Promise<boolean> {
  const bytes = fromLatin1(shown);
  if (await passwordMatches(bytes, kept)) return true;
  return !isUtf8(bytes) && passwordMatches(new TextEncoder().encode(shown), kept);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

async function derive(
  password: Uint8Array,
  iterations: number,
  salt: Bytes,
): Promise<PasswordHash & { bytes: number }> {
  const key = canonical(password);
  const imported = await crypto.subtle.importKey("raw", key, "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, imported, 256);
  return { iterations, salt: toHex(salt), hash: toHex(new Uint8Array(bits)), bytes: key.length };
}

/**
 * [1.6 security whitepaper A00.FR.205] An AuthorizationKey is configured as hex text, and goes into the header as the
 * bytes it stands for; some stations send the text. Both become the bytes, so that either matches either.
 */
function canonical(password: Uint8Array): Bytes {
  const text = String.fromCharCode(...password.subarray(0, 2 * PASSWORD_MAX_BYTES + 1));
  const isHex = text.length >= 2 * PASSWORD_MIN_BYTES && text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text);
  return isHex ? fromHex(text) : Uint8Array.from(password);
}

/** [1.6 security whitepaper A00.FR.205] As it is configured: the hex of its bytes; hex that stands for bytes already is that. */
export const authorizationKeyOf = (password: string): string => toHex(canonical(new TextEncoder().encode(password)));

export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The bytes of a text that holds one byte a character, as `parseBasic` gives it. */
export const fromLatin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
