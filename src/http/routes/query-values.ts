/**
 * Values that several routes read in the same way. Must not know any route.
 */
import * as z from "zod";

/** Entries of one page, as a query says it. @param fallback where it does not */
export const pageLimit = (max: number, fallback: number) =>
  z.string().regex(/^\d+$/, "a whole number").transform(Number).pipe(z.number().min(1).max(max)).default(fallback);

/** A SHA-256 fingerprint, with or without colons. */
export const fingerprintFrom = (text: z.ZodString) =>
  text
    .transform((written) => written.replaceAll(":", "").toLowerCase())
    .pipe(z.string().regex(/^[0-9a-f]{64}$/, "64 hex digits: a SHA-256 fingerprint"));
