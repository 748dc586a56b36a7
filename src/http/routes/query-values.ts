/**
 * Values that several routes read in the same way. Must not know any route.
 */
import * as z from "zod/mini";

/** Entries of one page, as a query says it. @param fallback where it does not */
export const pageLimit = (max: number, fallback: number) =>
  z._default(
    z.pipe(
      z.pipe(z.string().check(z.regex(/^\d+$/, "a whole number")), z.transform(Number)),
      z.number().check(z.minimum(1), z.maximum(max)),
    ),
    fallback,
  );

/** A SHA-256 fingerprint, with or without colons. */
export const fingerprintFrom = (text: z.ZodMiniString) =>
  z.pipe(
    z.pipe(
      text,
      z.transform((written: string) => written.replaceAll(":", "").toLowerCase()),
    ),
    z.string().check(z.regex(/^[0-9a-f]{64}$/, "64 hex digits: a SHA-256 fingerprint")),
  );
