/**
 * The values of command line options, or one sentence on what is wrong with one. Must not know the options.
 */
import { err, type Result } from "../result.ts";

/** What a value is refused with: thrown, and caught by `refusalOf`, so that each option is one line. */
export class Unusable extends Error {}

/** The sentence for who typed it. @throws what is no fault of the options */
export function refusalOf(error: unknown): Result<never, string> {
  if (error instanceof Unusable || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS")) {
    return err((error as Error).message);
  }
  throw error;
}

export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Unusable(`--${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`);
}

export function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new Unusable(`--${name} must be one of ${known.join(", ")}, not ${JSON.stringify(text)}`);
}

export function listOf<T extends string>(name: string, text: string, known: readonly T[]): T[] {
  return [...new Set(text.split(",").map((each) => oneOf(name, each.trim(), known)))];
}
