/**
 * Numbers of a JSON text that JavaScript would change: it has doubles, JSON has decimals without end. Must not know what
 * the numbers count.
 */
import { pointer } from "./schemas/findings.ts";

export interface AlteredNumber {
  /** JSON pointer [RFC 6901] to the first of them. */
  path: string;
  /** As it was written, at most 40 characters of it. */
  text: string;
  /** The whole value, with each such number as the text it was written as: nothing is lost in it. */
  value: unknown;
}

/** 15 digits always fit; an exponent may say anything. Most texts hold neither, and are not looked into. */
const SUSPICIOUS = /[\d.]{16}|\d[eE][-+\d]/;
/** Characters of a number that is held whatever they are: no exponent of so few is too large. */
const ALWAYS_HELD = 4;
/** A double printed in full has so many digits; more are another's precision. */
const DOUBLE_DIGITS = 17;
/** What `toPrecision` gives at most. */
const PRINTED_DIGITS_MAX = 100;
/** Below it a double has fewer digits than it should. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const SHOWN_MAX_LENGTH = 40;

/**
 * The first number that would not be what was written, `null`: none.
 * @param text valid JSON
 * @param value what it was parsed to, not nested deeper than a stack allows
 */
export function alteredNumber(text: string, value: unknown): AlteredNumber | null {
  if (!SUSPICIOUS.test(text)) return null;
  const numbers = alteredIn(text);
  if (numbers.length === 0) return null;
  let quoted = "";
  let from = 0;
  for (const { start, end } of numbers) {
    quoted += `${text.slice(from, start)}"${text.slice(start, end)}"`;
    from = end;
  }
  const whole = JSON.parse(quoted + text.slice(from)) as unknown;
  const found = firstDifference(value, whole, "");
  // A property that is written twice counts as it is written last.
  return found === null ? null : { ...found, text: found.text.slice(0, SHOWN_MAX_LENGTH), value: whole };
}

export const describeAltered = ({ path, text }: Pick<AlteredNumber, "path" | "text">): string =>
  `${path || "/"}: the number ${text} would be changed; a double does not hold it`;

/** Where in a JSON text such numbers are. Strings are skipped, so what is left of digits are numbers. */
function alteredIn(text: string): { start: number; end: number }[] {
  const numbers: { start: number; end: number }[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) at = endOfString(text, at);
    else if (character === MINUS || isDigit(character)) {
      const start = at;
      while (at < text.length && isOfNumber(text.charCodeAt(at))) at++;
      if (at - start > ALWAYS_HELD && !isHeld(text.slice(start, at))) numbers.push({ start, end: at });
      at--;
    }
  }
  return numbers;
}

const [QUOTE, BACKSLASH, PLUS, MINUS, POINT] = [0x22, 0x5c, 0x2b, 0x2d, 0x2e];
const isDigit = (character: number): boolean => character >= 0x30 && character <= 0x39;
const isOfNumber = (character: number): boolean =>
  isDigit(character) ||
  character === POINT ||
  character === MINUS ||
  character === PLUS ||
  (character | 0x20) === 0x65; /* e, E */

/** The place of the quote that ends it. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at++;
    else if (character === QUOTE) return at;
  }
  return text.length;
}

/**
 * Is this number, read as a double and written again, still what was written? In value, that is: 1.0 and 1E2 are 1 and 100.
 * A fraction may have up to 17 digits, since so many are printed of a double (230.10000000000002), or be a double's
 * expansion (230.100006103515625): read again it is the same double. Whole numbers count something, and none may differ.
 */
export function isHeld(text: string): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  const written = decimal(text);
  if (value === 0 || written.digits === "") return written.digits === "";
  const read = decimal(String(value));
  if (written.digits === read.digits && written.exponent === read.exponent) return true;
  if (written.exponent >= 0 || Math.abs(value) < SMALLEST_NORMAL) return false;
  // A fraction that becomes a whole number would pass for one: 1.0000000000000001 for 1.
  if (Number.isInteger(value)) return false;
  const { length } = written.digits;
  if (length <= DOUBLE_DIGITS) return true;
  return length <= PRINTED_DIGITS_MAX && decimal(value.toPrecision(length)).digits === written.digits;
}

/** digits × 10^exponent, without zeros in front and behind; "" is 0. */
function decimal(text: string): { digits: string; exponent: number } {
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^-/, "").split(".");
  const all = (whole + fraction).replace(/^0+/, "");
  let end = all.length;
  while (end > 0 && all.charCodeAt(end - 1) === 0x30) end--;
  return { digits: all.slice(0, end), exponent: Number(power) - fraction.length + all.length - end };
}

function firstDifference(read: unknown, whole: unknown, path: string): { path: string; text: string } | null {
  if (typeof read === "number") return typeof whole === "string" ? { path, text: whole } : null;
  if (typeof read !== "object" || read === null) return null;
  for (const key of Object.keys(read)) {
    const at = `${path}${Array.isArray(read) ? `/${key}` : pointer(key)}`;
    const found = firstDifference(own(read, key), own(whole, key), at);
    if (found !== null) return found;
  }
  return null;
}

const own = (holder: unknown, key: string): unknown => (holder as Record<string, unknown>)[key];
